"""Bringing contacts in: everything was worked out beforehand, and is now copied, table by table, in one go.

The database does it by itself, so that the one transaction in which it happens is short; what happened since the rows
were checked is looked for first.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select, text, update
from sqlalchemy.orm import aliased

from fundraising.clock import now
from fundraising.contacts.models import Contact, ContactEmail, ContactIban, OrganisationLink, SchoolDetails
from fundraising.contacts.models.imports import ImportKey, ImportPiece
from fundraising.contacts.rules.sheets.matching import KeyKind, Part
from fundraising.contacts.services.imports.pieces import let_joins_be_planned
from fundraising.contacts.services.imports.tables import (
    BY_PART,
    TARGETS,
    field,
    of_run,
    other_columns,
    pieces,
    selected,
    staged_rows,
)
from fundraising.contacts.services.search_index import reindex
from fundraising.db import is_sqlite, session
from fundraising.imports.rules import OutOfDate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import InstrumentedAttribute as _Column

    from fundraising.contacts.services.imports.tables import Rows, Some, Target
    from fundraising.imports.services.kinds import Run

_REINDEXED_AT_ONCE = 200
CHANGED = (Part.CONTACT, Part.CHURCH, Part.SCHOOL)


def activate(run: Run) -> None:
    """Make and change everything that an import has staged. Raises OutOfDate where that would not fit any more."""
    let_joins_be_planned()
    for surprise in _surprises(run.run_id):
        if session().execute(surprise.limit(1)).first() is not None:
            raise OutOfDate
    whole = of_run(run.run_id)
    for part in CHANGED:
        change_rows(whole, BY_PART[part])
    for target in TARGETS:
        if target.key is not None:
            _number(whole, target)
        columns = staged_rows(target) | other_columns(run.run_id, target)
        session().execute(insert(target.table).from_select(list(columns), selected(whole, target, columns)))


def change_rows(some: Some, target: Target, *, back: bool = False) -> None:
    """Let rows that stand be as pieces have them, or `back` as they were before."""
    values = ImportPiece.before if back else ImportPiece.fields
    columns: dict[str, Any] = {name: field(name, values) for name in target.fields}
    table: Any = target.table
    if target.part is Part.CONTACT:
        columns |= {"version": Contact.version + 1, "changed_at": now()}
    owner = getattr(table, target.owner)
    changes = update(table).where(owner == ImportPiece.contact_id, pieces(some, target, made=False))
    session().execute(changes.values(columns).execution_options(synchronize_session=False))
    if target.part is Part.CONTACT and not back:
        # Kept beside the piece, so that a later change is seen.
        version = select(Contact.version).where(Contact.id == ImportPiece.contact_id).scalar_subquery()
        noted = update(ImportPiece).where(pieces(some, target, made=False)).values(made_id=version)
        session().execute(noted.execution_options(synchronize_session=False))


def touched(run_id: int) -> list[int]:
    """The contacts that an import made or gave something."""
    owners = select(ImportPiece.contact_id).where(ImportPiece.run_id == run_id, ImportPiece.contact_id.is_not(None))
    made = select(ImportPiece.made_id).where(pieces(of_run(run_id), BY_PART[Part.CONTACT]))
    return [number for number in session().scalars(owners.union(made)) if number is not None]


def settle(run: Run) -> Iterator[Callable[[], object]]:
    """Let what was made or changed be found under what it is called now, some hundreds at a time."""
    contact_ids = touched(run.run_id)
    for start in range(0, len(contact_ids), _REINDEXED_AT_ONCE):
        yield partial(reindex, contact_ids[start : start + _REINDEXED_AT_ONCE])


def _number(some: Some, target: Target) -> None:
    """Give each new row of a table its number."""
    new = pieces(some, target)
    if is_sqlite(session().connection()):
        # Nobody else writes meanwhile.
        last = _last_number(target.table)
        mine = aliased(ImportPiece)
        counted = select(ImportPiece.id, func.row_number().over(order_by=ImportPiece.id).label("place")).where(new)
        places = counted.subquery()
        numbers = update(mine).where(mine.id == places.c.id).values(made_id=last + places.c.place)
    else:
        sequence = func.pg_get_serial_sequence(target.table.__tablename__, "id")
        numbers = update(ImportPiece).where(new).values(made_id=func.nextval(sequence))
    session().execute(numbers.execution_options(synchronize_session=False))


def _last_number(table: Any) -> int:  # noqa: ANN401  any table with numbers
    """The number that SQLite gave last, also to a row that is gone where it keeps count of that."""
    highest = session().scalar(select(func.max(table.id))) or 0
    given = text("SELECT max(seq) FROM sqlite_sequence WHERE name = :name")
    return max(highest, session().scalar(given, {"name": table.__tablename__}) or 0)


def _surprises(run_id: int) -> Iterator[Rows]:
    """Queries that each find something only where the plan of an import does not fit what stands now."""
    yield _gone(run_id)
    for part in CHANGED:
        yield _otherwise(run_id, BY_PART[part])
    yield from _taken(run_id)
    for kind, value, owner in (
        (KeyKind.EMAIL, ContactEmail.match_address, ContactEmail.contact_id),
        (KeyKind.IBAN, ContactIban.iban, ContactIban.contact_id),
        (KeyKind.RSIN, Contact.rsin, Contact.id),
        (KeyKind.KVK, Contact.kvk, Contact.id),
        (KeyKind.BRIN, SchoolDetails.brin, SchoolDetails.contact_id),
    ):
        yield _known_by_now(run_id, kind, value, owner)


def _gone(run_id: int) -> Rows:
    """Contacts to which something would be added, and that were merged or erased."""
    for_known = select(ImportPiece.id).outerjoin(Contact, Contact.id == ImportPiece.contact_id)
    gone = or_(Contact.id.is_(None), Contact.merged_into_id.is_not(None))
    return for_known.where(ImportPiece.run_id == run_id, ImportPiece.contact_id.is_not(None), gone)


def _otherwise(run_id: int, target: Target) -> Rows:
    """Rows that would be changed, and are not what they were."""
    table: Any = target.table
    before = ImportPiece.before
    same = [getattr(table, name).is_not_distinct_from(field(name, before)) for name in target.fields]
    owner = getattr(table, target.owner)
    rows = select(ImportPiece.id).outerjoin(table, and_(owner == ImportPiece.contact_id, *same))
    return rows.where(pieces(of_run(run_id), target, made=False), owner.is_(None))


def _taken(run_id: int) -> Iterator[Rows]:
    """Ways and rows that would be added to a contact that has them by now."""
    for part, name in ((Part.EMAIL, "match_address"), (Part.PHONE, "number"), (Part.IBAN, "iban")):
        table: Any = BY_PART[part].table
        there = and_(table.contact_id == ImportPiece.contact_id, getattr(table, name) == field(name))
        yield select(ImportPiece.id).join(table, there).where(pieces(of_run(run_id), BY_PART[part]))
    for part in (Part.CHURCH, Part.SCHOOL, Part.LINK):
        table = BY_PART[part].table
        owner = getattr(table, BY_PART[part].owner)
        yield (
            select(ImportPiece.id)
            .join(table, owner == ImportPiece.contact_id)
            .where(pieces(of_run(run_id), BY_PART[part]))
        )
    turned = and_(
        OrganisationLink.parent_id == ImportPiece.contact_id, OrganisationLink.organisation_id == ImportPiece.other_id
    )
    yield select(ImportPiece.id).join(OrganisationLink, turned).where(pieces(of_run(run_id), BY_PART[Part.LINK]))


def _known_by_now(run_id: int, kind: KeyKind, value: _Column[str], owner: _Column[int]) -> Rows:
    """Contacts that would be made, and share something with one that was not there when their row was checked."""
    seen = select(ImportPiece.id).where(
        ImportPiece.run_id == run_id,
        ImportPiece.part == Part.SEEN,
        ImportPiece.ordinal == ImportKey.ordinal,
        ImportPiece.other_id == owner,
    )
    shared = select(ImportKey.ordinal).join(owner.class_, value == ImportKey.value)
    return shared.where(ImportKey.run_id == run_id, ImportKey.kind == kind, ~seen.exists())
