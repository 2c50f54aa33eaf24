"""Tables of imports. Rows hold what stood in the file, so everything here can be erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.db import Model, RowId, word
from fundraising.imports.rules import ImportState, Outcome


class ImportRun(Model):
    """One file, from its upload until it is brought in, undone or thrown away."""

    __tablename__ = "import_run"

    id: Mapped[RowId]
    # What its rows are: `contacts`, `gifts`.
    kind: Mapped[str] = mapped_column(String(16), index=True)
    state: Mapped[ImportState] = mapped_column(word(ImportState), index=True)
    # Under which its contents stand in the file store.
    digest: Mapped[str] = mapped_column(String(64), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    # Headers and samples, once the file was looked at; what each column means, and the choices beside that.
    headers: Mapped[list[str]] = mapped_column(JSON, default=list)
    samples: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    shape: Mapped[str] = mapped_column(String(64), default="")
    header_line: Mapped[int] = mapped_column(Integer, default=0)
    mapping: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    choices: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    # Counts the times that it was checked; what an earlier check still writes is refused.
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    # Up to where the file was read, and what was found so far.
    last_line: Mapped[int] = mapped_column(Integer, default=0)
    row_count: Mapped[int] = mapped_column(Integer, default=0)
    outcomes: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    doubtful: Mapped[int] = mapped_column(Integer, default=0)
    totals: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    notes: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    # Why the file or what was asked last is refused: a code, where, and more that pages can say.
    problem: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str] = mapped_column(String(64))
    check_began_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str] = mapped_column(String(64), default="")
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(64), default="")
    # It was brought in or taken back, and what follows from that is not all done.
    unsettled: Mapped[bool] = mapped_column(Boolean, default=False)
    # Since when its rows are no longer kept.
    emptied_at: Mapped[datetime | None]


class ImportRow(Model):
    """One line of a file, and what becomes of it."""

    __tablename__ = "import_row"
    __table_args__ = (Index("ix_import_row_outcome", "run_id", "outcome", "line"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"), primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    doubtful: Mapped[bool] = mapped_column(Boolean, default=False)
    label: Mapped[str] = mapped_column(String(200))
    cells: Mapped[list[str]] = mapped_column(JSON)
    # Code, column and what stood there.
    reasons: Mapped[list[list[str]]] = mapped_column(JSON)
    plan: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class ImportMapping(Model):
    """What the columns of a file of this shape meant the last time."""

    __tablename__ = "import_mapping"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    shape: Mapped[str] = mapped_column(String(64), primary_key=True)
    mapping: Mapped[dict[str, str]] = mapped_column(JSON)
    choices: Mapped[dict[str, str]] = mapped_column(JSON)
    saved_at: Mapped[datetime]
