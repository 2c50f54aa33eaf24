"""Rounds in which Mollie is slow, or answers badly for one: no other waits for that, and no round goes on for ever."""

from datetime import timedelta

import pytest
import requests

from fundraising import clock
from fundraising.accounts.rules import Actor, ActorKind, Role
from fundraising.accounts.services import acting_as
from fundraising.db import transaction
from fundraising.giving import queries
from fundraising.giving.jobs import find_unheard, process_hints, sync_payment
from fundraising.giving.jobs.refunds import ask_due_refunds
from fundraising.giving.mollie import MollieUnavailable
from fundraising.giving.queries.refunds import refund_request, refunds_to_look_at
from fundraising.giving.queries.trouble import stuck
from fundraising.giving.rules import PaymentStatus
from fundraising.giving.rules.refunds import RequestState
from fundraising.giving.services.hints import note_hint
from fundraising.giving.services.refunds import request_refund
from fundraising.giving.services.trouble import settle_stuck
from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.faults import add_api_fault
from fundraising.money import Euro
from tests.factories import accounts
from tests.giving.conftest import KEY


@pytest.fixture
def slow(house, monkeypatch):
    """Each answer of Mollie's takes a minute and a half."""
    passed, ask = [0.0], house.door.payment
    monkeypatch.setattr("time.monotonic", lambda: passed[0])

    def answer(provider_id):
        passed[0] += 90
        return ask(provider_id)

    monkeypatch.setattr(house.door, "payment", answer)


def paid(house, number):
    provider_ids = [house.give(form_nonce=f"form-{each}") for each in range(number)]
    for provider_id in provider_ids:
        lifecycle.reach(house.mollie.world, provider_id, "paid")
    return provider_ids


@pytest.mark.parametrize("way", ["hints", "looks"])
def test_a_round_ends_though_mollie_is_slow_and_the_next_ones_do_the_rest(house, slow, later, way):
    provider_ids = paid(house, 4)
    if way == "hints":
        with transaction():
            for provider_id in provider_ids:
                note_hint(provider_id)
    rounds = []
    for minutes in (3, 6, 9, 12):
        with later(minutes=minutes):
            done = process_hints(house.door)[0] if way == "hints" else find_unheard(house.door).payments
            rounds.append(done)
    assert (rounds[0], sum(rounds)) == (3, 4)
    assert {payment.status for payment in queries.payments()} == {PaymentStatus.PAID}


def test_hints_behind_some_that_are_not_answered_are_looked_into_by_the_next_round(house):
    provider_ids = paid(house, 5)
    for provider_id in provider_ids[:3]:
        fault = {"kind": "status", "status": 503, "path": f"/v2/payments/{provider_id}", "times": 3}
        add_api_fault(house.mollie.world.store, fault)
    with transaction():
        for provider_id in provider_ids:
            note_hint(provider_id)
    with pytest.raises(MollieUnavailable):
        process_hints(house.door)
    assert process_hints(house.door) == (2, 0)


def test_a_payment_put_aside_because_mollie_did_not_answer_is_still_found_paid(house, later):
    provider_id = house.give()
    add_api_fault(house.mollie.world.store, {"kind": "status", "status": 503, "times": 3})
    with later(minutes=3):
        assert find_unheard(house.door).failed == 1
        with transaction():
            settle_stuck(provider_id, "Mollie is away")
        assert stuck(most=10) == []
    lifecycle.reach(house.mollie.world, provider_id, "paid")
    with later(hours=1):
        assert find_unheard(house.door).payments == 1
    assert queries.payment(provider_id).status is PaymentStatus.PAID


@pytest.fixture
def refunds(house):
    """Two refunds, of which Mollie's answer to the first was lost; payments and numbers."""
    provider_ids = paid(house, 2)
    with transaction():
        person = accounts.user(Role.FINANCE)
        actor = Actor(ActorKind.USER, person.name, person.id)
    numbers = []
    for provider_id in provider_ids:
        sync_payment(house.door, provider_id)
        payment_id = queries.payment(provider_id).payment_id
        with acting_as(actor), transaction():
            numbers.append(
                request_refund(payment_id, Euro.of(10), note="", form_key=provider_id, approval_above=Euro.of(500))
            )
    return list(zip(provider_ids, numbers, strict=True))


def test_a_refund_that_cannot_be_looked_for_keeps_no_other_waiting(house, refunds, later):
    (sick, first), (_, second) = refunds
    for method, times in (("POST", 3), ("GET", 100)):
        fault = {"kind": "status", "status": 503, "method": method, "path": f"/v2/payments/{sick}", "times": times}
        add_api_fault(house.mollie.world.store, fault)
    assert ask_due_refunds(house.door) == 1
    assert [refund_request(number).state for number in (first, second)] == [RequestState.ASKED, RequestState.ACCEPTED]
    at = clock.now()
    for _ in range(6):
        at = refund_request(first).next_try_at
        with clock.standing_still(at):
            assert ask_due_refunds(house.door) == 0
            assert refund_request(first).next_try_at > at
    assert "503" in refund_request(first).error
    waiting = refunds_to_look_at(most=10)
    assert [row.request_id for row in waiting] == [first]


def test_a_refund_of_the_same_amount_as_one_made_at_mollie_itself_waits_for_an_hour(house, refunds, later):
    (provider_id, number), _ = refunds
    address = f"{house.mollie.url}/v2/payments/{provider_id}/refunds"
    same = {"amount": {"currency": "EUR", "value": "10.00"}}
    requests.post(address, json=same, headers={"Authorization": f"Bearer {KEY}"}, timeout=30).raise_for_status()
    ask_due_refunds(house.door)
    assert refund_request(number).state is RequestState.ASKED
    assert "duplicate refund" in refund_request(number).error
    house.mollie.world.clock.advance(timedelta(hours=2).total_seconds())
    with later(hours=2):
        assert ask_due_refunds(house.door) == 1
    assert refund_request(number).state is RequestState.ACCEPTED
    assert len(house.mollie.world.refunds(provider_id)) == 2
