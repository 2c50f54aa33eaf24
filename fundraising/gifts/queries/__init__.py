"""Typed reads of the ledger.

A contact that was merged into another is read as that other; the entries themselves never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import aliased

from fundraising.contacts.queries import current_ids, known_as
from fundraising.db import session
from fundraising.gifts.models import (
    Acknowledgement,
    FinancialYear,
    Gift,
    GiftCorrection,
    GiftCorrectionNote,
    GiftEntry,
    Ledger,
)
from fundraising.gifts.queries.listing import entry_row, stands
from fundraising.gifts.rules import ROOTS, EntryKind, EntryRow, LedgerMode, Reason, Source
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row, ScalarSelect, Select
    from sqlalchemy.orm import InstrumentedAttribute

_PAGE = 500


class GiftKey(NamedTuple):
    """Where a gift stands in a list, newest first."""

    received_on: date
    gift_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftSummary:
    """A gift as it stands now: `received` before and `standing` after what went back of it."""

    gift_id: int
    reference: str
    received_on: date
    contact_id: int | None
    programme_id: int
    method: str
    received: Euro
    standing: Euro
    thanked_at: datetime | None

    @property
    def key(self) -> GiftKey:
        """Its place in a list."""
        return GiftKey(self.received_on, self.gift_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftFilter:
    """Which gifts to list; what is left None does not matter. Dates are inclusive, `amount` is what was received.

    `contact_ids` are all the ids of one contact, see `known_as`.
    """

    programme_id: int | None = None
    received_from: date | None = None
    received_until: date | None = None
    contact_ids: tuple[int, ...] | None = None
    method: str | None = None
    amount: Euro | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class YearTotal:
    """What was given to one programme in a tax year."""

    year: int
    programme_id: int
    total: Euro


@dataclass(frozen=True, slots=True, kw_only=True)
class FinancialYearRow:
    """A financial year; what it held when it was closed, or None while it is open."""

    year: int
    closed_at: datetime | None
    closed_by: str | None
    entry_count: int | None
    total: Euro | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow:
    """One act of correcting; `note` is empty where there was none, or where it was erased."""

    correction_id: int
    reason: Reason
    note: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class ThanksRow:
    """That a gift was thanked, and by which mail."""

    kind: str
    mail_id: int
    recorded_at: datetime


def ledger_mode() -> LedgerMode | None:
    """What kind of money this ledger holds; None before the first booking."""
    return session().scalar(select(Ledger.mode))


def ledger_takes(mode: LedgerMode) -> bool:
    """Whether money of this kind can be booked: a ledger that holds the other kind never takes it."""
    return ledger_mode() in {None, mode}


def gift_by_source(source: Source) -> GiftSummary | None:
    """The gift to which an entry with this source belongs, whatever kind of entry that is."""
    return _one(Gift.id == select(GiftEntry.gift_id).where(from_source(source)).scalar_subquery())


def gift_by_reference(reference: str) -> GiftSummary | None:
    """The gift with this reference, as `parse_reference` reads it."""
    return _one(Gift.reference == reference)


def gift_by_id(gift_id: int) -> GiftSummary | None:
    """The gift with this number."""
    return _one(Gift.id == gift_id)


def gifts(wanted: GiftFilter, *, after: GiftKey | None = None) -> Iterator[GiftSummary]:
    """All gifts that match, newest first, read page by page: memory does not grow with their number."""
    while page := gift_page(wanted, after=after, limit=_PAGE):
        yield from page
        after = page[-1].key


def gift_page(wanted: GiftFilter, *, after: GiftKey | None = None, limit: int = 100) -> list[GiftSummary]:
    """The first gifts that match, newest first, from behind `after`; two queries, however long the list is."""
    matching = _summaries().where(*_conditions(wanted))
    if after is not None:
        matching = matching.where(tuple_(GiftEntry.received_on, GiftEntry.gift_id) < tuple_(*after))
    newest_first = matching.order_by(GiftEntry.received_on.desc(), GiftEntry.gift_id.desc())
    return _read(session().execute(newest_first.limit(limit)).all())


def entries(gift_id: int) -> list[EntryRow]:
    """A gift's entries in the order of booking; their contacts are those of the booking."""
    rows = session().scalars(select(GiftEntry).where(GiftEntry.gift_id == gift_id).order_by(GiftEntry.id))
    return [entry_row(row) for row in rows]


def corrections(gift_id: int) -> list[CorrectionRow]:
    """What was corrected of a gift, oldest first."""
    rows = session().execute(
        select(GiftCorrection, func.coalesce(GiftCorrectionNote.note, "").label("note"))
        .outerjoin(GiftCorrectionNote, GiftCorrectionNote.correction_id == GiftCorrection.id)
        .where(GiftCorrection.gift_id == gift_id)
        .order_by(GiftCorrection.id),
    )
    return [
        CorrectionRow(
            correction_id=row.GiftCorrection.id,
            reason=row.GiftCorrection.reason,
            note=row.note,
            recorded_at=row.GiftCorrection.recorded_at,
            recorded_by=row.GiftCorrection.recorded_by,
        )
        for row in rows
    ]


def thanks(gift_id: int) -> list[ThanksRow]:
    """How a gift was thanked, first thanks first."""
    rows = session().scalars(
        select(Acknowledgement).where(Acknowledgement.gift_id == gift_id).order_by(Acknowledgement.id),
    )
    return [ThanksRow(row.kind, row.mail_id, row.recorded_at) for row in rows]


