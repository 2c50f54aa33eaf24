"""Contacts that may be one, and those that were made one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.contacts.rules import DuplicateState
from fundraising.db import NUMBERED_ONCE, Model, RowId, word


class DuplicateCandidate(Model):
    """Two contacts that may be one, for staff to judge; never merged by a machine."""

    __tablename__ = "duplicate_candidate"
    __table_args__ = (
        UniqueConstraint("contact_id", "other_id"),
        CheckConstraint("contact_id < other_id", name="ordered"),
        NUMBERED_ONCE,
    )

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    # What they share: a comma-separated list of `email`, `iban`, `name` and such.
    reasons: Mapped[str] = mapped_column(String(64))
    # How much they look alike, from 0 to 100.
    score: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    state: Mapped[DuplicateState] = mapped_column(word(DuplicateState), default=DuplicateState.OPEN)
    found_at: Mapped[datetime]
    judged_at: Mapped[datetime | None]
    judged_by: Mapped[str] = mapped_column(String(64), default="", server_default="")


class ContactMerge(Model):
    """One act of merging, with what both contacts were before it, so that it can be undone."""

    __tablename__ = "contact_merge"
    __table_args__ = (
        CheckConstraint("loser_id <> survivor_id", name="two_contacts"),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone_whole"),
    )

    id: Mapped[RowId]
    loser_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    survivor_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    # The fields of both as they stood, as JSON; erased with the contact.
    before: Mapped[str] = mapped_column(Text)
    merged_at: Mapped[datetime]
    merged_by: Mapped[str] = mapped_column(String(64))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(64))
