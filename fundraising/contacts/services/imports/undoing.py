"""Taking an import of contacts back, as long as nothing was built upon it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, or_, select

from fundraising.contacts.models import Contact, DuplicateCandidate
from fundraising.contacts.models.imports import ImportPiece
from fundraising.contacts.rules import DuplicateState
from fundraising.contacts.rules.sheets.matching import Part
from fundraising.contacts.services.imports.activation import CHANGED, change_rows
from fundraising.contacts.services.imports.pieces import let_joins_be_planned
from fundraising.contacts.services.imports.tables import BY_PART, TARGETS, field, pieces, selected, staged_rows
from fundraising.db import Base, session
from fundraising.imports.rules import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Table

    from fundraising.contacts.services.imports.tables import Rows, Target
    from fundraising.imports.services.kinds import Run

_TOLD = 5


def undo(run: Run) -> list[Reason]:
    """Take back everything that an import made and changed; or change nothing, and say what was built upon it."""
    let_joins_be_planned()
    built = list(_built_upon(run.run_id))
    if built:
        return built
    made = _made_contacts(run.run_id)
    open_pairs = or_(DuplicateCandidate.contact_id.in_(made), DuplicateCandidate.other_id.in_(made))
    _run(delete(DuplicateCandidate).where(open_pairs))
    for target in reversed(TARGETS):
        _take_back(run.run_id, target)
    for part in CHANGED:
        change_rows(run.run_id, BY_PART[part], back=True)
    return []


def _run(statement: Any) -> None:  # noqa: ANN401  any deletion
    session().execute(statement.execution_options(synchronize_session=False))


def _take_back(run_id: int, target: Target) -> None:
    table: Any = target.table
    key = table.id if target.key is not None else getattr(table, target.owner)
    _run(delete(table).where(key.in_(_own(run_id, target))))


def _made_contacts(run_id: int) -> Rows:
    return select(ImportPiece.made_id).where(pieces(run_id, BY_PART[Part.CONTACT]))


def _built_upon(run_id: int) -> Iterator[Reason]:
    """What stands in the way, each kind of thing with how often it does and some contacts to look at."""
    for target in TARGETS:
        yield from _changed_since(run_id, target)
    yield from _changed_otherwise(run_id)
    for table in Base.metadata.sorted_tables:
        for column in _references(table):
            yield from _refers(run_id, table, column)


def _changed_since(run_id: int, target: Target) -> Iterator[Reason]:
    """Rows that the import made, and that are gone or otherwise by now."""
    table: Any = target.table
    columns = staged_rows(target)
    now_standing = select(*(getattr(table, name) for name in columns))
    if target.part is Part.CONTACT:
        now_standing = now_standing.where(Contact.version == 1, Contact.merged_into_id.is_(None))
    missing = selected(run_id, target, columns).except_(now_standing).subquery()
    owner = missing.c[target.owner]
    yield from _told("changed_since", target.part.value, owner)


def _changed_otherwise(run_id: int) -> Iterator[Reason]:
    """Contacts that the import changed, and that somebody changed after it."""
    target = BY_PART[Part.CONTACT]
    untouched = and_(
        Contact.id == ImportPiece.contact_id,
        Contact.version == ImportPiece.made_id,
        Contact.merged_into_id.is_(None),
    )
    rows = select(ImportPiece.contact_id).outerjoin(Contact, untouched)
    changed = rows.where(pieces(run_id, target, made=False), Contact.id.is_(None)).subquery()
    yield from _told("changed_since", "contact", changed.c.contact_id)
    for part in (Part.CHURCH, Part.SCHOOL):
        table: Any = BY_PART[part].table
        same = [getattr(table, name).is_not_distinct_from(field(name)) for name in BY_PART[part].fields]
        still = select(ImportPiece.contact_id).outerjoin(table, and_(table.contact_id == ImportPiece.contact_id, *same))
        other = still.where(pieces(run_id, BY_PART[part], made=False), table.contact_id.is_(None)).subquery()
        yield from _told("changed_since", part.value, other.c.contact_id)


def _references(table: Table) -> Iterator[ColumnElement[int]]:
    """The columns of a table that point to contacts, whichever slice it belongs to."""
    for key in table.foreign_keys:
        if key.column.table.name == Contact.__tablename__:
            yield key.parent


def _refers(run_id: int, table: Table, column: ColumnElement[int]) -> Iterator[Reason]:
    """Rows that point to a contact which the import made, and that the import did not make itself."""
    rows = select(column.label("owner")).where(column.in_(_made_contacts(run_id)))
    target = next((each for each in TARGETS if each.table.__tablename__ == table.name), None)
    if target is not None:
        # As a difference of sets: PostgreSQL would look through a long NOT IN once for every row.
        key = table.c[target.owner] if target.key is None else table.c.id
        foreign = select(key).where(column.in_(_made_contacts(run_id))).except_(_own(run_id, target))
        rows = rows.where(key.in_(foreign))
    if table.name == DuplicateCandidate.__tablename__:
        # One that nobody has judged is but a question.
        rows = rows.where(table.c.state != DuplicateState.OPEN.value)
    yield from _told("built_upon", table.name, rows.subquery().c.owner)


def _own(run_id: int, target: Target) -> Rows:
    """The rows of a table that the import made, by their own number or by that of their contact."""
    if target.key is not None:
        return select(ImportPiece.made_id).where(pieces(run_id, target))
    return selected(run_id, target, {target.owner: staged_rows(target)[target.owner]})


def _told(code: str, what: str, owner: ColumnElement[int]) -> Iterator[Reason]:
    count = session().scalar(select(func.count()).select_from(owner.table))
    if count:
        some = session().scalars(select(owner).distinct().order_by(owner).limit(_TOLD))
        yield Reason(code, what, f"{count}: {', '.join(map(str, some))}")
