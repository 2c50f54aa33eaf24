"""What can still be refunded, who must agree, and what becomes of a refund in whatever order its news comes."""

from __future__ import annotations

from itertools import permutations

import pytest

from fundraising.giving.rules import ChargebackState, RefundState
from fundraising.giving.rules.refunds import (
    GONE,
    REQUEST_MOVES,
    TO_ASK,
    RequestState,
    left_of,
    needs_second_person,
    refund_seen,
    request_after,
)
from fundraising.money import Euro
from tests.giving.test_rules import PAID, chargeback, refund

STANDING, REVERSED = ChargebackState.STANDING, ChargebackState.REVERSED


@pytest.mark.parametrize(
    ("events", "spoken_for", "left"),
    [
        ([], [], 1000),
        ([refund("re_1", RefundState.QUEUED), refund("re_1", RefundState.PENDING)], [], 900),
        ([refund("re_1", RefundState.REFUNDED), refund("re_2", RefundState.PENDING, 200)], [50], 650),
        ([refund("re_1", RefundState.REFUNDED), refund("re_1", RefundState.FAILED)], [], 1000),
        ([refund("re_1", RefundState.CANCELED)], [], 1000),
        ([chargeback("chb_1", STANDING, 300)], [], 700),
        ([chargeback("chb_1", STANDING, 300), chargeback("chb_1", REVERSED, 300)], [], 1000),
        ([chargeback("chb_1", REVERSED, 300), chargeback("chb_1", STANDING, 300)], [], 1000),
        ([chargeback("chb_1", STANDING, 1000), refund("re_1", RefundState.REFUNDED)], [], 0),
    ],
)
def test_what_is_left_is_what_neither_went_nor_is_asked_for(events, spoken_for, left):
    asked = [Euro.of(each) for each in spoken_for]
    assert left_of(Euro.of(1000), [PAID, *events], asked) == Euro.of(left)


@pytest.mark.parametrize(("amount", "before", "needed"), [(500, [], False), (501, [], True), (1, [300, 200], True)])
def test_a_second_person_is_needed_above_the_amount_all_refunds_of_a_payment_together(amount, before, needed):
    assert needs_second_person(Euro.of(amount), map(Euro.of, before), Euro.of(500)) is needed


def test_every_state_has_its_place_and_nothing_that_is_over_is_asked_of_mollie():
    assert set(REQUEST_MOVES) == set(RequestState)
    over = {state for state, moves in REQUEST_MOVES.items() if not moves & TO_ASK}
    assert over >= {RequestState.DECLINED, RequestState.WITHDRAWN, RequestState.REFUSED, RequestState.SETTLED, *GONE}


@pytest.mark.parametrize("last", [RefundState.REFUNDED, RefundState.FAILED, RefundState.CANCELED])
def test_the_news_of_a_refund_ends_in_the_same_state_in_whatever_order_it_comes(last):
    news = [RefundState.PENDING, *([] if last is RefundState.CANCELED else [RefundState.PROCESSING]), last]
    ends = set()
    for order in permutations(news):
        state, seen = RequestState.ASKED, []
        for each in order:
            seen.append(refund("re_1", each))
            state = request_after(state, refund_seen(seen, "re_1"))
        ends.add(state)
    assert len(ends) == 1
    assert refund_seen(seen, "re_2") is None


@pytest.mark.parametrize(
    "state", [RequestState.REFUSED, RequestState.SETTLED, RequestState.WITHDRAWN, RequestState.CANCELED]
)
def test_money_that_went_after_all_counts(state):
    assert request_after(state, RequestState.DONE) is RequestState.DONE


def test_a_failure_that_was_put_aside_does_not_come_back_with_the_next_look():
    assert request_after(RequestState.SETTLED, RequestState.FAILED) is RequestState.SETTLED
