"""Tables of running the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.db import Model


class Alert(Model):
    """Something that stalled or failed, from when it was seen until it was well again."""

    __tablename__ = "alert"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    detail: Mapped[str] = mapped_column(String(500))
    raised_at: Mapped[datetime]
    mailed_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
