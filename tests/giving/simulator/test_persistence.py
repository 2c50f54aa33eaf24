from datetime import UTC, datetime

import pytest

from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.app import create_simulator, world_of
from fundraising.giving.simulator.idempotency import Claim, claim
from fundraising.giving.simulator.lifecycle import RefundOrder
from fundraising.giving.simulator.server import running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from tests.giving.simulator.conftest import GIFT, make_client


def test_everything_survives_a_restart(tmp_path):
    quiet = SimulatorSettings(seed=3, start_courier=False)
    with running_simulator(tmp_path, quiet) as first:
        client = make_client(first.url)
        made = client.payments.create(GIFT, idempotency_key="gift-1")
        lifecycle.reach(first.world, made.id, "paid")
        refund = lifecycle.refund(first.world, made.id, RefundOrder(cents=100, status="refunded"))
        chargeback = lifecycle.charge_back(first.world, made.id, cents=200)
        first.world.clock.advance(600)

    with running_simulator(tmp_path, quiet) as second:
        client = make_client(second.url)
        found = client.payments.get(made.id, embed="refunds,chargebacks")
        again = client.payments.create(GIFT, idempotency_key="gift-1")
        other = client.payments.create(GIFT)
        ahead = second.world.clock.offset

    assert found.status == "paid"
    assert [row["id"] for row in found.get_embedded("refunds")] == [refund.id]
    assert [row["id"] for row in found.get_embedded("chargebacks")] == [chargeback.id]
    assert again.id == made.id
    assert other.id != made.id, "a seed does not repeat its ids after a restart"
    assert ahead == pytest.approx(600, abs=60)


def test_a_request_cut_off_by_a_crash_does_not_block_its_key(tmp_path):
    settings = SimulatorSettings(folder=tmp_path)
    crashed = world_of(create_simulator(settings))
    claim(crashed, Claim("gift-1", "test_simulator"), "POST /v2/payments?", b"{}")
    crashed.store.close()

    with running_simulator(settings=settings) as restarted:
        assert make_client(restarted.url).payments.create(GIFT, idempotency_key="gift-1").is_open()


def test_a_transaction_is_all_or_nothing(sim, client, monkeypatch):
    payment = client.payments.create(GIFT | {"webhookUrl": "http://127.0.0.1:9/hook"})
    monkeypatch.setattr("fundraising.giving.simulator.lifecycle.announce", _break)

    with pytest.raises(ZeroDivisionError):
        lifecycle.reach(sim.world, payment.id, "paid")

    assert client.payments.get(payment.id).is_open()


def test_the_clock_can_be_set_moved_and_sped_up(sim, control):
    clock = sim.world.clock
    earliest = datetime.now(UTC)
    assert earliest <= clock.now() <= datetime.now(UTC)

    assert control("PATCH", "clock", {"offset_seconds": 86400})[1]["offset_seconds"] == 86400
    assert control("PATCH", "clock", {"advance_seconds": 60})[1]["offset_seconds"] >= 86459
    assert control("PATCH", "clock", {"speed": 3600})[1]["speed"] == 3600
    assert control("GET", "clock")[1]["offset_seconds"] > 86460
    assert control("PATCH", "clock", {"speed": 0})[0] == 422
    assert control("PATCH", "clock", {"speed": "fast"})[0] == 422


def test_a_reset_forgets_everything(sim, client, control):
    client.payments.create(GIFT)
    control("PATCH", "clock", {"offset_seconds": 500, "speed": 2})
    control("POST", "api-faults", {"kind": "status"})

    assert control("POST", "reset") == (200, {"reset": True})

    assert client.payments.list().count == 0
    assert sim.world.clock.speed == 1
    assert abs(sim.world.clock.offset) < 1


def _break(*_args):
    raise ZeroDivisionError
