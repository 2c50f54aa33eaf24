"""Keeping the pieces of an import until it is brought in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import delete, insert, text, update

from fundraising.contacts.models.imports import ImportKey, ImportPiece
from fundraising.db import is_sqlite, session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table

    from fundraising.contacts.rules.sheets.matching import Key, Part, Ref


@dataclass(slots=True)
class Piece:
    """One row of one table that an import makes, or, with `before`, changes."""

    owner: Ref
    part: Part
    fields: dict[str, Any]
    before: Mapping[str, Any] | None = None
    other: Ref | None = None


def store_pieces(
    run_id: int,
    pieces: Sequence[Piece],
    keys: Sequence[tuple[Key, int]],
    rewritten: Mapping[tuple[Ref, Part], Mapping[str, Any]],
) -> None:
    """Keep what rows do, and by what the contacts that they make are found further down."""
    # Into the tables themselves: the mapped classes would begin a statement anew wherever another column is empty.
    if pieces:
        session().execute(insert(cast("Table", ImportPiece.__table__)), [_values(run_id, piece) for piece in pieces])
    if keys:
        rows = [{"run_id": run_id, "kind": key.kind, "value": key.value, "ordinal": number} for key, number in keys]
        session().execute(insert(cast("Table", ImportKey.__table__)), rows)
    for (owner, part), fields in rewritten.items():
        whose = ImportPiece.ordinal == owner.number if owner.new else ImportPiece.contact_id == owner.number
        same = (ImportPiece.run_id == run_id, ImportPiece.part == part, whose)
        session().execute(update(ImportPiece).where(*same).values(fields=dict(fields)))


def let_joins_be_planned() -> None:
    """Tell PostgreSQL how many pieces there are: it plans for the few that there were before, and takes minutes.

    SQLite goes by its indexes alone.
    """
    if not is_sqlite(session().connection()):
        session().execute(text(f"ANALYZE {ImportPiece.__tablename__}"))


def forget_pieces(run_id: int) -> None:
    """Remove everything that is kept for an import."""
    for table in (ImportKey, ImportPiece):
        session().execute(delete(table).where(table.run_id == run_id))


def _values(run_id: int, piece: Piece) -> dict[str, Any]:
    owner, other = piece.owner, piece.other
    return {
        "run_id": run_id,
        "part": piece.part,
        "ordinal": owner.number if owner.new else None,
        "contact_id": None if owner.new else owner.number,
        "other_ordinal": other.number if other is not None and other.new else None,
        "other_id": other.number if other is not None and not other.new else None,
        "fields": piece.fields,
        "before": dict(piece.before) if piece.before is not None else None,
    }
