"""Taking an import of contacts back, as long as nothing was built upon it: some at a time, so that others write.

What is built upon it before that begins stands in the way of the whole. What comes in while it is under way, a gift
say, keeps its contact, and that is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, or_, select, update

from fundraising.contacts.models import Contact, DuplicateCandidate
from fundraising.contacts.models.imports import ImportPiece
from fundraising.contacts.rules import DuplicateState
from fundraising.contacts.rules.sheets.matching import Part
from fundraising.contacts.services.imports.activation import CHANGED, change_rows
from fundraising.contacts.services.imports.pieces import let_joins_be_planned
from fundraising.contacts.services.imports.tables import (
    BY_PART,
    OWNER_ID,
    TARGETS,
    field,
    of_run,
    pieces,
    selected,
    staged_rows,
    with_owner,
)
from fundraising.contacts.services.search_index import reindex
from fundraising.db import Base, session
from fundraising.imports.rules import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Table

    from fundraising.contacts.services.imports.tables import Rows, Some, Target
    from fundraising.imports.services.kinds import Run

_TOLD = 5
# Contacts in a transaction: some hundredths of a second.
_AT_ONCE = 100


class _Obstacle(NamedTuple):
    """Rows that stand in the way of taking pieces back, by the contact of each; `what` is a part or a table."""

    code: str
    what: str
    owners: Rows


def built_upon(run: Run) -> list[Reason]:
    """What stands in the way, each kind of thing with how often it does and some contacts to look at; only reads."""
    let_joins_be_planned()
    return [reason for each in _obstacles(of_run(run.run_id)) for reason in _told(each, _owners(each))]


def undo(run: Run) -> list[Reason] | None:
    """Take back what an import made and changed of some contacts; what kept any of them, None where none is left."""
    numbers = _next(run.run_id)
    if not numbers:
        return None
    kept: list[Reason] = []
    # What keeps one may keep another that is tied to it.
    while found := [(each, owners) for each in _obstacles(_these(numbers)) if (owners := _owners(each))]:
        kept += [reason for each, owners in found for reason in _told(each, owners)]
        left = _let_stand(run.run_id, numbers, {owner for _, owners in found for owner in owners})
        if len(left) == len(numbers):
            raise RuntimeError("what stands in the way of undoing an import belongs to none of its contacts")
        numbers = left
    _take_back(_these(numbers))
    return kept


def _next(run_id: int) -> list[int]:
    """The pieces of some contacts that the import made, with all that ties others to them; then of those it knew."""
    mine = select(ImportPiece.id).where(of_run(run_id))
    made = select(ImportPiece.ordinal).where(pieces(of_run(run_id), BY_PART[Part.CONTACT]))
    # From the end: who is tied to an organisation nearly always stands below it, and keeps it where they are kept.
    if ordinals := session().scalars(made.order_by(ImportPiece.ordinal.desc()).limit(_AT_ONCE)).all():
        # All parts are named, for the index on them.
        theirs = mine.where(ImportPiece.part.in_(list(Part)), ImportPiece.ordinal.in_(ordinals))
        tied = mine.where(ImportPiece.other_ordinal.in_(ordinals))
        return list(session().scalars(theirs.union(tied)))
    known = select(ImportPiece.contact_id).where(of_run(run_id), ImportPiece.contact_id.is_not(None)).distinct()
    numbers = session().scalars(known.order_by(ImportPiece.contact_id).limit(_AT_ONCE)).all()
    return list(session().scalars(mine.where(ImportPiece.contact_id.in_(numbers))))


def _these(numbers: list[int]) -> Some:
    return ImportPiece.id.in_(numbers)


def _let_stand(run_id: int, numbers: list[int], kept: set[int | None]) -> list[int]:
    """Leave to contacts what the import gave them; the pieces that are to be taken back all the same."""
    rows = select(ImportPiece.id, ImportPiece.part, ImportPiece.ordinal, ImportPiece.other_id, OWNER_ID.label("owner"))
    owned = session().execute(with_owner(rows).where(_these(numbers))).all()
    # A pair is told by the one with the lower number.
    gone = {row.id for row in owned if row.owner in kept or (row.part is Part.DUPLICATE and row.other_id in kept)}
    for row in owned:
        if row.id in gone and row.part is Part.CONTACT and row.ordinal is not None:
            # From now on it is one that stands: what others were tied to it by is still theirs.
            tied = (of_run(run_id), ImportPiece.other_ordinal == row.ordinal)
            session().execute(update(ImportPiece).where(*tied).values(other_ordinal=None, other_id=row.owner))
    _run(delete(ImportPiece).where(ImportPiece.id.in_(gone)))
    return [number for number in numbers if number not in gone]


def _take_back(some: Some) -> None:
    made = session().scalars(_made_contacts(some)).all()
    changed = session().scalars(select(ImportPiece.contact_id).where(some, ImportPiece.contact_id.is_not(None))).all()
    open_pairs = or_(DuplicateCandidate.contact_id.in_(made), DuplicateCandidate.other_id.in_(made))
    _run(delete(DuplicateCandidate).where(open_pairs))
    for target in reversed(TARGETS):
        table: Any = target.table
        key = table.id if target.key is not None else getattr(table, target.owner)
        _run(delete(table).where(key.in_(_own(some, target))))
    for part in CHANGED:
        change_rows(some, BY_PART[part], back=True)
    reindex({*made, *(number for number in changed if number is not None)})
    _run(delete(ImportPiece).where(some))


def _run(statement: Any) -> None:  # noqa: ANN401  any deletion
    session().execute(statement.execution_options(synchronize_session=False))


def _made_contacts(some: Some) -> Rows:
    return select(ImportPiece.made_id).where(pieces(some, BY_PART[Part.CONTACT]))


def _obstacles(some: Some) -> Iterator[_Obstacle]:
    for target in TARGETS:
        yield _changed_since(some, target)
    yield from _changed_otherwise(some)
    for table in Base.metadata.sorted_tables:
        for column in _references(table):
            yield _refers(some, table, column)


def _changed_since(some: Some, target: Target) -> _Obstacle:
    """Rows that the import made, and that are gone or otherwise by now."""
    table: Any = target.table
    columns = staged_rows(target)
    key = table.id if target.key is not None else getattr(table, target.owner)
    now_standing = select(*(getattr(table, name) for name in columns)).where(key.in_(_own(some, target)))
    if target.part is Part.CONTACT:
        now_standing = now_standing.where(Contact.version == 1, Contact.merged_into_id.is_(None))
    missing = selected(some, target, columns).except_(now_standing).subquery()
    return _Obstacle("changed_since", target.part.value, select(missing.c[target.owner]))


def _changed_otherwise(some: Some) -> Iterator[_Obstacle]:
    """Contacts that the import changed, and that somebody changed after it."""
    target = BY_PART[Part.CONTACT]
    untouched = and_(
        Contact.id == ImportPiece.contact_id,
        Contact.version == ImportPiece.made_id,
        Contact.merged_into_id.is_(None),
    )
    rows = select(ImportPiece.contact_id).outerjoin(Contact, untouched)
    yield _Obstacle("changed_since", "contact", rows.where(pieces(some, target, made=False), Contact.id.is_(None)))
    for part in (Part.CHURCH, Part.SCHOOL):
        table: Any = BY_PART[part].table
        same = [getattr(table, name).is_not_distinct_from(field(name)) for name in BY_PART[part].fields]
        still = select(ImportPiece.contact_id).outerjoin(table, and_(table.contact_id == ImportPiece.contact_id, *same))
        other = still.where(pieces(some, BY_PART[part], made=False), table.contact_id.is_(None))
        yield _Obstacle("changed_since", part.value, other)


def _references(table: Table) -> Iterator[ColumnElement[int]]:
    """The columns of a table that point to contacts, whichever slice it belongs to."""
    for key in table.foreign_keys:
        if key.column.table.name == Contact.__tablename__:
            yield key.parent


def _refers(some: Some, table: Table, column: ColumnElement[int]) -> _Obstacle:
    """Rows that point to a contact which the import made, and that the import did not make itself."""
    rows = select(column.label("owner")).where(column.in_(_made_contacts(some)))
    target = next((each for each in TARGETS if each.table.__tablename__ == table.name), None)
    if target is not None:
        # As a difference of sets: PostgreSQL would look through a long NOT IN once for every row.
        key = table.c[target.owner] if target.key is None else table.c.id
        foreign = select(key).where(column.in_(_made_contacts(some))).except_(_own(some, target))
        rows = rows.where(key.in_(foreign))
    if table.name == DuplicateCandidate.__tablename__:
        # One that nobody has judged is but a question.
        rows = rows.where(table.c.state != DuplicateState.OPEN.value)
    return _Obstacle("built_upon", table.name, rows)


def _own(some: Some, target: Target) -> Rows:
    """The rows of a table that the import made, by their own number or by that of their contact."""
    if target.key is not None:
        return select(ImportPiece.made_id).where(pieces(some, target))
    return selected(some, target, {target.owner: staged_rows(target)[target.owner]})


def _owners(obstacle: _Obstacle) -> list[int | None]:
    return list(session().scalars(obstacle.owners))


def _told(obstacle: _Obstacle, owners: list[int | None]) -> Iterator[Reason]:
    if owners:
        some = ", ".join(map(str, sorted({each for each in owners if each is not None})[:_TOLD]))
        yield Reason(obstacle.code, obstacle.what, f"{len(owners)}: {some}")
