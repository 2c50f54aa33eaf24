"""Booking what came in: once per source, in one mode, in an open year."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fundraising.clock import standing_still, today
from fundraising.db import transaction
from fundraising.gifts.queries import (
    entries,
    financial_year_total,
    financial_years,
    gift_by_reference,
    gift_by_source,
    ledger_mode,
)
from fundraising.gifts.rules import (
    BadReference,
    Contradiction,
    EntryKind,
    FutureDate,
    LedgerMode,
    LedgerModeMismatch,
    NotPositive,
    new_reference,
)
from fundraising.gifts.services import close_year, record_gift
from fundraising.money import Euro
from tests.factories.gifts import booking

pytestmark = pytest.mark.usefixtures("app_context")


def test_a_gift_stands_with_what_was_booked():
    with transaction():
        offered = booking(amount=Euro.of(1000), reference=new_reference())
        recorded = record_gift(offered)
    gift = gift_by_source(offered.source)
    assert recorded.created
    assert gift == gift_by_reference(offered.reference)
    assert (gift.gift_id, gift.contact_id, gift.programme_id) == (
        recorded.gift_id,
        offered.contact_id,
        offered.programme_id,
    )
    assert (gift.received, gift.standing, gift.received_on) == (Euro.of(1000), Euro.of(1000), date(2026, 3, 14))
    [entry] = entries(recorded.gift_id)
    assert (entry.kind, entry.booked_on, entry.source) == (EntryKind.RECEIVED, date(2026, 3, 14), offered.source)


def test_the_same_source_again_is_the_first_gift():
    with transaction():
        offered = booking()
        first = record_gift(offered)
    with transaction():
        again = record_gift(replace(offered, reference=new_reference(), method="other"))
    assert again == replace(first, created=False)
    assert len(entries(first.gift_id)) == 1


def test_the_same_source_with_another_amount_contradicts():
    with transaction():
        offered = booking()
        record_gift(offered)
    with pytest.raises(Contradiction), transaction():
        record_gift(replace(offered, amount=Euro(1)))


def test_a_reference_that_another_gift_has_gives_way_to_a_new_one():
    reference = new_reference()
    with transaction():
        first = record_gift(booking(reference=reference))
        second = record_gift(booking(reference=reference))
    assert first.reference == reference != second.reference


def test_a_reference_that_is_none_is_refused():
    with pytest.raises(BadReference), transaction():
        record_gift(booking(reference="AAAAAAAAAAAD"))


@pytest.mark.parametrize("cents", [0, -1])
def test_only_what_is_more_than_nothing_is_booked(cents):
    with pytest.raises(NotPositive), transaction():
        record_gift(booking(amount=Euro(cents)))
    assert financial_years() == []


def test_the_first_booking_fixes_the_mode():
    assert ledger_mode() is None
    with transaction():
        record_gift(booking(mode=LedgerMode.LIVE))
    with pytest.raises(LedgerModeMismatch), transaction():
        record_gift(booking(mode=LedgerMode.TEST))
    assert ledger_mode() is LedgerMode.LIVE


def test_a_date_still_to_come_is_refused_but_for_a_clock_that_is_ahead():
    with transaction():
        record_gift(booking(received_on=today() + timedelta(days=1)))
    with pytest.raises(FutureDate), transaction():
        record_gift(booking(received_on=today() + timedelta(days=2)))


def test_a_gift_of_a_closed_year_is_booked_today():
    with standing_still(datetime(2027, 1, 20, 12, tzinfo=UTC)):
        with transaction():
            record_gift(booking(received_on=date(2026, 12, 30)))
            close_year(2026, "finance")
        with transaction():
            late = record_gift(booking(received_on=date(2026, 12, 31)))
            earlier_still = record_gift(booking(received_on=date(2019, 12, 31)))
    for recorded in (late, earlier_still):
        [entry] = entries(recorded.gift_id)
        assert entry.booked_on == date(2027, 1, 20)
    assert financial_year_total(2026) == Euro.of(25)
    assert financial_year_total(2027) == Euro.of(50)
    assert [year.year for year in financial_years()] == [2026, 2027]
