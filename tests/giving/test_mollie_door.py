"""The door with the real client, over HTTP, against the simulator."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from fundraising import clock
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.mollie import (
    DoorSettings,
    MollieDoor,
    MollieRefused,
    MollieUnavailable,
    PaymentOrder,
    TakenBack,
    UnknownPayment,
    UnusableAnswer,
)
from fundraising.giving.rules import EventKind, PaymentStatus
from fundraising.giving.simulator import lifecycle
from fundraising.money import Euro
from tests.giving.conftest import KEY

ORDER = PaymentOrder("key-1", Euro.of(1300), "HerstelWerk ABCD", "https://charity.example/bedankt", "ideal", "nl_NL")


def fault(mollie, **wanted):
    requests.post(f"{mollie.url}/control/api/api-faults", json=wanted, timeout=30).raise_for_status()


def order(key="key-1", **changes):
    from dataclasses import replace

    return replace(ORDER, key=key, **changes)


def test_a_payment_is_made_and_read_back(door, mollie):
    made = door.create_payment(ORDER)
    assert (made.status, made.amount, made.key) == (PaymentStatus.OPEN, Euro.of(1300), "key-1")
    assert made.mode is LedgerMode.TEST
    assert made.checkout_url.startswith(mollie.url)
    assert door.payment(made.provider_id) == made


def test_the_same_key_gives_the_same_payment(door):
    assert door.create_payment(ORDER).provider_id == door.create_payment(ORDER).provider_id


def test_a_paid_payment_bears_its_date_and_the_account_that_paid(door, mollie):
    made = door.create_payment(ORDER)
    lifecycle.reach(mollie.world, made.provider_id, "paid")
    paid = door.payment(made.provider_id)
    assert paid.status is PaymentStatus.PAID
    assert paid.paid_at is not None
    assert paid.payer_iban.startswith("NL")


def test_refunds_and_chargebacks_come_along_as_events(door, mollie):
    made = door.create_payment(ORDER)
    lifecycle.reach(mollie.world, made.provider_id, "paid")
    refund = lifecycle.refund(mollie.world, made.provider_id, lifecycle.RefundOrder(cents=10_000, status="processing"))
    chargeback = lifecycle.charge_back(mollie.world, made.provider_id, cents=5_000)
    lifecycle.reverse_chargeback(mollie.world, chargeback.id, silently=True)
    events = door.payment(made.provider_id).events
    assert {(e.kind, e.provider_ref, e.state, e.amount.cents) for e in events} == {
        (EventKind.STATUS, made.provider_id, "paid", 130_000),
        (EventKind.REFUND, refund.id, "processing", 10_000),
        (EventKind.CHARGEBACK, chargeback.id, "standing", 5_000),
        (EventKind.CHARGEBACK, chargeback.id, "reversed", 5_000),
    }
    assert door.taken_back_since(clock.now() - timedelta(hours=1)) == {
        TakenBack(made.provider_id, refund.id, "processing"),
        TakenBack(made.provider_id, chargeback.id, "reversed"),
    }


def test_however_much_was_taken_back_within_the_time_all_of_it_is_seen(door, mollie):
    made = door.create_payment(ORDER)
    lifecycle.reach(mollie.world, made.provider_id, "paid")
    one_euro = lifecycle.RefundOrder(cents=100, status="refunded")
    old = [lifecycle.refund(mollie.world, made.provider_id, one_euro) for _ in range(60)]
    mollie.world.clock.advance(timedelta(days=2).total_seconds())
    new = [lifecycle.refund(mollie.world, made.provider_id, one_euro) for _ in range(60)]
    seen = {fact.ref for fact in door.taken_back_since(mollie.world.clock.now() - timedelta(days=1))}
    assert {refund.id for refund in new} <= seen
    assert seen < {refund.id for refund in (*old, *new)}
    everything = {fact.ref for fact in door.taken_back_since(mollie.world.clock.now() - timedelta(days=9))}
    assert everything == {refund.id for refund in (*old, *new)}


@pytest.mark.parametrize(
    "wanted", [{"kind": "status", "status": 500}, {"kind": "status", "status": 429}, {"kind": "drop_after"}]
)
def test_a_failing_mollie_is_asked_again_under_the_same_key(door, mollie, wanted):
    fault(mollie, **wanted, times=2)
    made = door.create_payment(ORDER)
    assert door.payment(made.provider_id).key == "key-1"
    assert len(list(door.payments_since(clock.now() - timedelta(hours=1)))) == 1


def test_patience_ends(door, mollie):
    fault(mollie, kind="status", status=503, times=3)
    with pytest.raises(MollieUnavailable):
        door.create_payment(ORDER)


def test_in_a_hurry_nothing_is_tried_again(door, mollie):
    fault(mollie, kind="status", status=503, times=1)
    with pytest.raises(MollieUnavailable):
        door.in_a_hurry().create_payment(ORDER)


def test_a_hanging_mollie_is_not_waited_for(mollie, hanging):
    hasty = MollieDoor(DoorSettings(KEY, mollie.url, timeout=(30, 0.2), pauses=()))
    fault(mollie, kind="hang", seconds=60)
    with pytest.raises(MollieUnavailable):
        hasty.payment("tr_WDqYK6vllg")
    assert not hanging.went_on


def test_a_hanging_mollie_is_not_asked_again_at_once(mollie, monkeypatch):
    monkeypatch.setattr("fundraising.giving.mollie._PATIENCE_SECONDS", 0.1)
    slept = []
    fault(mollie, kind="hang", seconds=0.5)
    with pytest.raises(MollieUnavailable):
        MollieDoor(DoorSettings(KEY, mollie.url, timeout=(0.2, 0.2)), sleep=slept.append).methods()
    assert slept == []


def test_a_closed_port_is_mollie_out_of_reach():
    with pytest.raises(MollieUnavailable):
        MollieDoor(DoorSettings(KEY, "http://127.0.0.1:9", pauses=())).methods()


def test_the_client_tries_nothing_again_by_itself_while_a_donor_waits(monkeypatch):
    """It would, over https alone, and sleep between its tries for longer than any time-out here."""
    slept = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", slept.append)
    with pytest.raises(MollieUnavailable):
        MollieDoor(DoorSettings(KEY, "https://127.0.0.1:9")).in_a_hurry().methods()
    assert slept == []


def test_an_unknown_payment_is_told_apart(door):
    with pytest.raises(UnknownPayment):
        door.payment("tr_doesnotexist")


def test_an_id_that_is_none_is_unusable(door):
    with pytest.raises(UnusableAnswer):
        door.payment("ord_1")


def test_a_refusal_tells_the_field(door):
    with pytest.raises(MollieRefused) as refused:
        door.create_payment(order(redirect_url="no address"))
    assert refused.value.status == 422
    assert refused.value.field == "redirectUrl"


def test_a_payment_in_dollars_is_unusable(door, mollie):
    raw = requests.post(
        f"{mollie.url}/v2/payments",
        json={
            "amount": {"currency": "USD", "value": "10.00"},
            "description": "d",
            "redirectUrl": "https://charity.example",
            "method": "creditcard",
        },
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=30,
    )
    with pytest.raises(UnusableAnswer, match="not in euros"):
        door.payment(raw.json()["id"])


def test_payments_since_a_moment_go_on_over_pages(door):
    made = {door.create_payment(order(f"key-{n}")).provider_id for n in range(60)}
    found = {row.provider_id for row in door.payments_since(clock.now() - timedelta(hours=1))}
    assert found == made
    assert list(door.payments_since(clock.now() + timedelta(hours=1))) == []


def test_a_payment_of_another_site_in_dollars_hides_none_of_ours(door, mollie):
    made = door.create_payment(ORDER)
    another_sites = {
        "amount": {"currency": "USD", "value": "10.00"},
        "description": "Mug",
        "redirectUrl": "https://shop.example",
        "metadata": {"payment": "INV-7"},
    }
    address, key = f"{mollie.url}/v2/payments", {"Authorization": f"Bearer {KEY}"}
    requests.post(address, json=another_sites, headers=key, timeout=30).raise_for_status()
    assert [row.provider_id for row in door.payments_since(clock.now() - timedelta(hours=1))] == [made.provider_id]


def test_ideal_is_offered_first(door):
    methods = door.methods()
    assert methods[0].code == "ideal"
    assert methods[0].takes(Euro.of(1300))
    assert len(methods) > 2


def test_a_live_key_belongs_to_a_live_ledger(mollie):
    live = MollieDoor(DoorSettings("live_key", mollie.url))
    assert live.mode is LedgerMode.LIVE
    assert live.create_payment(ORDER).mode is LedgerMode.LIVE
