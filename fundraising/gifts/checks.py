"""What always holds in the ledger, asked of the database itself; each finding is a broken invariant.

Every check is one statement, so that it sees one state of a ledger that is being written, and adds up inside the
database: a million entries cost neither memory nor patience. Triggers and constraints should make each finding
impossible; the checks do not trust them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, and_, case, cast, exists, extract, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from fundraising.db import EuroCents, session
from fundraising.gifts.models import FinancialYear, Gift, GiftCorrection, GiftEntry, Ledger
from fundraising.gifts.rules import ROOTS, UNDOES, WAY_BACK, EntryKind, Finding, Reason, written_reference
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ColumnElement, Row, Select, Subquery

    Rows = Select[*tuple[Any, ...]]

_AT_A_TIME = 500


def findings() -> Iterator[Finding]:
    """Every invariant of the ledger that does not hold; nothing when all is well."""
    for check, broken, tell in _invariants():
        for row in session().execute(broken):
            yield Finding(check, tell(row))


@cache
def _invariants() -> tuple[tuple[str, Rows, Callable[[Row[Any]], str]], ...]:
    """What each finding is called, the statement that finds it, and what tells of it. Put together once."""
    invariants: tuple[tuple[str, Rows, Callable[[Row[Any]], str]], ...] = (
        ("entry-without-source", _without_source(), _entry),
        ("source-twice", _source_twice(), lambda row: f"{row.source_system}:{row.source_ref}"),
        ("gift-without-entry", _gift_without_entry(), _gift),
        ("gift-starts-otherwise", _gift_starts_otherwise(), _gift),
        ("more-went-back-than-came", _more_went_back(), _gift),
        ("reversal-does-not-fit", _reversal_does_not_fit(), _entry),
        ("undone-more-than-was", _undone_more_than_was(), _entry),
        ("taken-back-twice", _taken_back_twice(), _entry),
        ("left-behind", _left_behind(), _entry),
        ("correction-unbalanced", _correction_unbalanced(), lambda row: f"correction {row.id}"),
        ("replacement-does-not-fit", _replacement_does_not_fit(), _entry),
        ("mode-not-fixed", _mode_not_fixed(), lambda row: f"{row.entries} entries"),
        ("entry-in-no-year", _entry_in_no_year(), lambda row: f"{row.entries} entries in {row.year}"),
        ("closed-year-changed", _closed_year_changed(), _year),
    )
    return tuple((check, rows.execution_options(yield_per=_AT_A_TIME), tell) for check, rows, tell in invariants)


def _entry(row: Row[Any]) -> str:
    return f"entry {row.id} ({row.source_system}:{row.source_ref})"


def _gift(row: Row[Any]) -> str:
    return f"gift {written_reference(row.reference)}"


def _year(row: Row[Any]) -> str:
    was, now = f"{row.entry_count} entries, {row.total.value}", f"{row.entries}, {row.booked.value}"
    return f"{row.year} was closed with {was}; now {now}"


def _entries(*conditions: ColumnElement[bool]) -> Rows:
    return select(GiftEntry.id, GiftEntry.source_system, GiftEntry.source_ref).where(*conditions)


def _without_source() -> Rows:
    return _entries(or_(GiftEntry.source_system == "", GiftEntry.source_ref == ""))


def _source_twice() -> Rows:
    source = (GiftEntry.source_system, GiftEntry.source_ref)
    return select(*source).group_by(*source).having(func.count() > 1)


def _gift_without_entry() -> Rows:
    # Asking for the instant makes SQLite read the gifts in order, which is many times faster than by reference.
    has_entry = select(GiftEntry.id).where(GiftEntry.gift_id == Gift.id).exists()
    return select(Gift.reference, Gift.created_at).where(not_(has_entry))


def _gift_starts_otherwise() -> Rows:
    before = aliased(GiftEntry)
    earlier = select(before.id).where(before.gift_id == GiftEntry.gift_id, before.id < GiftEntry.id).exists()
    first_is_other = and_(GiftEntry.kind != EntryKind.RECEIVED, not_(earlier))
    return select(Gift.reference).join(GiftEntry, GiftEntry.gift_id == Gift.id).where(first_is_other)


def _more_went_back() -> Rows:
    """Refunds, less those that failed, are no more than what came in; so for chargebacks; both can be at once."""
    touched = select(GiftEntry.gift_id).where(GiftEntry.reverses_id.is_not(None))
    taken_back = select(GiftEntry.reverses_id).where(
        GiftEntry.kind == EntryKind.REVERSED,
        GiftEntry.reverses_id.is_not(None),
    )
    stands = and_(GiftEntry.kind != EntryKind.REVERSED, GiftEntry.id.not_in(taken_back))
    left = (
        func.sum(case((GiftEntry.kind.in_({*ROOTS, kind, way_back}), GiftEntry.amount)))
        for kind, way_back in WAY_BACK.items()
    )
    too_much = or_(*(each < Euro(0) for each in left))
    by_gift = select(GiftEntry.gift_id).where(GiftEntry.gift_id.in_(touched), stands).group_by(GiftEntry.gift_id)
    broken = by_gift.having(too_much).subquery()
    return select(Gift.reference).join(broken, broken.c.gift_id == Gift.id)


def _reversal_does_not_fit() -> Rows:
    """What undoes an entry is of a kind that may, stands behind it in its gift, bears its facts and fits in amount."""
    undone = aliased(GiftEntry)
    may = or_(*(and_(GiftEntry.kind == kind, undone.kind.in_(kinds)) for kind, kinds in UNDOES.items()))
    whole = or_(GiftEntry.kind != EntryKind.REVERSED, GiftEntry.amount == -undone.amount)
    # A refund that failed may have been of more than came in, as a correction found; sums have a check of their own.
    less = or_(undone.kind.in_(ROOTS), func.abs(GiftEntry.amount) <= func.abs(undone.amount))
    opposite = or_(
        and_(GiftEntry.amount < Euro(0), undone.amount > Euro(0)),
        and_(GiftEntry.amount > Euro(0), undone.amount < Euro(0)),
    )
    facts = and_(
        GiftEntry.contact_id.is_not_distinct_from(undone.contact_id),
        GiftEntry.programme_id == undone.programme_id,
        GiftEntry.method == undone.method,
        GiftEntry.received_on == undone.received_on,
    )
    behind = and_(GiftEntry.gift_id == undone.gift_id, GiftEntry.id > undone.id)
    reversals = _entries(not_(and_(may, whole, less, opposite, facts, behind)))
    return reversals.join(undone, undone.id == GiftEntry.reverses_id)


def _undone_more_than_was() -> Rows:
    """A failed refund brings back no more than that refund took; so for a chargeback that was won."""
    undoing = aliased(GiftEntry)
    brought_back = (
        select(undoing.reverses_id, func.sum(undoing.amount).label("amount"))
        .where(undoing.kind.in_(WAY_BACK.values()), not_(_taken_back(undoing)))
        .group_by(undoing.reverses_id)
        .subquery()
    )
    joined = _entries(brought_back.c.amount > -GiftEntry.amount)
    return joined.join(brought_back, brought_back.c.reverses_id == GiftEntry.id)


def _taken_back_twice() -> Rows:
    reversal = aliased(GiftEntry)
    twice = (
        select(reversal.reverses_id)
        .where(reversal.kind == EntryKind.REVERSED)
        .group_by(reversal.reverses_id)
        .having(func.count() > 1)
    )
    return _entries(GiftEntry.id.in_(twice))


def _left_behind() -> Rows:
    """Where a correction took an entry back, it took back what had been undone of it as well."""
    reversal = aliased(GiftEntry)
    stays = and_(GiftEntry.kind != EntryKind.REVERSED, not_(_taken_back(GiftEntry)))
    beside = and_(reversal.reverses_id == GiftEntry.reverses_id, reversal.kind == EntryKind.REVERSED)
    return _entries(stays).join(reversal, beside)


def _taken_back(entry: Any) -> ColumnElement[bool]:  # noqa: ANN401  the table or an alias of it
    reversal = aliased(GiftEntry)
    undoes = select(reversal.id).where(reversal.reverses_id == entry.id, reversal.kind == EntryKind.REVERSED)
    return undoes.exists()


def _correction_unbalanced() -> Rows:
    """A correction takes back as many entries of its gift as it books again, and as much unless that was wrong."""
    taken_back = func.count(case((GiftEntry.kind == EntryKind.REVERSED, 1)))
    elsewhere = func.count(case((GiftEntry.gift_id != GiftCorrection.gift_id, 1)))
    whole = and_(taken_back > 0, taken_back * 2 == func.count(GiftEntry.id), elsewhere == 0)
    even = or_(func.sum(GiftEntry.amount) == Euro(0), GiftCorrection.reason == Reason.WRONG_AMOUNT)
    return (
        select(GiftCorrection.id)
        .outerjoin(GiftEntry, GiftEntry.correction_id == GiftCorrection.id)
        .group_by(GiftCorrection.id, GiftCorrection.reason)
        .having(not_(and_(whole, even)))
    )


def _replacement_does_not_fit() -> Rows:
    """What stands in an entry's place was booked by the correction that took that entry back."""
    before, reversal = aliased(GiftEntry), aliased(GiftEntry)
    kept_kind = or_(
        GiftEntry.kind == before.kind,
        and_(GiftEntry.kind == EntryKind.CORRECTED, before.kind.in_(ROOTS)),
    )
    same_act = and_(
        reversal.correction_id == GiftEntry.correction_id,
        reversal.gift_id == GiftEntry.gift_id,
        GiftEntry.source_ref.startswith(cast(GiftEntry.correction_id, String) + literal(":")),
    )
    return (
        _entries(GiftEntry.replaces_id.is_not(None), or_(reversal.id.is_(None), not_(and_(kept_kind, same_act))))
        .join(before, before.id == GiftEntry.replaces_id)
        .outerjoin(reversal, and_(reversal.reverses_id == before.id, reversal.kind == EntryKind.REVERSED))
    )


