"""The ledger's rules, without a database."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date

import pytest

from fundraising.gifts.rules import (
    CORRECTS,
    UNDOES,
    WAY_BACK,
    Contradiction,
    Correction,
    DistantDate,
    EntryKind,
    FutureDate,
    LedgerError,
    MoreThanStands,
    NotPositive,
    NotUndoable,
    Reason,
    Source,
    UnknownSource,
    booking_date,
    can_undo,
    check_date,
)


def test_what_begins_a_gift_undoes_nothing():
    assert not any(can_undo(kind, other) for kind in (EntryKind.RECEIVED, EntryKind.CORRECTED) for other in EntryKind)
    assert set(UNDOES) == set(EntryKind) - {EntryKind.RECEIVED, EntryKind.CORRECTED}


def test_every_reason_names_a_fact_that_a_correction_can_change():
    assert set(CORRECTS) == set(Reason)
    assert set(CORRECTS.values()) <= set(Correction.__dataclass_fields__)


def test_each_way_back_undoes_its_way():
    assert all(can_undo(back, way) for way, back in WAY_BACK.items())


def test_a_source_names_a_system_and_its_reference():
    for system, ref in (("", "x"), ("x", ""), ("x" * 33, "x"), ("x", "x" * 97)):
        with pytest.raises(ValueError, match="source"):
            Source(system, ref)


@pytest.mark.parametrize(
    ("happened_on", "closed_through", "booked_on"),
    [
        (date(2026, 3, 1), None, date(2026, 3, 1)),
        (date(2026, 3, 1), 2025, date(2026, 3, 1)),
        (date(2025, 12, 31), 2025, date(2026, 5, 5)),
        (date(2019, 1, 1), 2025, date(2026, 5, 5)),
    ],
)
def test_what_fell_in_a_closed_year_is_booked_today(happened_on, closed_through, booked_on):
    assert booking_date(happened_on, today=date(2026, 5, 5), closed_through=closed_through) == booked_on


@pytest.mark.parametrize(
    ("happened_on", "refusal"),
    [
        (date(1949, 12, 31), DistantDate),
        (date(1950, 1, 1), None),
        (date(2026, 5, 6), None),
        (date(2026, 5, 7), FutureDate),
    ],
)
def test_a_date_lies_between_the_first_list_of_gifts_and_tomorrow(happened_on, refusal):
    with pytest.raises(refusal) if refusal else nullcontext():
        check_date(happened_on, date(2026, 5, 5))


def test_every_refusal_is_one_of_the_ledgers():
    for refusal in (Contradiction, FutureDate, MoreThanStands, NotPositive, NotUndoable, UnknownSource):
        assert issubclass(refusal, LedgerError)
