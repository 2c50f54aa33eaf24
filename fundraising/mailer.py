"""Mail leaves the house from a table: the outbox.

`enqueue()` writes a mail in the transaction of what it tells about. A job takes mails out, hands each to a transport with no
transaction open, and writes down what became of it. A crash in between is seen by a claim that ran out: that mail goes again
under the same Message-ID, so that a mailbox that has it already can tell.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import unquote, urlsplit

from sqlalchemy import CursorResult, Index, Integer, String, Text, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from fundraising import tasks
from fundraising.clock import now
from fundraising.db import Model, RowId, after_commit, session, transaction, word
from fundraising.logs import get_logger, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

DELIVERY_JOB = "mail-delivery"
# How long to wait after the first, second, … try that failed; after the last the mail is given up.
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
# How long a worker may take over one mail before another one supposes it dead; far above what the timeouts below add up to.
CLAIM = timedelta(minutes=10)
SMTP_TIMEOUT_SECONDS = 20.0

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\]+")


class MailState(StrEnum):
    """What became of a mail."""

    WAITING = "waiting"
    # Handed to the mail server; a crash in between leaves it here, and it is tried again under the same Message-ID.
    SENDING = "sending"
    SENT = "sent"
    # Given up after the last try; `fundraising mail retry` begins anew.
    FAILED = "failed"


class OutgoingMail(Model):
    """A mail to be sent, written in the transaction of what it tells about."""

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


class NotAMail(ValueError):
    """A mail that could not be sent as it is: an address, subject or kind that does not fit."""


class Refused(Exception):
    """The mail server will not take this mail. `permanent` where trying again is of no use."""

    def __init__(self, answer: str, *, permanent: bool) -> None:
        super().__init__(answer)
        self.permanent = permanent


class OutOfReach(Exception):
    """The mail server cannot be reached, or broke off: no use to try the next mail now."""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as its author wrote it: to one address, in text and HTML. Raises NotAMail."""

    kind: str
    recipient: str
    subject: str
    text: str
    html: str = ""

    def __post_init__(self) -> None:
        for part, value, longest in (("kind", self.kind, 32), ("subject", self.subject, 255)):
            if not value or len(value) > longest or _CONTROL.search(value):
                raise NotAMail(f"the {part} is empty, too long or has control characters in it")
        if len(self.recipient) > 254 or _CONTROL.search(self.recipient) or not _ADDRESS.fullmatch(self.recipient):
            raise NotAMail("the recipient is not one e-mail address")


def enqueue(message: Message) -> int:
    """Put a mail in the outbox, in the caller's transaction, and wake the delivery after its commit; returns its id."""
    mail = OutgoingMail(
        kind=message.kind,
        recipient=_mailbox(message.recipient),
        subject=message.subject,
        text=message.text,
        html=message.html,
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
    """How many mails of a kind went to a mailbox since an instant, whatever became of them."""
    count = select(func.count()).where(
        OutgoingMail.recipient == _mailbox(recipient), OutgoingMail.kind == kind, OutgoingMail.created_at >= since
    )
    return session().scalar(count) or 0


def _mailbox(address: str) -> str:
    # In small letters: `A@x.nl` and `a@x.nl` are one mailbox to everyone but the standard, also when they are counted.
    return address.casefold()
