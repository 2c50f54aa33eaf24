"""Tables of programmes. They are filled from `data/*.toml` by `fundraising programmes load`."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.db import Model, RowId, word
from fundraising.money import Euro
from fundraising.programmes.rules import FigureKind


class Programme(Model):
    """A purpose to which gifts are given."""

    __tablename__ = "programme"

    id: Mapped[RowId]
    # Stands in the address of its page: `/steun/herstelwerk`.
    code: Mapped[str] = mapped_column(String(32), unique=True)
    position: Mapped[int] = mapped_column(Integer)


class ProgrammeText(Model):
    """One piece of a programme's copy in one language."""

    __tablename__ = "programme_text"
    __table_args__ = (UniqueConstraint("programme_id", "language", "key"),)

    id: Mapped[RowId]
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    language: Mapped[str] = mapped_column(String(2))
    key: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)


class GivingOption(Model):
    """An amount that the programme's page offers; `units` where the amount is a multiple of the unit cost."""

    __tablename__ = "giving_option"
    __table_args__ = (
        UniqueConstraint("programme_id", "amount"),
        CheckConstraint("amount > 0", name="positive"),
    )

    id: Mapped[RowId]
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    position: Mapped[int] = mapped_column(Integer)
    amount: Mapped[Euro]
    units: Mapped[int | None] = mapped_column(Integer)


class UnitCost(Model):
    """What one unit costs on average, as published: € 1.300 for one family. Fixed and superseded like a figure."""

    __tablename__ = "unit_cost"
    __table_args__ = (
        UniqueConstraint("programme_id", "year", "key", "version"),
        CheckConstraint("amount > 0", name="positive"),
    )

    id: Mapped[RowId]
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    year: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(Integer)
    amount: Mapped[Euro]
    label_nl: Mapped[str] = mapped_column(String(200))
    label_en: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[str] = mapped_column(String(120))
    approved_on: Mapped[date]
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("unit_cost.id"))


class Figure(Model):
    """A published figure. Once approved it is fixed: a better one supersedes it and the old one stays."""

    __tablename__ = "figure"
    __table_args__ = (UniqueConstraint("programme_id", "year", "key", "kind", "version"),)

    id: Mapped[RowId]
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    year: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(48))
    kind: Mapped[FigureKind] = mapped_column(word(FigureKind))
    version: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    value: Mapped[int]
    label_nl: Mapped[str] = mapped_column(String(200))
    label_en: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(200))
    # A figure without approval is loaded and not shown.
    approved_by: Mapped[str | None] = mapped_column(String(120))
    approved_on: Mapped[date | None]
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("figure.id"))
