"""Tables of privacy: who was erased and who is due for it. By number only: nothing personal stands here."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.db import Model, RowId, word
from fundraising.personal import Degree
from fundraising.privacy.rules import Reason


class Erasure(Model):
    """That somebody was erased, how far and why. After a restore of an older backup these are to be done again."""

    __tablename__ = "erasure"

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    degree: Mapped[Degree] = mapped_column(word(Degree))
    reason: Mapped[Reason] = mapped_column(word(Reason))
    erased_at: Mapped[datetime]
    erased_by: Mapped[str] = mapped_column(String(64))


class ErasureProposal(Model):
    """Somebody whose time is over, for a person to decide on. Once decided to keep them, it rests until that day."""

    __tablename__ = "erasure_proposal"
    __table_args__ = (Index("ix_erasure_proposal_open", "kept_until", "due_on"),)

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True, autoincrement=False)
    degree: Mapped[Degree] = mapped_column(word(Degree))
    reason: Mapped[Reason] = mapped_column(word(Reason))
    due_on: Mapped[date]
    found_at: Mapped[datetime]
    kept_until: Mapped[date | None]
    kept_by: Mapped[str] = mapped_column(String(64), default="")
