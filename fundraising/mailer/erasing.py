"""Mail to somebody who is erased, or who asks what was written to them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from email import policy
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import func, select, update

from fundraising.db import session
from fundraising.mailer.outbox import EMPTIED, UNDONE, OutgoingMail

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """A mail as it was written."""

    kind: str
    recipient: str
    subject: str
    text: str
    created_at: datetime
    sent_at: datetime | None


def written_mails(mailboxes: Collection[str]) -> list[WrittenMail]:
    """The mails to these mailboxes that are still kept, oldest first."""
    rows = session().scalars(select(OutgoingMail).where(_to(mailboxes)).order_by(OutgoingMail.id))
    return [WrittenMail(row.kind, row.recipient, row.subject, row.text, row.created_at, row.sent_at) for row in rows]


def waiting_for(mailboxes: Collection[str]) -> bool:
    """Whether a mail to one of these mailboxes is still to be sent."""
    waiting = select(OutgoingMail.id).where(_to(mailboxes), OutgoingMail.state.in_(UNDONE))
    return session().scalar(waiting.limit(1)) is not None


def empty_mails_to(mailboxes: Collection[str]) -> None:
    """Empty the mails to these mailboxes, in the caller's transaction: what tells of anybody goes, the row stays."""
    session().execute(update(OutgoingMail).where(_to(mailboxes)).values(EMPTIED))


def remove_written(mailboxes: Collection[str]) -> int:
    """Remove the mails to these mailboxes that were written to the folder that stands in for a server; how many."""
    wanted, removed = set(mailboxes), 0
    for path in sorted((Path(current_app.config["DATA_DIR"]) / "mail").glob("*.eml")):
        with path.open("rb") as file:
            headers = BytesHeaderParser(policy=policy.compat32).parse(file)
        if wanted & {address.lower() for _name, address in getaddresses(headers.get_all("To", []))}:
            with suppress(FileNotFoundError):
                path.unlink()
            removed += 1
    return removed


def _to(mailboxes: Collection[str]) -> ColumnElement[bool]:
    return func.lower(OutgoingMail.recipient).in_(tuple(mailboxes))
