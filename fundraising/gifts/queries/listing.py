"""Gifts as staff list them: filtered, sorted and counted, fast also among a million.

A list is read from one index. Where a filter leaves few gifts that is the filter's own index; else it is the order's,
since gifts that are not rare are soon found in it. Everything else is then asked of the rows that come by.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Date, and_, case, func, literal_column, or_, select, true, type_coerce
from sqlalchemy.orm import aliased

from fundraising.contacts.queries import current_ids
from fundraising.db import EuroCents, session
from fundraising.gifts.models import Acknowledgement, Gift, GiftEntry
from fundraising.gifts.rules import ROOTS, WAY_BACK, EntryKind, EntryRow, Source, went_back
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date, datetime

    from sqlalchemy import Row, Select

# So many gifts are read at once without anybody noticing.
FEW = 2_000
# So many entries are added up without looking at each gift: more than a busy year has.
_MOST_ENTRIES = 150_000


class Order(StrEnum):
    """What a list of gifts is sorted by."""

    DATE = "date"
    AMOUNT = "amount"
    RECORDED = "recorded"


class WentBack(StrEnum):
    """What went back of a gift."""

    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """Which gifts to list; what is left None does not matter. Dates and amounts (as received) are inclusive.

    `contact_ids` are all the ids of one contact, see `known_as`.
    """

    programme_id: int | None = None
    method: str | None = None
    received_from: date | None = None
    received_until: date | None = None
    at_least: Euro | None = None
    at_most: Euro | None = None
    contact_ids: tuple[int, ...] | None = None
    has_contact: bool | None = None
    thanked: bool | None = None
    went_back: WentBack | None = None

    @property
    def adds_up(self) -> bool:
        """Whether each entry by itself tells if it belongs, so that entries are added up without their gifts."""
        each_gift = (self.at_least, self.at_most, self.thanked, self.went_back)
        return all(asked is None for asked in each_gift)


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list: so many gifts from behind the first `skipped`, in an order."""

    order: Order
    descending: bool
    skipped: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedGift:
    """A gift in a list. `refunded` and `charged_back` are what went back and stayed away."""

    gift_id: int
    reference: str
    received_on: date
    recorded_at: datetime
    contact_id: int | None
    programme_id: int
    method: str
    received: Euro
    standing: Euro
    refunded: Euro
    charged_back: Euro
    thanked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListTotals:
    """How many gifts, what they brought in, and what stands of it."""

    count: int
    received: Euro
    standing: Euro


def listed_gifts(wanted: ListFilter, part: Slice) -> list[ListedGift]:
    """A part of the gifts that match; the number of queries is the same for any list."""
    rows = session().execute(_ordered(candidates(wanted, part.order), part)).all()
    ids = [row.gift_id for row in rows]
    entries, thanked = entries_of(ids), thanked_at(ids)
    current = current_ids({row.contact_id for row in rows} - {None})
    return [listed(row, entries[row.gift_id], thanked.get(row.gift_id), current) for row in rows]


def list_totals(wanted: ListFilter, *, at_any_cost: bool = False) -> ListTotals | None:
    """What the gifts that match add up to; None where so many match that somebody would wait for it.

    `at_any_cost` counts all the same.
    """
    if wanted.adds_up and (at_any_cost or _is_at_most(_MOST_ENTRIES, _period(wanted))):
        return _added_up(wanted)
    if at_any_cost or _few(wanted) is not None:
        return _counted_one_by_one(wanted)
    return None


def methods_in_use() -> list[str]:
    """The methods by which gifts came, each found by one step in the index."""
    found: list[str] = []
    following = select(func.min(GiftEntry.method)).where(_IS_ROOT)
    method = session().scalar(following)
    while method is not None:
        found.append(method)
        method = session().scalar(following.where(GiftEntry.method > method))
    return found


# Written out as in the index: from a parameter a database cannot tell that the index fits.
_IS_ROOT = GiftEntry.kind.in_([literal_column("'received'"), literal_column("'corrected'")])
_IS_LATER = GiftEntry.kind != literal_column("'received'")


def _went(entry: type[GiftEntry]) -> ColumnElement[bool]:
    return entry.kind.in_([literal_column("'refunded'"), literal_column("'charged_back'")])


def stands() -> ColumnElement[bool]:
    """The condition that no correction took an entry back."""
    taken_back = aliased(GiftEntry)
    return ~(
        select(taken_back.id)
        .where(taken_back.reverses_id == GiftEntry.id, taken_back.kind == EntryKind.REVERSED)
        .exists()
    )


def candidates(wanted: ListFilter, order: Order) -> Select[*tuple[Any, ...]]:
    """The entries with which what stands of the matching gifts begins."""
    found: Select[*tuple[Any, ...]] = select(
        GiftEntry.id,
        GiftEntry.gift_id,
        GiftEntry.contact_id,
        GiftEntry.programme_id,
        GiftEntry.method,
        GiftEntry.received_on,
        GiftEntry.amount,
    ).where(_IS_ROOT, stands())
    few = _few(wanted)
    if few is None:
        return found.where(*_asked_of_each(wanted, order))
    return found.where(GiftEntry.gift_id.in_(few), *_asked_of_each(wanted, None))


