"""Mail leaves the house from a table: the outbox."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.db import Model, RowId, word


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
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
