"""Booking many gifts at once: the same rules, the same triggers, much faster."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Event, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from fundraising.clock import standing_still
from fundraising.db import session, transaction
from fundraising.gifts.models import Gift, GiftEntry
from fundraising.gifts.queries import financial_year_total, gift_by_reference, gift_by_source, tax_year_total
from fundraising.gifts.rules import (
    BadReference,
    Booking,
    Contradiction,
    LedgerMode,
    LedgerModeMismatch,
    NotPositive,
    Source,
    new_reference,
)
from fundraising.gifts.services import close_year, record_gift, record_gifts
from fundraising.money import Euro
from tests.databases import wait_until_somebody_waits
from tests.factories.gifts import booking

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def first(app_context) -> Booking:
    with transaction():
        return booking(source=Source("import", "0"))


def many(first: Booking, count: int) -> list[Booking]:
    return [replace(first, source=Source("import", str(number)), amount=Euro(100 + number)) for number in range(count)]


def book(bookings) -> int:
    with transaction():
        return record_gifts(bookings)


def counts() -> tuple[int, int]:
    return tuple(session().scalar(select(func.count()).select_from(table)) for table in (Gift, GiftEntry))


def test_each_is_a_gift_of_its_own_in_the_books(first):
    assert book(many(first, 2345)) == 2345
    assert counts() == (2345, 2345)
    total = Euro(sum(100 + number for number in range(2345)))
    assert financial_year_total(2026) == tax_year_total(first.contact_id, 2026) == total
    assert gift_by_source(Source("import", "2344")).received == Euro(2444)


def test_what_was_booked_before_and_what_comes_twice_is_booked_once(first):
    bookings = many(first, 1500)
    with transaction():
        record_gift(bookings[7])
    assert book([*bookings, *bookings[:20]]) == 1499
    assert book(iter(bookings)) == 0
    assert counts() == (1500, 1500)


def test_nothing_is_nothing():
    assert book([]) == 0


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"amount": Euro(0)}, NotPositive),
        ({"mode": LedgerMode.LIVE}, LedgerModeMismatch),
        ({"reference": "AAAAAAAAAAAD"}, BadReference),
        ({"source": Source("import", "3")}, Contradiction),
        ({"programme_id": 999_999}, DatabaseError),
    ],
)
def test_one_that_is_refused_refuses_all(first, changed, refusal):
    bookings = many(first, 1100)
    bookings[-1] = replace(bookings[-1], **changed)
    with pytest.raises(refusal):
        book(bookings)
    assert counts() == (0, 0)


def test_a_booking_that_contradicts_what_stands_refuses_all(first):
    book(many(first, 3))
    with pytest.raises(Contradiction):
        book([replace(first, source=Source("import", "new")), replace(first, amount=Euro(1))])
    assert counts() == (3, 3)


def test_references_that_are_taken_give_way(first):
    mine, theirs = new_reference(), new_reference()
    with transaction():
        record_gift(replace(first, source=Source("test", "1"), reference=theirs))
    bookings = many(first, 3)
    book([replace(each, reference=wanted) for each, wanted in zip(bookings, (mine, mine, theirs), strict=True)])
    assert gift_by_reference(mine).received == Euro(100)
    assert gift_by_reference(theirs).received == Euro.of(25)
    assert counts() == (4, 4)


def test_gifts_of_a_closed_year_are_booked_today(first):
    with standing_still(datetime(2027, 1, 20, 12, tzinfo=UTC)):
        with transaction():
            close_year(2026, "finance")
        book(many(first, 2))
        assert financial_year_total(2026) == Euro(0)
        assert financial_year_total(2027) == Euro(201)
        assert tax_year_total(first.contact_id, 2026) == Euro(201)


def test_a_single_booking_of_a_source_that_is_being_imported_waits_and_finds_it(app, first):
    under_way, results = Event(), []

    def import_slowly() -> None:
        with app.app_context(), transaction():
            results.append(record_gifts(many(first, 5)))
            under_way.set()
            wait_until_somebody_waits()

    def book_one() -> None:
        with app.app_context():
            under_way.wait(10)
            with transaction():
                results.append(record_gift(many(first, 5)[3]).created)

    threads = [Thread(target=import_slowly), Thread(target=book_one)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [5, False]
    assert counts() == (5, 5)


def test_one_source_at_many_moments_at_once_is_one_gift(app, first):
    ids = []

    def book_it() -> None:
        with app.app_context(), transaction():
            ids.append(record_gift(replace(first, received_on=date(2026, 1, 1))).gift_id)

    threads = [Thread(target=book_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert counts() == (1, 1)