def _few(wanted: ListFilter) -> set[int] | None:
    """The gifts among which those that match are, where an index tells that they are few."""
    narrow = next((condition for condition in _indexed(wanted) if _is_at_most(FEW, condition)), None)
    # Left to look for distinct ones itself, SQLite goes through all gifts.
    return None if narrow is None else set(session().scalars(select(GiftEntry.gift_id).where(narrow)))


def _indexed(wanted: ListFilter) -> Iterator[ColumnElement[bool]]:
    """Conditions that have an index of their own, and with which few gifts may be found."""
    if wanted.contact_ids is not None:
        yield GiftEntry.contact_id.in_(wanted.contact_ids)
    if wanted.has_contact is False:
        yield GiftEntry.contact_id.is_(None)
    if wanted.went_back is not None:
        yield and_(_went(GiftEntry), GiftEntry.kind == literal_column(f"'{wanted.went_back}'"))
    if wanted.at_least is not None or wanted.at_most is not None:
        yield and_(_IS_ROOT, *_amounts(GiftEntry.amount, wanted))
    if wanted.received_from is not None or wanted.received_until is not None:
        yield and_(*_dates(GiftEntry.received_on, wanted))
    if wanted.method is not None:
        yield and_(_IS_ROOT, GiftEntry.method == wanted.method)
    # All of them, in a ledger that is still small.
    yield true()


def _asked_of_each(wanted: ListFilter, order: Order | None) -> Iterator[ColumnElement[bool]]:
    """All conditions; all but that on the order's own index are written so that no index serves them.

    Otherwise a database without statistics, such as SQLite, sorts a year of gifts instead of reading fifty in order.
    """
    by_date = type_coerce(func.coalesce(GiftEntry.received_on, None), Date)
    by_amount = type_coerce(func.coalesce(GiftEntry.amount, None), EuroCents)
    yield from _dates(GiftEntry.received_on if order is Order.DATE else by_date, wanted)
    yield from _amounts(GiftEntry.amount if order is Order.AMOUNT else by_amount, wanted)
    if wanted.method is not None:
        yield func.coalesce(GiftEntry.method, "") == wanted.method
    yield from _facts(wanted)
    if wanted.contact_ids is not None:
        yield func.coalesce(GiftEntry.contact_id, 0).in_(wanted.contact_ids)
    if wanted.thanked is not None:
        thanks = select(Acknowledgement.id).where(Acknowledgement.gift_id == GiftEntry.gift_id).exists()
        yield thanks if wanted.thanked else ~thanks
    if wanted.went_back is not None:
        yield _has_gone(wanted.went_back)


