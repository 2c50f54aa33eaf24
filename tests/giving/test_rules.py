"""What a payment is and what the ledger must hold follow from the set of facts seen, in whatever order they came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundraising.contacts.rules import PersonName, Salutation
from fundraising.gifts.rules import EntryKind
from fundraising.giving.rules import (
    DONATION_MOVES,
    STATUS_ORDER,
    ChargebackState,
    DonationState,
    Donor,
    DonorKind,
    Event,
    EventKind,
    Method,
    PaymentStatus,
    RefundState,
    Route,
    Submission,
    donation_after,
    in_booking_order,
    ledger_lines,
    next_check,
    retry_at,
    status_of,
    submission_key,
)
from fundraising.giving.rules.velocity import (
    MOST_FAILURES_IN_A_DAY,
    MOST_IN_10_MINUTES,
    MOST_IN_A_DAY,
    MOST_SMALL_EVERYWHERE,
    SMALL_AMOUNT,
    Velocity,
    Verdict,
    judge,
)
from fundraising.money import Euro

DAY = date(2026, 11, 22)
LATER = DAY + timedelta(days=9)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAID = Event(EventKind.STATUS, "tr_1", PaymentStatus.PAID, Euro.of(1000), DAY)
OPEN = Event(EventKind.STATUS, "tr_1", PaymentStatus.OPEN, Euro.of(1000), DAY)
GIFT = Submission(
    form_nonce="n",
    programme_id=1,
    amount=Euro.of(1000),
    route=Route.ONLINE,
    method="ideal",
    language="nl",
    source_code="",
    donor=Donor(DonorKind.PERSON, PersonName(Salutation.MR, "J.", "van", "Dijk"), "j@example.nl"),
)


def refund(ref: str, state: RefundState, euros: int = 100) -> Event:
    return Event(EventKind.REFUND, ref, state, Euro.of(euros), DAY)


def chargeback(ref: str, state: ChargebackState, euros: int = 100, day: date = DAY) -> Event:
    return Event(EventKind.CHARGEBACK, ref, state, Euro.of(euros), day)


def test_every_state_has_its_place():
    assert set(STATUS_ORDER) == set(PaymentStatus)
    assert set(DONATION_MOVES) == set(DonationState)


def test_a_late_paid_wins_over_an_expired():
    assert status_of([PaymentStatus.PAID, PaymentStatus.EXPIRED, PaymentStatus.OPEN]) is PaymentStatus.PAID
    assert status_of([PaymentStatus.EXPIRED, PaymentStatus.OPEN]) is PaymentStatus.EXPIRED
    assert status_of([]) is PaymentStatus.CREATED


def test_money_counts_after_a_promise_lapsed_and_is_never_unreceived():
    assert donation_after(DonationState.LAPSED, DonationState.RECEIVED) is DonationState.RECEIVED
    assert donation_after(DonationState.RECEIVED, DonationState.LAPSED) is DonationState.RECEIVED


def test_nothing_is_booked_before_it_is_paid():
    assert ledger_lines([OPEN, refund("re_1", RefundState.REFUNDED)]) == []


@pytest.mark.parametrize("state", [RefundState.QUEUED, RefundState.PENDING, RefundState.CANCELED])
def test_a_refund_that_is_not_on_its_way_takes_nothing_back(state):
    assert [line.kind for line in ledger_lines([PAID, refund("re_1", state)])] == [EntryKind.RECEIVED]


@pytest.mark.parametrize("state", [RefundState.PROCESSING, RefundState.REFUNDED])
def test_a_refund_on_its_way_is_taken_back(state):
    received, back = ledger_lines([PAID, refund("re_1", state)])
    assert (back.kind, back.reverses, back.amount) == (EntryKind.REFUNDED, received.source_ref, Euro.of(100))


def test_a_failed_refund_went_out_and_came_back_whether_or_not_we_saw_it_go():
    seen = ledger_lines([PAID, refund("re_1", RefundState.PROCESSING), refund("re_1", RefundState.FAILED)])
    unseen = ledger_lines([PAID, refund("re_1", RefundState.FAILED)])
    assert seen == unseen
    assert [line.kind for line in seen] == [EntryKind.RECEIVED, EntryKind.REFUNDED, EntryKind.REFUND_FAILED]
    assert seen[2].reverses == "re_1"


def test_a_reversed_chargeback_stands_as_taken_back_and_returned():
    facts = [PAID, chargeback("chb_1", ChargebackState.STANDING)]
    facts.append(chargeback("chb_1", ChargebackState.REVERSED, day=LATER))
    lines = [(line.source_ref, line.occurred_on) for line in ledger_lines(facts)]
    assert lines == [("tr_1", DAY), ("chb_1", DAY), ("chb_1:reversed", LATER)]


def test_a_fact_that_was_told_with_two_days_bears_the_first():
    facts = [replace(PAID, occurred_on=LATER), PAID]
    facts += [chargeback("chb_1", ChargebackState.REVERSED, day=day) for day in (LATER, DAY)]
    assert {line.occurred_on for line in ledger_lines(facts)} == {DAY}


FACTS = st.lists(
    st.one_of(
        st.sampled_from([PAID, replace(PAID, occurred_on=LATER), OPEN]),
        st.builds(refund, st.sampled_from(["re_1", "re_2"]), st.sampled_from(RefundState)),
        st.builds(
            chargeback,
            st.sampled_from(["chb_1", "chb_2"]),
            st.sampled_from(ChargebackState),
            day=st.sampled_from([DAY, LATER]),
        ),
    ),
)


@given(FACTS, st.randoms())
def test_order_and_repetition_of_facts_do_not_matter(facts, chance):
    shuffled = facts + chance.choices(facts, k=len(facts)) if facts else []
    chance.shuffle(shuffled)
    assert ledger_lines(shuffled) == ledger_lines(facts)


@given(FACTS)
def test_more_facts_never_take_a_line_away(facts):
    booked: set[str] = set()
    for seen in range(len(facts) + 1):
        now = {line.source_ref for line in ledger_lines(facts[:seen])}
        assert booked <= now
        booked = now


def test_what_came_back_is_booked_before_what_went_next():
    """Else the second refund would take back what the first one still holds, and be refused for ever."""
    known = [PAID, refund("re_2", RefundState.REFUNDED)]
    now = [*known, refund("re_2", RefundState.FAILED), refund("re_1", RefundState.FAILED)]
    now.append(refund("re_0", RefundState.REFUNDED))
    booked = [line.source_ref for line in in_booking_order(ledger_lines(now), ledger_lines(known))]
    assert booked == ["tr_1", "re_2", "re_2:failed", "re_1", "re_1:failed", "re_0"]


@given(FACTS)
def test_each_line_follows_the_one_that_it_undoes(facts):
    lines = ledger_lines(facts)
    refs = [line.source_ref for line in lines]
    assert len(refs) == len(set(refs))
    assert all(line.reverses in refs[:place] for place, line in enumerate(lines) if line.reverses)


def test_the_same_form_filled_in_the_same_is_one_submission_in_whichever_language():
    assert submission_key(GIFT) == submission_key(replace(GIFT, language="en"))


@pytest.mark.parametrize(
    "other",
    [
        replace(GIFT, form_nonce="m"),
        replace(GIFT, programme_id=2),
        replace(GIFT, amount=Euro.of(500)),
        replace(GIFT, route=Route.TRANSFER),
        replace(GIFT, method=""),
        replace(GIFT, source_code="kerkblad"),
        *(
            replace(GIFT, donor=replace(GIFT.donor, **{field: value}))
            for field, value in (
                ("kind", DonorKind.CHURCH),
                ("organisation_name", "Dorpskerk"),
                ("email", "k@example.nl"),
                ("phone", "+31612345678"),
                ("iban", "NL61INGB0006391416"),
                ("message", "Sterkte"),
                ("newsletter", True),
            )
        ),
        *(
            replace(GIFT, donor=replace(GIFT.donor, name=replace(GIFT.donor.name, **{field: value})))
            for field, value in (
                ("salutation", Salutation.MRS),
                ("given_name", "K."),
                ("prefix", ""),
                ("surname", "Dijkstra"),
            )
        ),
    ],
)
def test_another_form_or_another_answer_is_another_submission(other):
    assert submission_key(GIFT) != submission_key(other)


def test_looks_are_dense_while_a_donor_waits_and_end_at_last():
    created = NOW - timedelta(minutes=5)
    assert next_check(PaymentStatus.OPEN, created, NOW, moving=False) == NOW + timedelta(minutes=1)
    some_hours = NOW - timedelta(hours=3)
    assert next_check(PaymentStatus.OPEN, some_hours, NOW, moving=False) == NOW + timedelta(minutes=15)
    old = NOW - timedelta(days=10)
    assert next_check(PaymentStatus.PENDING, old, NOW, moving=False) == NOW + timedelta(hours=6)
    ancient = NOW - timedelta(days=500)
    assert next_check(PaymentStatus.PAID, ancient, NOW, moving=False) is None
    assert next_check(PaymentStatus.PAID, ancient, NOW, moving=True) == NOW + timedelta(hours=1)
    assert next_check(PaymentStatus.FAILED, old, NOW, moving=False) == old + timedelta(hours=336)


@given(st.sampled_from(PaymentStatus), st.integers(0, 800 * 24 * 60), st.booleans())
def test_the_next_look_lies_ahead(status, minutes, moving):
    look = next_check(status, NOW - timedelta(minutes=minutes), NOW, moving=moving)
    assert look is None or look > NOW


def test_retries_thin_out_and_never_stop():
    waits = [retry_at(failures, NOW) - NOW for failures in range(1, 30)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == timedelta(hours=4)


CALM = Velocity(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("velocity", "verdict"),
    [
        (CALM, Verdict.ALLOWED),
        (replace(CALM, from_address_10_minutes=MOST_IN_10_MINUTES), Verdict.TOO_MANY),
        (replace(CALM, from_address_day=MOST_IN_A_DAY), Verdict.TOO_MANY),
        (replace(CALM, unsuccessful_from_address_day=MOST_FAILURES_IN_A_DAY), Verdict.TOO_MANY_FAILURES),
        (replace(CALM, small_everywhere_10_minutes=MOST_SMALL_EVERYWHERE), Verdict.UNDER_ATTACK),
    ],
)
def test_a_small_gift_is_judged_by_what_happened_of_late(velocity, verdict):
    assert judge(velocity, SMALL_AMOUNT) is verdict


def test_an_attack_with_small_amounts_does_not_stop_a_large_gift():
    assert judge(replace(CALM, small_everywhere_10_minutes=10_000), Euro.of(500)) is Verdict.ALLOWED


def test_a_method_takes_amounts_within_its_bounds():
    card = Method("creditcard", "Card", Euro(1), Euro.of(2000))
    assert card.takes(Euro.of(2000))
    assert not card.takes(Euro.of(2000) + Euro(1))
    assert replace(card, maximum=None).takes(Euro.of(50_000))