def _mode_not_fixed() -> Rows:
    entries = select(func.count().label("entries")).select_from(GiftEntry)
    return entries.where(not_(exists().where(Ledger.id == 1))).having(func.count() > 0)


def _by_year() -> Subquery:
    # By day first: an index has the days in order with their amounts, so that few dates remain to be taken apart.
    sums = select(GiftEntry.booked_on, func.count().label("entries"), func.sum(GiftEntry.amount).label("booked"))
    by_day = sums.group_by(GiftEntry.booked_on).subquery()
    year = cast(extract("year", by_day.c.booked_on), Integer).label("year")
    entries, booked = func.sum(by_day.c.entries).label("entries"), func.sum(by_day.c.booked).label("booked")
    return select(year, entries, booked).group_by(year).subquery()


def _entry_in_no_year() -> Rows:
    by_year = _by_year()
    without = select(by_year.c.year, by_year.c.entries).outerjoin(FinancialYear, FinancialYear.year == by_year.c.year)
    return without.where(FinancialYear.year.is_(None))


def _closed_year_changed() -> Rows:
    by_year = _by_year()
    entries, booked = (
        func.coalesce(by_year.c.entries, 0),
        func.coalesce(by_year.c.booked, literal(Euro(0), EuroCents())),
    )
    closed = select(
        FinancialYear.year,
        FinancialYear.entry_count,
        FinancialYear.total,
        entries.label("entries"),
        booked.label("booked"),
    ).outerjoin(by_year, by_year.c.year == FinancialYear.year)
    same = and_(entries == FinancialYear.entry_count, booked == FinancialYear.total)
    return closed.where(FinancialYear.closed_at.is_not(None), not_(same))
