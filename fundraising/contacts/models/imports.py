"""What an import of contacts is going to do, worked out beforehand; emptied with the import."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.contacts.rules.sheets.matching import KeyKind, Part
from fundraising.db import BigId, Model, RowId, word


class ImportPiece(Model):
    """One row of one table to be made or changed.

    Whose it is: a contact that stands (`contact_id`), or one that this import makes (`ordinal`). `before` is what stood
    where a row is changed. Numbers of contacts have no foreign key: what is only planned must not stand in the way of
    an erasure.
    """

    __tablename__ = "contact_import_piece"
    __table_args__ = (
        Index("ix_contact_import_piece_new", "run_id", "part", "ordinal"),
        Index("ix_contact_import_piece_known", "run_id", "contact_id"),
        Index("ix_contact_import_piece_other", "run_id", "other_ordinal"),
    )

    id: Mapped[RowId]
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    part: Mapped[Part] = mapped_column(word(Part))
    ordinal: Mapped[int | None]
    contact_id: Mapped[int | None]
    # The other side: of an affiliation the organisation, of a duplicate the contact that is alike.
    other_ordinal: Mapped[int | None]
    other_id: Mapped[int | None]
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # The number of the row that was made.
    made_id: Mapped[int | None]


class ImportKey(Model):
    """By what a contact that an import makes is recognised again further down in the same file."""

    __tablename__ = "contact_import_key"

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"), primary_key=True, autoincrement=False)
    kind: Mapped[KeyKind] = mapped_column(word(KeyKind), primary_key=True)
    value: Mapped[str] = mapped_column(String(254), primary_key=True)
    ordinal: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
