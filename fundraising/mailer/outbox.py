"""The outbox: mail is written in the transaction of what it tells about."""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import CursorResult, Index, Integer, Select, String, Text, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from fundraising import tasks
from fundraising.clock import now
from fundraising.db import Model, RowId, after_commit, session, word

if TYPE_CHECKING:
    from collections.abc import Iterable

DELIVERY_JOB = "mail-delivery"
# How long a mail can be read here after it was sent or given up: a donor who asks about it does so within weeks.
KEPT = timedelta(days=90)
_LONGEST_ADDRESS = 254
_LONGEST_URL = 500
_NOT_IN_URL = re.compile(r"[^!-~]|[<>]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HALF_A_CHARACTER = re.compile(r"[\ud800-\udfff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\]+")


class MailState(StrEnum):
    """What became of a mail."""

    WAITING = "waiting"
    # Handed to the mail server; a crash in between leaves it here, and it is tried again under the same Message-ID.
    SENDING = "sending"
    SENT = "sent"
    # Given up after the last try; `fundraising mail retry` begins anew.
    FAILED = "failed"


# What is still to be sent.
UNDONE = (MailState.WAITING, MailState.SENDING)


class OutgoingMail(Model):
    """A mail to be sent, written in the transaction of what it tells about.

    Once emptied it tells of nobody: its kind, state and times are left, to show that a gift was thanked, and when.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index("ix_outgoing_mail_due", "state", "next_try_at"),
        Index("ix_outgoing_mail_recipient", "recipient", "created_at"),
    )

    id: Mapped[RowId]
    kind: Mapped[str] = mapped_column(String(32))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    state: Mapped[MailState] = mapped_column(word(MailState), default=MailState.WAITING)
    # The part before the @; the domain is that of the sender.
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    # While it is being sent: when the claim on it runs out.
    next_try_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    # Where a mailing is stopped, with one request; empty for what a gift itself asks for.
    unsubscribe_url: Mapped[str] = mapped_column(String(500), default="", server_default="")


# What goes of a mail that is emptied. One without a recipient was: none is written without one.
EMPTIED = dict.fromkeys(("recipient", "subject", "text", "html", "last_error", "unsubscribe_url"), "")
_FULL = OutgoingMail.recipient != ""


class NotAMail(ValueError):
    """A mail that could not be sent as it is: an address, subject or kind that does not fit."""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as its author wrote it: to one address, in text and HTML. Raises NotAMail.

    A mailing has an `unsubscribe_url`, whole and encrypted, where one POST stops it (RFC 8058).
    """

    kind: str
    recipient: str
    subject: str
    text: str
    html: str = ""
    unsubscribe_url: str = ""

    def __post_init__(self) -> None:
        for part, value, longest in (("kind", self.kind, 32), ("subject", self.subject, 255)):
            if not value or len(value) > longest or _CONTROL.search(value):
                raise NotAMail(f"the {part} is empty, too long or has control characters in it")
        if len(self.unsubscribe_url) > _LONGEST_URL or _NOT_IN_URL.search(self.unsubscribe_url):
            raise NotAMail("the address for stopping is too long or not one address")
        _mailbox(self.recipient)
        if _HALF_A_CHARACTER.search(self.subject + self.text + self.html):
            raise NotAMail("half a character cannot be sent")


def enqueue(message: Message) -> int:
    """Put a mail in the outbox, in the caller's transaction, and wake the delivery after its commit; returns its id."""
    mail = OutgoingMail(
        kind=message.kind,
        recipient=_mailbox(message.recipient),
        subject=message.subject,
        text=message.text,
        html=message.html,
        unsubscribe_url=message.unsubscribe_url,
        message_id=uuid.uuid4().hex,
        next_try_at=now(),
        created_at=now(),
    )
    session().add(mail)
    # The id is what the caller keeps.
    session().flush()
    after_commit(partial(tasks.nudge, DELIVERY_JOB))
    return mail.id


def recent_count(recipient: str, kind: str, since: datetime) -> int:
    """How many mails of a kind were written to a mailbox since an instant, sent or not. Raises NotAMail."""
    count = select(func.count()).where(
        OutgoingMail.recipient == _mailbox(recipient), OutgoingMail.kind == kind, OutgoingMail.created_at >= since
    )
    return session().scalar(count) or 0


def _mailbox(address: str) -> str:
    """The address in one spelling: small letters and an ASCII domain, also when mails to it are counted."""
    if _CONTROL.search(address) or not _ADDRESS.fullmatch(address):
        raise NotAMail("the recipient is not one e-mail address")
    local, _, domain = address.lower().rpartition("@")
    try:
        spelled = f"{local}@{domain.encode('idna').decode()}"
        # Letters outside ASCII before the @ are allowed where both servers know them, and say nothing of the form.
        Address(addr_spec=_NOT_ASCII.sub("x", spelled))
    except (ValueError, MessageError) as error:
        raise NotAMail("the recipient is not an e-mail address that mail can be sent to") from error
    if len(spelled) > _LONGEST_ADDRESS:
        raise NotAMail("the recipient's address is too long")
    return spelled


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail in the outbox, without its text."""

    id: int
    kind: str
    recipient: str
    subject: str
    state: MailState
    message_id: str
    attempts: int
    next_try_at: datetime
    last_error: str
    created_at: datetime
    sent_at: datetime | None


def outbox(*states: MailState, limit: int = 200) -> list[MailRow]:
    """The newest mails, of all states unless some are named."""
    query = _rows().order_by(OutgoingMail.id.desc()).limit(limit)
    if states:
        query = query.where(OutgoingMail.state.in_(states))
    return [MailRow(**row._asdict()) for row in session().execute(query)]


def mails_to(addresses: Iterable[str], *, most: int) -> list[MailRow]:
    """The newest mails to any of these addresses. An address that mail cannot be sent to never got any."""
    mailboxes = {address.strip().lower() for address in addresses}
    for address in list(mailboxes):
        with suppress(NotAMail):
            mailboxes.add(_mailbox(address))
    # A mail that was emptied is to nobody any more.
    theirs = _rows().where(OutgoingMail.recipient.in_(mailboxes - {""}))
    newest_first = theirs.order_by(OutgoingMail.created_at.desc(), OutgoingMail.id.desc())
    return [MailRow(**row._asdict()) for row in session().execute(newest_first.limit(most))]


def texts(mail_id: int) -> tuple[MailRow, str] | None:
    """One mail and its text, or None."""
    row = session().execute(_rows().where(OutgoingMail.id == mail_id)).one_or_none()
    text = session().scalar(select(OutgoingMail.text).where(OutgoingMail.id == mail_id))
    return None if row is None or text is None else (MailRow(**row._asdict()), text)


def failed_count(since: datetime) -> int:
    """How many mails written since an instant were given up."""
    failed = (OutgoingMail.state == MailState.FAILED, OutgoingMail.created_at >= since)
    return session().scalar(select(func.count()).where(*failed)) or 0


def late_count(since: datetime) -> int:
    """How many mails written before an instant still wait."""
    late = (OutgoingMail.state.in_(UNDONE), OutgoingMail.created_at < since)
    return session().scalar(select(func.count()).where(*late)) or 0


def retry(*mail_ids: int) -> int:
    """Try anew now, from the first try on: these mails where not sent yet, or without any named all that were given up.

    In the caller's transaction; returns how many it concerns. One that was emptied can go to nobody, and one that is
    being sent at this moment would go twice.
    """
    chosen = (OutgoingMail.id.in_(mail_ids), OutgoingMail.state.in_((MailState.WAITING, MailState.FAILED)))
    again = update(OutgoingMail).where(_FULL, *(chosen if mail_ids else (OutgoingMail.state == MailState.FAILED,)))
    anew = again.values(state=MailState.WAITING, attempts=0, next_try_at=now(), last_error="")
    after_commit(partial(tasks.nudge, DELIVERY_JOB))
    return cast("CursorResult[Any]", session().execute(anew)).rowcount


def empty(most: int) -> int:
    """Empty mails that were sent or given up longer ago than KEPT, in the caller's transaction; how many.

    Recipient, subject, text, HTML and what the mail server answered go. What an acknowledgement points to stays.
    """
    # When a mail is done with, this still says when the claim on its last try would have run out.
    over = OutgoingMail.next_try_at < now() - KEPT
    old = select(OutgoingMail.id).where(OutgoingMail.state.not_in(UNDONE), over, _FULL).limit(most)
    done = session().execute(update(OutgoingMail).where(OutgoingMail.id.in_(old)).values(EMPTIED))
    return cast("CursorResult[Any]", done).rowcount


def _rows() -> Select[Any]:
    return select(*(getattr(OutgoingMail, column.name) for column in fields(MailRow)))
