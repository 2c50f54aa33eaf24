import socket
import threading
from datetime import timedelta

import pytest

from fundraising.giving.simulator import lifecycle, webhooks
from fundraising.giving.simulator.lifecycle import RefundOrder
from fundraising.giving.simulator.server import running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.giving.simulator.states import REFUND_STATES
from fundraising.giving.simulator.webhooks import deliver_due
from tests.giving.simulator.conftest import GIFT, make_client, wait_until


@pytest.fixture
def payment(client, merchant):
    return client.payments.create(GIFT | {"webhookUrl": merchant.url})


def test_a_webhook_is_a_form_with_nothing_but_the_id(sim, merchant, payment):
    lifecycle.reach(sim.world, payment.id, "paid")

    assert deliver_due(sim.world) == 1
    assert merchant.received == [
        ("/webhooks/mollie", "application/x-www-form-urlencoded", f"id={payment.id}"),
    ]
    assert deliver_due(sim.world) == 0, "an accepted webhook is not sent again"


@pytest.mark.parametrize(
    ("status", "announced"),
    [("paid", 1), ("authorized", 1), ("expired", 1), ("failed", 1), ("canceled", 1), ("pending", 0)],
)
def test_every_state_but_pending_is_announced(sim, merchant, payment, status, announced):
    lifecycle.reach(sim.world, payment.id, status)
    lifecycle.reach(sim.world, payment.id, status)

    deliver_due(sim.world)

    assert merchant.ids == [payment.id] * announced


def test_an_expiry_by_the_clock_is_announced(sim, merchant, payment, client):
    sim.world.clock.advance(16 * 60)
    client.payments.list()

    deliver_due(sim.world)

    assert merchant.ids == [payment.id]


@pytest.mark.parametrize("status", REFUND_STATES)
def test_refunds_announce_processing_refunded_and_failed(sim, merchant, payment, status):
    lifecycle.reach(sim.world, payment.id, "paid")
    deliver_due(sim.world)
    merchant.received.clear()

    lifecycle.refund(sim.world, payment.id, RefundOrder(cents=100, status=status))
    deliver_due(sim.world)

    assert len(merchant.ids) == (1 if status in {"processing", "refunded", "failed"} else 0)


def test_a_refund_on_its_way_is_announced_at_each_step(sim, merchant, payment):
    lifecycle.reach(sim.world, payment.id, "paid")
    refund = lifecycle.refund(sim.world, payment.id, RefundOrder(cents=100))
    for status in ("processing", "refunded", "failed"):
        lifecycle.move_refund(sim.world, refund.id, status)

    deliver_due(sim.world)

    assert merchant.ids == [payment.id] * 4


def test_chargebacks_are_announced_and_reversals_may_be_silent(sim, merchant, payment):
    lifecycle.reach(sim.world, payment.id, "paid")
    first = lifecycle.charge_back(sim.world, payment.id, cents=100)
    second = lifecycle.charge_back(sim.world, payment.id, cents=100)
    lifecycle.reverse_chargeback(sim.world, first.id)
    lifecycle.reverse_chargeback(sim.world, second.id, silently=True)

    deliver_due(sim.world)

    assert merchant.ids == [payment.id] * 4


def test_a_payment_without_an_address_announces_nothing(sim, client):
    silent = client.payments.create(GIFT)
    lifecycle.reach(sim.world, silent.id, "paid")

    assert webhooks.queue(sim.world) == []


def test_ten_attempts_are_made_over_twenty_six_hours(sim, merchant, payment):
    merchant.answers = [500] * 20
    lifecycle.reach(sim.world, payment.id, "paid")
    began = sim.world.clock.now()

    attempts = []
    for minute in range(30 * 60):
        deliver_due(sim.world, began + timedelta(minutes=minute, seconds=1))
        if len(merchant.received) > len(attempts):
            attempts.append(minute)

    assert attempts == [0, 1, 3, 7, 15, 31, 60, 120, 240, 26 * 60]
    [row] = webhooks.queue(sim.world)
    assert row["state"] == "given up"
    assert [delivery["status"] for delivery in row["deliveries"]] == [500] * 10


def test_a_webhook_that_is_accepted_later_is_not_tried_again(sim, merchant, payment):
    merchant.answers = [503, 302]
    lifecycle.reach(sim.world, payment.id, "paid")
    began = sim.world.clock.now()

    for minute in range(20):
        deliver_due(sim.world, began + timedelta(minutes=minute, seconds=1))

    assert len(merchant.received) == 3
    assert [delivery["status"] for delivery in webhooks.queue(sim.world)[0]["deliveries"]] == [503, 302, 200]


def test_a_merchant_that_is_away_is_logged_and_tried_again(sim, client):
    payment = client.payments.create(GIFT | {"webhookUrl": "http://127.0.0.1:9/hook"})
    lifecycle.reach(sim.world, payment.id, "paid")

    assert deliver_due(sim.world) == 0

    [row] = webhooks.queue(sim.world)
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert "ConnectionRefusedError" in row["deliveries"][0]["error"]


