import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from mollie.api.error import BadRequestError, ConflictError, RequestError, UnprocessableEntityError

from tests.giving.simulator.conftest import GIFT, make_client, wait_until


def test_the_same_key_gives_the_same_payment(client, caplog):
    first = client.payments.create(GIFT, idempotency_key="gift-1")
    with caplog.at_level(logging.WARNING):
        again = client.payments.create(GIFT, idempotency_key="gift-1")

    assert dict(again) == dict(first)
    assert client.payments.list().count == 1
    assert "Idempotent-Replayed" in caplog.text


def test_another_key_makes_another_payment(client):
    assert (
        client.payments.create(GIFT, idempotency_key="gift-1").id
        != client.payments.create(GIFT, idempotency_key="gift-2").id
    )


def test_the_same_key_with_another_body_is_a_bad_request(client):
    client.payments.create(GIFT, idempotency_key="gift-1")

    with pytest.raises(BadRequestError):
        client.payments.create(GIFT | {"description": "Another"}, idempotency_key="gift-1")
    assert client.payments.list().count == 1


def test_keys_of_two_callers_do_not_meet(client, live):
    first = client.payments.create(GIFT, idempotency_key="gift-1")

    assert live.payments.create(GIFT, idempotency_key="gift-1").id != first.id


def test_a_key_is_forgotten_after_an_hour(client, sim):
    sim.world.clock.set(speed=0)
    first = client.payments.create(GIFT, idempotency_key="gift-1")

    sim.world.clock.advance(3590)
    assert client.payments.create(GIFT, idempotency_key="gift-1").id == first.id
    sim.world.clock.advance(20)

    assert client.payments.create(GIFT, idempotency_key="gift-1").id != first.id


def test_a_refused_request_leaves_its_key_free(client):
    with pytest.raises(UnprocessableEntityError):
        client.payments.create(GIFT | {"description": None}, idempotency_key="gift-1")

    assert client.payments.create(GIFT, idempotency_key="gift-1").is_open()


def test_a_request_still_being_answered_conflicts(client, sim, control, hanging):
    control("POST", "api-faults", {"kind": "hang", "seconds": 60})
    with ThreadPoolExecutor(1) as background:
        slow = background.submit(make_client(sim.url).payments.create, GIFT, idempotency_key="gift-1")
        wait_until(lambda: sim.world.store.rows("SELECT key FROM idempotency"))

        with pytest.raises(ConflictError):
            client.payments.create(GIFT, idempotency_key="gift-1")

        hanging.let_go()
        first = slow.result()
    assert client.payments.create(GIFT, idempotency_key="gift-1").id == first.id
    assert client.payments.list().count == 1


def test_many_at_once_with_one_key_make_one_payment(sim):
    def create(_number: int) -> str | None:
        try:
            return make_client(sim.url).payments.create(GIFT, idempotency_key="gift-1").id
        except ConflictError:
            return None

    with ThreadPoolExecutor(20) as callers:
        ids = set(callers.map(create, range(60)))

    assert len(ids - {None}) == 1
    assert make_client(sim.url).payments.list().count == 1


def test_a_retry_after_a_broken_connection_finds_the_payment_that_was_made(client, control):
    control("POST", "api-faults", {"kind": "drop_after", "method": "POST", "path": "/v2/payments"})
    with pytest.raises(RequestError):
        client.payments.create(GIFT, idempotency_key="gift-1")

    payment = client.payments.create(GIFT, idempotency_key="gift-1")

    assert [found.id for found in client.payments.list()] == [payment.id]


def test_refunds_are_idempotent_too(client, sim, control):
    payment = client.payments.create(GIFT)
    control("POST", f"payments/{payment.id}/status", {"status": "paid"})
    refund = {"amount": {"currency": "EUR", "value": "300.00"}}

    first = payment.refunds.create(refund, idempotency_key="refund-1")
    again = payment.refunds.create(refund, idempotency_key="refund-1")

    assert again.id == first.id
    assert client.payments.get(payment.id).amount_refunded["value"] == "300.00"
