"""What the provider undid: refunds and chargebacks, whole and in parts, and what came back of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest

from fundraising.clock import standing_still, today
from fundraising.db import transaction
from fundraising.gifts.queries import (
    entries,
    financial_year_total,
    gift_by_source,
    tax_year_total,
)
from fundraising.gifts.rules import (
    Contradiction,
    EntryKind,
    FutureDate,
    MoreThanStands,
    NotPositive,
    NotUndoable,
    Reversal,
    Source,
    UnknownSource,
    can_undo,
)
from fundraising.gifts.services import close_year, record_reversal
from fundraising.money import Euro
from tests.factories.gifts import gift

pytestmark = pytest.mark.usefixtures("app_context")

GIFT = Source("psp", "tr_1")
REFUND, FAILED = EntryKind.REFUNDED, EntryKind.REFUND_FAILED
CHARGEBACK, WON = EntryKind.CHARGED_BACK, EntryKind.CHARGEBACK_REVERSED


@pytest.fixture
def of_100(app_context) -> int:
    with transaction():
        return gift(amount=Euro.of(100), source=GIFT, received_on=date(2026, 3, 14)).gift_id


def reversal(kind: EntryKind, euros: int, ref: str, of: Source = GIFT) -> Reversal:
    return Reversal(
        reverses=of,
        amount=Euro.of(euros),
        kind=kind,
        source=Source("psp", ref),
        occurred_on=date(2026, 4, 1),
        recorded_by="test",
    )


def undo(*reversals: Reversal) -> list[bool]:
    with transaction():
        return [record_reversal(each) for each in reversals]


def stands() -> Euro:
    return gift_by_source(GIFT).standing


def test_a_refund_is_a_linked_entry_with_the_tax_date_of_the_gift(of_100):
    assert undo(reversal(REFUND, 30, "re_1")) == [True]
    received, refunded = entries(of_100)
    assert (refunded.kind, refunded.amount, refunded.reverses_id) == (REFUND, Euro.of(-30), received.entry_id)
    assert (refunded.received_on, refunded.booked_on) == (date(2026, 3, 14), date(2026, 4, 1))
    assert (refunded.contact_id, refunded.programme_id, refunded.method) == (
        received.contact_id,
        received.programme_id,
        received.method,
    )
    assert stands() == Euro.of(70)
    assert gift_by_source(Source("psp", "re_1")).gift_id == of_100


def test_several_refunds_and_a_chargeback_leave_what_stands(of_100):
    undo(reversal(REFUND, 30, "re_1"), reversal(REFUND, 20, "re_2"), reversal(CHARGEBACK, 50, "chb_1"))
    assert stands() == Euro(0)


def test_a_refund_and_a_chargeback_of_the_same_money_both_happened(of_100):
    undo(reversal(REFUND, 100, "re_1"), reversal(CHARGEBACK, 100, "chb_1"))
    assert stands() == Euro.of(-100)
    undo(reversal(WON, 100, "chb_1:reversed", of=Source("psp", "chb_1")))
    assert stands() == Euro(0)
    with pytest.raises(MoreThanStands):
        undo(reversal(REFUND, 1, "re_2"))
    assert undo(reversal(CHARGEBACK, 100, "chb_2")) == [True]


def test_the_same_reversal_twice_counts_once(of_100):
    assert undo(reversal(REFUND, 60, "re_1")) == [True]
    assert undo(reversal(REFUND, 60, "re_1")) == [False]
    assert stands() == Euro.of(40)


@pytest.mark.parametrize(
    "changed",
    [{"amount": Euro.of(1)}, {"kind": CHARGEBACK}, {"reverses": Source("psp", "tr_2")}],
)
def test_the_same_source_with_something_else_contradicts(of_100, changed):
    with transaction():
        gift(source=Source("psp", "tr_2"))
    undo(reversal(REFUND, 10, "re_1"))
    with pytest.raises(Contradiction):
        undo(replace(reversal(REFUND, 10, "re_1"), **changed))
    assert stands() == Euro.of(90)


def test_a_failed_refund_and_a_chargeback_that_was_won_come_back(of_100):
    undo(
        reversal(REFUND, 30, "re_1"),
        reversal(FAILED, 30, "re_1:failed", of=Source("psp", "re_1")),
        reversal(CHARGEBACK, 100, "chb_1"),
        reversal(WON, 100, "chb_1:reversed", of=Source("psp", "chb_1")),
    )
    assert stands() == Euro.of(100)
    assert [entry.amount for entry in entries(of_100)] == [Euro.of(each) for each in (100, -30, 30, -100, 100)]


def test_no_more_is_taken_back_than_stands(of_100):
    undo(reversal(REFUND, 60, "re_1"))
    with pytest.raises(MoreThanStands, match=r"40\.00 stands"):
        undo(reversal(REFUND, 41, "re_2"))
    with pytest.raises(MoreThanStands):
        undo(reversal(FAILED, 61, "re_1:failed", of=Source("psp", "re_1")))
    undo(reversal(FAILED, 60, "re_1:failed", of=Source("psp", "re_1")))
    with pytest.raises(MoreThanStands):
        undo(reversal(FAILED, 1, "re_1:again", of=Source("psp", "re_1")))
    assert stands() == Euro.of(100)


@pytest.mark.parametrize("of", ["tr_1", "re_1", "chb_1"])
def test_a_kind_undoes_what_the_table_says_and_nothing_else(of_100, of):
    undo(reversal(REFUND, 10, "re_1"), reversal(CHARGEBACK, 10, "chb_1"))
    undone = {"tr_1": EntryKind.RECEIVED, "re_1": REFUND, "chb_1": CHARGEBACK}[of]
    for kind in EntryKind:
        offered = reversal(kind, 5, f"x-{kind}", of=Source("psp", of))
        if kind is not EntryKind.REVERSED and can_undo(kind, undone):
            assert undo(offered) == [True]
        else:
            with pytest.raises(NotUndoable):
                undo(offered)


@pytest.mark.parametrize("cents", [0, -100])
def test_nothing_is_not_taken_back(of_100, cents):
    with pytest.raises(NotPositive):
        undo(replace(reversal(REFUND, 1, "re_1"), amount=Euro(cents)))


def test_what_is_not_booked_cannot_be_undone(of_100):
    with pytest.raises(UnknownSource):
        undo(reversal(REFUND, 1, "re_1", of=Source("psp", "tr_unknown")))


def test_a_reversal_still_to_come_is_refused(of_100):
    with pytest.raises(FutureDate):
        undo(replace(reversal(REFUND, 1, "re_1"), occurred_on=today() + timedelta(days=2)))


def test_a_refund_in_a_later_year_lowers_the_tax_year_of_the_gift_and_the_books_of_its_own(of_100):
    contact_id = gift_by_source(GIFT).contact_id
    with standing_still(datetime(2027, 2, 1, 12, tzinfo=UTC)):
        with transaction():
            close_year(2026, "finance")
        undo(replace(reversal(REFUND, 40, "re_1"), occurred_on=date(2026, 12, 31)))
    assert tax_year_total(contact_id, 2026) == Euro.of(60)
    assert tax_year_total(contact_id, 2027) == Euro(0)
    assert financial_year_total(2026) == Euro.of(100)
    assert financial_year_total(2027) == Euro.of(-40)


def test_two_refunds_at_one_moment_do_not_take_back_more_than_stands(app, of_100):
    start, outcomes = Barrier(4), []

    def refund(ref: str) -> None:
        with app.app_context():
            start.wait()
            try:
                outcomes.extend(undo(reversal(REFUND, 60, ref)))
            except MoreThanStands:
                outcomes.append("refused")

    threads = [Thread(target=refund, args=(f"re_{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [True, "refused", "refused", "refused"]
    assert stands() == Euro.of(40)