class TestSpedUp:
    @pytest.fixture
    def simulator_settings(self):
        return SimulatorSettings(webhook_speed=600, webhook_timeout=60)

    def test_the_courier_goes_by_itself_and_retries(self, sim, merchant, payment):
        merchant.answers = [500, 500]
        lifecycle.reach(sim.world, payment.id, "paid")

        wait_until(lambda: len(merchant.received) == 3)
        wait_until(lambda: webhooks.queue(sim.world)[0]["state"] == "delivered")

    @pytest.mark.parametrize("simulator_settings", [SimulatorSettings(webhook_speed=600, webhook_timeout=0.3)])
    def test_a_merchant_that_does_not_answer_in_time_counts_as_away(self, sim, client):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
            payment = client.payments.create(GIFT | {"webhookUrl": url})
            lifecycle.reach(sim.world, payment.id, "paid")

            wait_until(lambda: len(webhooks.queue(sim.world)[0]["deliveries"]) > 1)

        assert "TimeoutError" in webhooks.queue(sim.world)[0]["deliveries"][0]["error"]

    def test_payments_expire_without_anyone_asking(self, sim, merchant, payment):
        sim.world.clock.advance(16 * 60)
        sim.world.news.set()

        wait_until(lambda: merchant.ids == [payment.id])


class TestFaults:
    def test_the_next_are_lost(self, sim, merchant, client, control):
        assert control("PUT", "webhook-faults", {"lose_next": 2})[1]["lose_next"] == 2
        ids = []
        for _ in range(3):
            payment = client.payments.create(GIFT | {"webhookUrl": merchant.url})
            lifecycle.reach(sim.world, payment.id, "paid")
            ids.append(payment.id)

        deliver_due(sim.world)

        assert merchant.ids == ids[2:]
        assert [row["state"] for row in webhooks.queue(sim.world)] == ["delivered", "lost", "lost"]

    def test_each_is_sent_several_times(self, sim, merchant, payment, control):
        control("PUT", "webhook-faults", {"duplicates": 4})
        lifecycle.reach(sim.world, payment.id, "paid")

        deliver_due(sim.world)

        assert merchant.ids == [payment.id] * 5

    def test_each_is_delayed(self, sim, merchant, payment, control):
        control("PUT", "webhook-faults", {"delay_seconds": 90})
        lifecycle.reach(sim.world, payment.id, "paid")

        deliver_due(sim.world)
        assert merchant.ids == []
        sim.world.clock.advance(91)
        deliver_due(sim.world)

        assert merchant.ids == [payment.id]

    def test_they_arrive_in_another_order(self, sim, merchant, client, control):
        control("PUT", "webhook-faults", {"reorder_seconds": 60})
        ids = [client.payments.create(GIFT | {"webhookUrl": merchant.url}).id for _ in range(12)]
        for payment_id in ids:
            lifecycle.reach(sim.world, payment_id, "paid")

        sim.world.clock.advance(61)
        deliver_due(sim.world)

        assert sorted(merchant.ids) == sorted(ids)
        assert merchant.ids != ids

    def test_one_more_can_be_sent_by_hand(self, merchant, payment, control):
        assert control("POST", f"payments/{payment.id}/webhook")[0] == 202
        assert control("POST", "webhooks/deliver")[1] == {"delivered": 1}
        assert merchant.ids == [payment.id]
        [row] = control("GET", "webhooks")[1]["webhooks"]
        assert (row["payment_id"], row["reason"], row["state"]) == (payment.id, "by hand", "delivered")

    @pytest.mark.parametrize(
        "data", [{"lose_next": -1}, {"delay_seconds": "long"}, {"unknown": 1}, {"duplicates": 1.5}]
    )
    def test_a_wrong_wish_is_refused(self, control, data):
        status, body = control("PUT", "webhook-faults", data)

        assert status == 422
        assert body["field"] in data


def test_two_couriers_send_a_webhook_once(sim, merchant, client):
    ids = [client.payments.create(GIFT | {"webhookUrl": merchant.url}).id for _ in range(20)]
    for payment_id in ids:
        lifecycle.reach(sim.world, payment_id, "paid")

    couriers = [threading.Thread(target=deliver_due, args=(sim.world,)) for _ in range(4)]
    for courier in couriers:
        courier.start()
    for courier in couriers:
        courier.join()

    assert sorted(merchant.ids) == sorted(ids)


def test_a_webhook_waits_for_the_next_start(tmp_path, merchant):
    with running_simulator(tmp_path, SimulatorSettings(start_courier=False)) as first:
        payment = make_client(first.url).payments.create(GIFT | {"webhookUrl": merchant.url})
        lifecycle.reach(first.world, payment.id, "paid")
        first.world.store.rows("UPDATE webhook SET state = 'sending'")

    with running_simulator(tmp_path):
        wait_until(lambda: merchant.ids == [payment.id])
