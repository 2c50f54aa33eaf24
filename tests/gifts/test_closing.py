"""Closing a year: for ever, in order, and never past a booking that is under way."""

from __future__ import annotations

from datetime import UTC, date, datetime
from threading import Event, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from fundraising.clock import standing_still
from fundraising.db import session, transaction
from fundraising.gifts.queries import entries, financial_years, gift_by_source
from fundraising.gifts.rules import ClosedYear, EarlierYearOpen, Source, YearNotOver
from fundraising.gifts.services import close_year, record_gift
from fundraising.money import Euro
from tests.databases import wait_until_somebody_waits
from tests.factories.gifts import booking

pytestmark = pytest.mark.usefixtures("app_context")

LATER = datetime(2027, 1, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_2027():
    with standing_still(LATER):
        yield


def close(year: int) -> None:
    with transaction():
        close_year(year, "finance")


def test_a_closed_year_keeps_what_it_held():
    with transaction():
        for cents in (100, 250):
            record_gift(booking(amount=Euro(cents)))
    close(2026)
    [year] = financial_years()
    assert (year.entry_count, year.total, year.closed_at, year.closed_by) == (2, Euro(350), LATER, "finance")


def test_a_year_without_entries_can_be_closed():
    close(2025)
    [year] = financial_years()
    assert (year.entry_count, year.total) == (0, Euro(0))


@pytest.mark.parametrize("year", [2027, 2028])
def test_a_year_that_is_not_over_stays_open(year):
    with pytest.raises(YearNotOver):
        close(year)


def test_a_year_is_closed_once():
    close(2026)
    with pytest.raises(ClosedYear):
        close(2026)


def test_years_close_in_order():
    with transaction():
        record_gift(booking(received_on=date(2025, 5, 5)))
    with pytest.raises(EarlierYearOpen, match="2025"):
        close(2026)
    close(2025)
    close(2026)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE financial_year SET closed_at = NULL, closed_by = NULL, entry_count = NULL, total = NULL",
        "DELETE FROM financial_year",
    ],
)
def test_nobody_reopens_a_year_by_hand(statement):
    close(2026)
    with pytest.raises(DatabaseError), transaction():
        session().execute(text(statement))


def test_a_booking_and_the_closing_of_its_year_wait_for_each_other(app, database):
    """Whichever comes second sees what the first did: booked and counted, or closed and booked later."""
    under_way, closing = Event(), Event()

    def book_slowly() -> None:
        with app.app_context(), transaction():
            record_gift(booking(source=Source("test", "first")))
            under_way.set()
            closing.wait(10)
            wait_until_somebody_waits()

    def close_meanwhile() -> None:
        with app.app_context():
            under_way.wait(10)
            closing.set()
            close(2026)

    threads = [Thread(target=book_slowly), Thread(target=close_meanwhile)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [year] = financial_years()
    assert (year.entry_count, year.total) == (1, Euro.of(25))


def test_a_booking_that_comes_during_the_closing_goes_to_the_next_year(app, database):
    closing, booking_too = Event(), Event()
    with transaction():
        offered = booking(source=Source("test", "second"))

    def close_slowly() -> None:
        with app.app_context(), transaction():
            close_year(2026, "finance")
            closing.set()
            booking_too.wait(10)
            wait_until_somebody_waits()

    def book_meanwhile() -> None:
        with app.app_context():
            closing.wait(10)
            booking_too.set()
            with transaction():
                record_gift(offered)

    threads = [Thread(target=close_slowly), Thread(target=book_meanwhile)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    years = {year.year: year.entry_count for year in financial_years()}
    assert years == {2026: 0, 2027: None}
    [entry] = entries(gift_by_source(offered.source).gift_id)
    assert entry.booked_on == date(2027, 1, 20)
