"""What is kept on file about a contact: consents, notes, documents."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.contacts.rules import ConsentState
from fundraising.db import NUMBERED_ONCE, Model, RowId, word


class Consent(Model):
    """One thing that a person said about one purpose through one channel; the newest counts, the older stay."""

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_contact_purpose", "contact_id", "purpose", "channel"),
        UniqueConstraint("contact_id", "purpose", "channel", "state", "source"),
    )

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    purpose: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(16))
    state: Mapped[ConsentState] = mapped_column(word(ConsentState))
    source: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
    # When it was said, where staff wrote it down afterwards.
    said_on: Mapped[date | None]


class ContactNote(Model):
    """What staff wrote down about a contact."""

    __tablename__ = "contact_note"
    __table_args__ = NUMBERED_ONCE

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    text: Mapped[str] = mapped_column(String(4000))
    written_at: Mapped[datetime]
    written_by: Mapped[str] = mapped_column(String(64))
    # From this day on it stands among what is to be done, until somebody is done with it.
    remind_on: Mapped[date | None] = mapped_column(index=True)
    done_at: Mapped[datetime | None]


class ContactDocument(Model):
    """A file about a contact; its contents stand in the file store under their digest."""

    __tablename__ = "contact_document"
    __table_args__ = NUMBERED_ONCE

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    description: Mapped[str] = mapped_column(String(200), default="")
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(64))