def _facts(wanted: ListFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.programme_id is not None:
        yield GiftEntry.programme_id == wanted.programme_id
    if wanted.has_contact is not None:
        known = func.coalesce(GiftEntry.contact_id, 0)
        yield known != 0 if wanted.has_contact else known == 0


def _dates(column: Any, wanted: ListFilter) -> Iterator[ColumnElement[bool]]:  # noqa: ANN401  a column or an expression
    if wanted.received_from is not None:
        yield column >= wanted.received_from
    if wanted.received_until is not None:
        yield column <= wanted.received_until


def _amounts(column: Any, wanted: ListFilter) -> Iterator[ColumnElement[bool]]:  # noqa: ANN401  as above
    if wanted.at_least is not None:
        yield column >= wanted.at_least
    if wanted.at_most is not None:
        yield column <= wanted.at_most


def _has_gone(way: WentBack) -> ColumnElement[bool]:
    """Whether something went back in a way and stayed away: each refund or chargeback may have come back."""
    each = aliased(GiftEntry)
    went = EntryKind(way)
    both_ways = (went, WAY_BACK[went])
    undone = aliased(GiftEntry)
    of_this_way = or_(
        each.kind.in_(both_ways),
        and_(
            each.kind == EntryKind.REVERSED,
            select(undone.id).where(undone.id == each.reverses_id, undone.kind.in_(both_ways)).exists(),
        ),
    )
    gone = select(func.sum(each.amount)).where(each.gift_id == GiftEntry.gift_id, of_this_way).scalar_subquery()
    such = aliased(GiftEntry)
    # Gathered once, which `is_(true())` sees to: so the entries of few gifts alone are added up.
    ever = GiftEntry.gift_id.in_(select(such.gift_id).where(_went(such), such.kind == way)).is_(true())
    return and_(ever, func.coalesce(gone, 0) < Euro(0))


def _ordered(found: Select[*tuple[Any, ...]], part: Slice) -> Select[*tuple[Any, ...]]:
    columns: dict[Order, tuple[Any, ...]] = {
        Order.DATE: (GiftEntry.received_on, GiftEntry.gift_id),
        Order.AMOUNT: (GiftEntry.amount, GiftEntry.gift_id),
        Order.RECORDED: (GiftEntry.gift_id,),
    }
    by = [column.desc() if part.descending else column for column in columns[part.order]]
    page = found.order_by(*by).offset(part.skipped).limit(part.most).subquery("page")
    # What only the shown gifts need is fetched for them alone.
    again = [page.c[column.key].desc() if part.descending else page.c[column.key] for column in columns[part.order]]
    return select(page, Gift.reference, Gift.created_at).join(Gift, Gift.id == page.c.gift_id).order_by(*again)


def entries_of(gift_ids: Collection[int]) -> dict[int, list[EntryRow]]:
    """The entries of these gifts, in the order of booking."""
    entries: dict[int, list[EntryRow]] = {gift_id: [] for gift_id in gift_ids}
    for row in session().scalars(select(GiftEntry).where(GiftEntry.gift_id.in_(gift_ids)).order_by(GiftEntry.id)):
        entries[row.gift_id].append(entry_row(row))
    return entries


def thanked_at(gift_ids: Collection[int]) -> dict[int, datetime]:
    """When these gifts were first thanked for."""
    first = select(Acknowledgement.gift_id, func.min(Acknowledgement.recorded_at)).group_by(Acknowledgement.gift_id)
    rows = session().execute(first.where(Acknowledgement.gift_id.in_(gift_ids)))
    return {row[0]: row[1] for row in rows}


def listed(row: Row[Any], entries: list[EntryRow], thanked: datetime | None, current: dict[int, int]) -> ListedGift:
    """A gift as lists show it."""
    return ListedGift(
        gift_id=row.gift_id,
        reference=row.reference,
        received_on=row.received_on,
        recorded_at=row.created_at,
        contact_id=current.get(row.contact_id),
        programme_id=row.programme_id,
        method=row.method,
        received=row.amount,
        standing=Euro.sum(entry.amount for entry in entries),
        refunded=went_back(EntryKind.REFUNDED, entries),
        charged_back=went_back(EntryKind.CHARGED_BACK, entries),
        thanked_at=thanked,
    )


def entry_row(row: GiftEntry) -> EntryRow:
    """An entry as everyone but the ledger's own tables knows it."""
    return EntryRow(
        entry_id=row.id,
        gift_id=row.gift_id,
        kind=row.kind,
        amount=row.amount,
        contact_id=row.contact_id,
        programme_id=row.programme_id,
        method=row.method,
        received_on=row.received_on,
        booked_on=row.booked_on,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        source=Source(row.source_system, row.source_ref),
        reverses_id=row.reverses_id,
        replaces_id=row.replaces_id,
        correction_id=row.correction_id,
    )


def _is_at_most(most: int, *conditions: ColumnElement[bool]) -> bool:
    """Whether so many entries at most match; never looks at more than one beyond."""
    some = select(literal_column("1")).select_from(GiftEntry).where(*conditions).limit(most + 1).subquery()
    return (session().scalar(select(func.count()).select_from(some)) or 0) <= most


def _period(wanted: ListFilter) -> ColumnElement[bool]:
    return and_(true(), *_dates(GiftEntry.received_on, wanted))


def _added_up(wanted: ListFilter) -> ListTotals:
    """Σ over entries: what a correction took back bears the facts of what it took back, and so falls out.

    All are added up as if each were a gift, from the index alone; then the few that are none are taken off again.
    """
    undone = aliased(GiftEntry)
    is_root, undoes_root = (
        GiftEntry.kind.in_(ROOTS),
        and_(
            GiftEntry.kind == EntryKind.REVERSED,
            select(undone.id).where(undone.id == GiftEntry.reverses_id, undone.kind.in_(ROOTS)).exists(),
        ),
    )
    no_gifts = func.sum(case((is_root, 0), (undoes_root, 2), else_=1))
    not_received = func.sum(case((or_(is_root, undoes_root), 0), else_=GiftEntry.amount))
    matching = list(_each_entry(wanted))
    every = select(func.count(), func.sum(GiftEntry.amount)).where(*matching)
    later = select(no_gifts, type_coerce(not_received, EuroCents)).where(*matching, _IS_LATER)
    number, stands = session().execute(every).one()
    fewer, less = session().execute(later).one()
    standing = stands or Euro(0)
    return ListTotals(number - (fewer or 0), standing - (less or Euro(0)), standing)


def _each_entry(wanted: ListFilter) -> Iterator[ColumnElement[bool]]:
    yield from _dates(GiftEntry.received_on, wanted)
    yield from _facts(wanted)
    if wanted.method is not None:
        yield func.coalesce(GiftEntry.method, "") == wanted.method
    if wanted.contact_ids is not None:
        yield GiftEntry.contact_id.in_(wanted.contact_ids)


def _counted_one_by_one(wanted: ListFilter) -> ListTotals:
    found = candidates(wanted, Order.DATE).subquery("found")
    each = aliased(GiftEntry)
    stands = select(func.sum(each.amount)).where(each.gift_id == found.c.gift_id).scalar_subquery()
    sums = select(func.count(), func.sum(found.c.amount), type_coerce(func.sum(stands), EuroCents)).select_from(found)
    number, came, standing = session().execute(sums).one()
    return ListTotals(number, came or Euro(0), standing or Euro(0))
