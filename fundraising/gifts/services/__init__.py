"""The verbs of the ledger: nothing else writes its tables.

Each works inside the caller's transaction and raises an error of `rules` when it refuses; the caller then lets its
transaction go. What comes twice from one source is booked once.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, literal, select, update

from fundraising.clock import now, today
from fundraising.db import Instant, insert_new, is_sqlite, one_at_a_time, session
from fundraising.gifts.models import (
    Acknowledgement,
    FinancialYear,
    Gift,
    GiftCorrection,
    GiftCorrectionNote,
    GiftEntry,
    Ledger,
)
from fundraising.gifts.queries import closed_through, entries, from_source, in_year, ledger_mode
from fundraising.gifts.rules import (
    Booking,
    ClosedYear,
    Contradiction,
    Correction,
    EarlierYearOpen,
    Entry,
    EntryKind,
    LedgerMode,
    LedgerModeMismatch,
    RecordedGift,
    Reversal,
    Source,
    StaleGift,
    UnknownGift,
    UnknownSource,
    YearNotOver,
    booking_date,
    check_date,
    new_reference,
    parse_reference,
    positive,
    received_entry,
    reversal_entry,
    standing,
)
from fundraising.gifts.rules.corrections import Act, book_again, check_correction, take_back
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import date

    from sqlalchemy import Subquery

    from fundraising.gifts.rules import EntryRow

_CHUNK = 1000
# The lock, in PostgreSQL's own space of pairs, that single bookings share and a bulk booking holds alone.
_BULK_LOCK = (4711, 1)
_COLUMNS = [field.name for field in fields(Entry) if field.name != "source"]


def begin_booking() -> None:
    """Wait for a bulk booking to end, and hold off the next one until the transaction ends.

    For whoever locks contacts before booking a gift. PostgreSQL locks the contacts that a bulk booking refers to, so if
    contacts were locked before this, each would wait for the other.
    """
    _hold_bulk_back()


def record_gift(booking: Booking) -> RecordedGift:
    """Book money that came in as a new gift, or find the gift that its source became before.

    The gift gets the reference asked for; where another gift has that one, it gets a new one. Raises
    LedgerModeMismatch, NotPositive, FutureDate, Contradiction, BadReference.
    """
    _hold_bulk_back()
    one_at_a_time(f"gift {booking.source}")
    _keep_to_one_mode(booking.mode)
    _check(booking)
    before = _booked_before([booking]).get(booking.source)
    if before is not None:
        return before
    gift_id, reference = _new_gift(booking.reference)
    entry_id = _book(received_entry(booking, gift_id, _open_day(booking.received_on)))
    return RecordedGift(gift_id, entry_id, reference, created=True)


def record_gifts(bookings: Iterable[Booking]) -> int:
    """Book many gifts at once, as `record_gift` would one by one; the number that was new.

    Any that is refused refuses all. Holds the caller's transaction for its whole length: on SQLite nobody else writes
    meanwhile, on PostgreSQL nobody else books.
    """
    _hold_bookings_back()
    open_day, waiting, created = cache(_open_day), iter(bookings), 0
    while chunk := list(islice(waiting, _CHUNK)):
        created += _record_chunk(chunk, open_day)
    return created


def record_prepared(prepared: Subquery, *, mode: LedgerMode, years: Iterable[int]) -> None:
    """Book gifts that stand ready in columns named as those of an entry, with a reference each, in two statements.

    Whoever made them ready answers for their sources being new and their amounts and dates good; they are booked on the
    day of receipt, and these are the years of it. Raises LedgerModeMismatch, ClosedYear.
    """
    _hold_bookings_back()
    _keep_to_one_mode(mode)
    for year in sorted(years):
        if not _hold_open(year):
            raise ClosedYear(f"{year} is closed")
    at = literal(now(), Instant())
    session().execute(insert(Gift).from_select(["reference", "created_at"], select(prepared.c.reference, at)))
    columns: dict[str, Any] = {column.key: column for column in prepared.c if column.key != "reference"}
    columns |= {"gift_id": Gift.id, "kind": literal(EntryKind.RECEIVED.value), "recorded_at": at}
    columns["booked_on"] = prepared.c.received_on
    # In the order of the gifts, so that entries follow one another in the index of each.
    rows = select(*columns.values()).join_from(prepared, Gift, Gift.reference == prepared.c.reference).order_by(Gift.id)
    session().execute(insert(GiftEntry).from_select(list(columns), rows))


def record_reversal(reversal: Reversal) -> bool:
    """Book what a provider or bank undid, on the contact and programme where the gift stands by now.

    False when its source was booked before. Raises UnknownSource, NotUndoable, MoreThanStands, NotPositive, FutureDate,
    Contradiction.
    """
    gift_id = session().scalar(select(GiftEntry.gift_id).where(from_source(reversal.reverses)))
    if gift_id is None:
        raise UnknownSource(f"{reversal.reverses} is not booked")
    _lock(gift_id)
    check_date(reversal.occurred_on, today())
    stands = entries(gift_id)
    if _undone_before(reversal, gift_id):
        return False
    _book(reversal_entry(reversal, stands, _open_day(reversal.occurred_on)))
    return True


def correct_as_seen(correction: Correction, newest_entry_id: int) -> int:
    """Correct a gift as `correct` does, unless something was booked on it after this entry. Raises StaleGift too."""
    _lock(correction.gift_id)
    newest = session().scalar(select(func.max(GiftEntry.id)).where(GiftEntry.gift_id == correction.gift_id))
    if newest != newest_entry_id:
        raise StaleGift(str(correction.gift_id))
    return correct(correction)


def planned_correction(correction: Correction) -> list[Entry]:
    """What `correct` would book; nothing is. Raises what it raises."""
    before = entries(correction.gift_id)
    _check_whole(correction, before)
    act, planned = Act(0, today(), correction.recorded_by), []
    for pair, entry in enumerate(standing(before)):
        planned += [
            take_back(entry, act, 2 * pair + 1),
            book_again(entry, act, 2 * pair + 2, correction, entry.reverses_id),
        ]
    return planned


def correct(correction: Correction) -> int:
    """Correct one fact of a gift: take back every entry that stands and book each as it should be; the act's number.

    What was refunded or charged back moves along, so that each contact, programme and tax year has what it should and
    a later refund finds its place. Booked today. Raises UnknownGift, BadCorrection, NotPositive, MoreThanStands,
    FutureDate, DistantDate.
    """
    _lock(correction.gift_id)
    before = entries(correction.gift_id)
    _check_whole(correction, before)
    act = Act(_new_correction(correction), _open_day(today()), correction.recorded_by)
    in_place: dict[int | None, int] = {}
    for pair, entry in enumerate(standing(before)):
        _book(take_back(entry, act, 2 * pair + 1))
        again = book_again(entry, act, 2 * pair + 2, correction, in_place.get(entry.reverses_id))
        in_place[entry.entry_id] = _book(again)
    return act.correction_id


def close_year(year: int, actor: str) -> None:
    """Close a financial year for ever, with the number and the total of its entries.

    Raises YearNotOver, ClosedYear, EarlierYearOpen.
    """
    if year >= today().year:
        raise YearNotOver(f"{year} is not over")
    session().execute(insert_new(FinancialYear).values(year=year))
    # Waits for the bookings that hold the year open; those that come after find it closed.
    held = select(FinancialYear.closed_at).where(FinancialYear.year == year).with_for_update()
    if session().scalar(held) is not None:
        raise ClosedYear(f"{year} is closed already")
    _check_earlier_years(year)
    count, total = session().execute(select(func.count(), func.sum(GiftEntry.amount)).where(in_year(year))).one()
    figures = {"entry_count": count, "total": total or Euro(0), "closed_at": now(), "closed_by": actor}
    session().execute(update(FinancialYear).where(FinancialYear.year == year).values(figures))


def acknowledge(gift_id: int, *, kind: str, mail_id: int) -> bool:
    """Note that a gift is thanked by a mail; False when it was thanked in this way before."""
    row = insert_new(Acknowledgement).values(gift_id=gift_id, kind=kind, mail_id=mail_id, recorded_at=now())
    return session().scalar(row.returning(Acknowledgement.id)) is not None


def _hold_bulk_back() -> None:
    if not is_sqlite(session().connection()):
        session().execute(select(func.pg_advisory_xact_lock_shared(*_BULK_LOCK)))


def _hold_bookings_back() -> None:
    if not is_sqlite(session().connection()):
        session().execute(select(func.pg_advisory_xact_lock(*_BULK_LOCK)))


def _lock(gift_id: int) -> None:
    """Let one transaction at a time add to a gift. Raises UnknownGift."""
    held = select(Gift.id).where(Gift.id == gift_id).with_for_update(key_share=True)
    if session().scalar(held) is None:
        raise UnknownGift(str(gift_id))


def _keep_to_one_mode(mode: LedgerMode) -> None:
    stands = ledger_mode()
    if stands is None:
        session().execute(insert_new(Ledger).values(id=1, mode=mode))
        stands = ledger_mode()
    if stands is not mode:
        raise LedgerModeMismatch(f"{mode} money for a {stands} ledger")


def _check_whole(correction: Correction, before: Sequence[EntryRow]) -> None:
    if not before:
        raise UnknownGift(str(correction.gift_id))
    check_correction(correction, before)
    if correction.received_on is not None:
        check_date(correction.received_on, today())


def _check(booking: Booking) -> None:
    positive(booking.amount)
    check_date(booking.received_on, today())
    if booking.reference is not None:
        parse_reference(booking.reference)


def _open_day(happened_on: date) -> date:
    """The day to book on, its year held open until the transaction ends. Raises ClosedYear."""
    day = booking_date(happened_on, today=today(), closed_through=closed_through())
    if _hold_open(day.year):
        return day
    # Somebody closed it between the two reads.
    if not _hold_open(today().year):
        raise ClosedYear(f"{today().year} is closed, and it is not over")
    return today()


def _hold_open(year: int) -> bool:
    """Keep a year from being closed; False when it is closed."""
    held = select(FinancialYear.closed_at).where(FinancialYear.year == year).with_for_update(read=True)
    found = session().execute(held).one_or_none()
    if found is None:
        session().execute(insert_new(FinancialYear).values(year=year))
        found = session().execute(held).one()
    return found.closed_at is None


def _check_earlier_years(year: int) -> None:
    still_open = select(FinancialYear.year).where(FinancialYear.year < year, FinancialYear.closed_at.is_(None))
    earliest = session().scalar(still_open.order_by(FinancialYear.year).limit(1))
    if earliest is not None:
        raise EarlierYearOpen(f"{earliest} is still open")


def _undone_before(reversal: Reversal, gift_id: int) -> bool:
    """Whether this reversal stands already. Raises Contradiction where something else stands for its source."""
    columns = select(GiftEntry.gift_id, GiftEntry.kind, GiftEntry.amount)
    row = session().execute(columns.where(from_source(reversal.source))).one_or_none()
    if row is None:
        return False
    if (row.gift_id, row.kind) != (gift_id, reversal.kind) or reversal.amount not in {row.amount, -row.amount}:
        raise Contradiction(f"{reversal.source} stands as {row.kind} {row.amount.value}")
    return True


def _booked_before(bookings: Collection[Booking]) -> dict[Source, RecordedGift]:
    """Which of these stand already. Raises Contradiction where something else stands for a source."""
    found: dict[Source, RecordedGift] = {}
    for system in {booking.source.system for booking in bookings}:
        offered = {booking.source.ref: booking for booking in bookings if booking.source.system == system}
        rows = session().execute(
            select(GiftEntry.id, GiftEntry.gift_id, GiftEntry.source_ref, GiftEntry.kind, GiftEntry.amount)
            .add_columns(Gift.reference)
            .join(Gift, Gift.id == GiftEntry.gift_id)
            .where(GiftEntry.source_system == system, GiftEntry.source_ref.in_(offered)),
        )
        for row in rows:
            booking = offered[row.source_ref]
            if row.kind is not EntryKind.RECEIVED or row.amount != booking.amount:
                raise Contradiction(f"{booking.source} stands as {row.kind} {row.amount.value}")
            found[booking.source] = RecordedGift(row.gift_id, row.id, row.reference, created=False)
    return found


def _record_chunk(bookings: Sequence[Booking], open_day: Callable[[date], date]) -> int:
    for mode in {booking.mode for booking in bookings}:
        _keep_to_one_mode(mode)
    offered = _distinct(bookings)
    before = _booked_before(offered)
    new = [booking for booking in offered if booking.source not in before]
    gift_ids = _new_gifts([booking.reference for booking in new])
    rows = [
        _values(received_entry(booking, gift_id, open_day(booking.received_on)))
        for booking, gift_id in zip(new, gift_ids, strict=True)
    ]
    if rows:
        session().execute(insert(GiftEntry), rows)
    return len(rows)


def _distinct(bookings: Iterable[Booking]) -> list[Booking]:
    """Each source once. Raises what a bad booking raises, and Contradiction where two of one source differ."""
    by_source: dict[Source, Booking] = {}
    for booking in bookings:
        _check(booking)
        if by_source.setdefault(booking.source, booking).amount != booking.amount:
            raise Contradiction(f"{booking.source} is offered with two amounts")
    return list(by_source.values())


def _new_gift(wanted: str | None) -> tuple[int, str]:
    reference = wanted or new_reference()
    row = insert_new(Gift).returning(Gift.id)
    while (gift_id := session().scalar(row.values(reference=reference, created_at=now()))) is None:
        reference = new_reference()
    return gift_id, reference


def _new_gifts(wanted: Sequence[str | None]) -> list[int]:
    references = [reference or new_reference() for reference in wanted]
    taken = set(session().scalars(select(Gift.reference).where(Gift.reference.in_(references))))
    for i, reference in enumerate(references):
        if reference in taken:
            references[i] = new_reference()
        taken.add(references[i])
    rows = [{"reference": reference, "created_at": now()} for reference in references]
    if not rows:
        return []
    made = session().execute(insert(Gift).returning(Gift.reference, Gift.id), rows)
    ids = {row.reference: row.id for row in made}
    return [ids[reference] for reference in references]


def _new_correction(correction: Correction) -> int:
    act = {
        "gift_id": correction.gift_id,
        "reason": correction.reason,
        "recorded_at": now(),
        "recorded_by": correction.recorded_by,
    }
    number = session().scalars(insert(GiftCorrection).returning(GiftCorrection.id), [act]).one()
    if correction.note:
        session().execute(insert(GiftCorrectionNote), [{"correction_id": number, "note": correction.note}])
    return number


def _book(entry: Entry) -> int:
    return session().scalars(insert(GiftEntry).returning(GiftEntry.id), [_values(entry)]).one()


def _values(entry: Entry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in _COLUMNS}
    return values | {
        "source_system": entry.source.system,
        "source_ref": entry.source.ref,
        "recorded_at": now(),
    }