def closed_through() -> int | None:
    """The last year that is closed, and with it all before; None while all are open."""
    return session().scalar(select(func.max(FinancialYear.year)).where(FinancialYear.closed_at.is_not(None)))


def tax_year_total(contact_id: int, year: int) -> Euro:
    """What a contact gave in a tax year, less what went back of it: Σ over the dates of receipt."""
    whose = GiftEntry.contact_id.in_(known_as(contact_id))
    return _total(whose, GiftEntry.received_on.between(date(year, 1, 1), date(year, 12, 31)))


def totals_by_year(contact_ids: Collection[int]) -> list[YearTotal]:
    """What a contact with these numbers gave per tax year and programme, less what went back, oldest first."""
    year = func.extract("year", GiftEntry.received_on)
    sums = (
        select(year.label("year"), GiftEntry.programme_id, func.sum(GiftEntry.amount).label("total"))
        .where(GiftEntry.contact_id.in_(contact_ids))
        .group_by(year, GiftEntry.programme_id)
        .order_by(year, GiftEntry.programme_id)
    )
    return [YearTotal(int(row.year), row.programme_id, row.total) for row in session().execute(sums)]


def standing_of(reference: ColumnElement[str] | InstrumentedAttribute[str]) -> ScalarSelect[Euro | None]:
    """What stands of the gift whose reference is in another slice's column, for a sum in SQL; NULL without a gift."""
    return (
        select(func.sum(GiftEntry.amount))
        .join(Gift, Gift.id == GiftEntry.gift_id)
        .where(Gift.reference == reference)
        .scalar_subquery()
    )


def financial_year_total(year: int) -> Euro:
    """What was booked in a financial year: Σ over the dates of booking."""
    return _total(in_year(year))


def financial_years() -> list[FinancialYearRow]:
    """The years in which something was booked or that were closed, in order."""
    rows = session().scalars(select(FinancialYear).order_by(FinancialYear.year))
    return [
        FinancialYearRow(
            year=row.year,
            closed_at=row.closed_at,
            closed_by=row.closed_by,
            entry_count=row.entry_count,
            total=row.total,
        )
        for row in rows
    ]


def unthanked(system: str, *, but_for: Select[str | None] | None = None, most: int) -> list[str]:
    """References of gifts that came from one system and that no mail or letter thanked for.

    `but_for` are names in that system of those that nobody can be thanked for.
    """
    received = select(GiftEntry.gift_id).where(GiftEntry.source_system == system, GiftEntry.kind == EntryKind.RECEIVED)
    if but_for is not None:
        received = received.where(GiftEntry.source_ref.not_in(but_for))
    thanked = select(Acknowledgement.gift_id).where(Acknowledgement.gift_id == Gift.id).exists()
    return list(session().scalars(select(Gift.reference).where(Gift.id.in_(received), ~thanked).limit(most)))


def from_source(source: Source) -> ColumnElement[bool]:
    """The condition that an entry has this source."""
    return and_(GiftEntry.source_system == source.system, GiftEntry.source_ref == source.ref)


def in_year(year: int) -> ColumnElement[bool]:
    """The condition that an entry is booked in a financial year."""
    return GiftEntry.booked_on.between(date(year, 1, 1), date(year, 12, 31))


def _total(*conditions: ColumnElement[bool]) -> Euro:
    return session().scalar(select(func.sum(GiftEntry.amount)).where(*conditions)) or Euro(0)


def _summaries() -> Select[Any]:
    """One row per gift, made from the entry that begins what stands of it."""
    each = aliased(GiftEntry)
    sum_of_entries = select(func.sum(each.amount)).where(each.gift_id == GiftEntry.gift_id).scalar_subquery()
    thanked_at = (
        select(func.min(Acknowledgement.recorded_at)).where(Acknowledgement.gift_id == Gift.id).scalar_subquery()
    )
    return (
        select(GiftEntry, Gift.reference, sum_of_entries.label("standing"), thanked_at.label("thanked_at"))
        .join(Gift, Gift.id == GiftEntry.gift_id)
        .where(GiftEntry.kind.in_(ROOTS), stands())
    )


def _conditions(wanted: GiftFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.programme_id is not None:
        yield GiftEntry.programme_id == wanted.programme_id
    if wanted.received_from is not None:
        yield GiftEntry.received_on >= wanted.received_from
    if wanted.received_until is not None:
        yield GiftEntry.received_on <= wanted.received_until
    if wanted.contact_ids is not None:
        yield GiftEntry.contact_id.in_(wanted.contact_ids)
    if wanted.method is not None:
        yield GiftEntry.method == wanted.method
    if wanted.amount is not None:
        yield GiftEntry.amount == wanted.amount
    if wanted.reference is not None:
        yield Gift.reference == wanted.reference


def _one(condition: ColumnElement[bool]) -> GiftSummary | None:
    found = _read(session().execute(_summaries().where(condition)).all())
    return found[0] if found else None


def _read(rows: Sequence[Row[Any]]) -> list[GiftSummary]:
    current = current_ids({row.GiftEntry.contact_id for row in rows} - {None})
    return [
        GiftSummary(
            gift_id=row.GiftEntry.gift_id,
            reference=row.reference,
            received_on=row.GiftEntry.received_on,
            contact_id=current.get(row.GiftEntry.contact_id),
            programme_id=row.GiftEntry.programme_id,
            method=row.GiftEntry.method,
            received=row.GiftEntry.amount,
            standing=row.standing,
            thanked_at=row.thanked_at,
        )
        for row in rows
    ]
