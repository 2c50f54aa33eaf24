import re

import pytest
from mollie.api.error import NotFoundError, UnprocessableEntityError

from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.errors import ApiError
from fundraising.giving.simulator.lifecycle import RefundOrder
from fundraising.giving.simulator.states import REFUND_STATES
from tests.giving.simulator.conftest import GIFT


def euros(value):
    return {"currency": "EUR", "value": value}


@pytest.fixture
def paid(client, sim):
    payment = client.payments.create(GIFT | {"method": "ideal"})
    lifecycle.reach(sim.world, payment.id, "paid")
    return client.payments.get(payment.id)


def test_a_refund_is_pending_and_lessens_what_remains(client, paid):
    refund = paid.refunds.create({"amount": euros("300.00"), "description": "Too much", "metadata": {"why": "typo"}})

    assert re.fullmatch(r"re_[A-Za-z0-9]{10}", refund.id)
    assert (refund.status, refund.payment_id, refund.description) == ("pending", paid.id, "Too much")
    assert refund.metadata == {"why": "typo"}
    assert refund.settlement_amount == euros("-300.00")
    payment = client.payments.get(paid.id)
    assert payment.status == "paid"
    assert payment.amount_refunded == euros("300.00")
    assert payment.amount_remaining == euros("1000.00")
    assert payment.has_refunds()


def test_several_refunds_cannot_exceed_the_payment(client, paid):
    paid.refunds.create({"amount": euros("800.00")})
    with pytest.raises(UnprocessableEntityError, match=r"higher than the maximum of EUR 500\.00") as refused:
        paid.refunds.create({"amount": euros("500.01")})
    assert refused.value.field == "amount"

    paid.refunds.create({"amount": euros("500.00")})

    assert client.payments.get(paid.id).amount_remaining == euros("0.00")
    with pytest.raises(UnprocessableEntityError):
        paid.refunds.create({"amount": euros("0.01")})


@pytest.mark.parametrize(
    "data", [{}, {"amount": euros("0.00")}, {"amount": euros("10")}, {"amount": {"currency": "USD", "value": "1.00"}}]
)
def test_a_wrong_refund_is_refused(paid, data):
    with pytest.raises(UnprocessableEntityError) as refused:
        paid.refunds.create(data)

    assert refused.value.field.startswith("amount")
    assert paid.refunds.list().count == 0


@pytest.mark.parametrize("status", ["open", "pending", "authorized", "failed", "canceled", "expired"])
def test_what_was_not_paid_is_neither_refunded_nor_charged_back(client, sim, status):
    payment = client.payments.create(GIFT)
    lifecycle.reach(sim.world, payment.id, status)

    with pytest.raises(UnprocessableEntityError, match="not been paid"):
        payment.refunds.create({"amount": euros("1.00")})
    with pytest.raises(ApiError, match="not been paid"):
        lifecycle.charge_back(sim.world, payment.id)


@pytest.mark.parametrize("before", REFUND_STATES)
def test_only_documented_refund_transitions_happen(paid, sim, before):
    for after in REFUND_STATES:
        refund = lifecycle.refund(sim.world, paid.id, RefundOrder(cents=100, status=before))
        if after == before or after in REFUND_STATES[before]:
            assert lifecycle.move_refund(sim.world, refund.id, after).status == after
        else:
            with pytest.raises(ApiError, match=f"A refund that is {before} cannot become {after}"):
                lifecycle.move_refund(sim.world, refund.id, after)


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_came_to_nothing_frees_its_amount(client, paid, sim, status):
    refund = paid.refunds.create({"amount": euros("1300.00")})
    lifecycle.move_refund(sim.world, refund.id, status)

    assert paid.refunds.get(refund.id).status == status
    assert client.payments.get(paid.id).amount_remaining == euros("1300.00")


def test_a_refund_can_be_recalled_until_it_is_processed(paid, sim):
    recalled = paid.refunds.create({"amount": euros("100.00")})
    assert paid.refunds.delete(recalled.id) == {}
    assert paid.refunds.get(recalled.id).status == "canceled"

    gone = paid.refunds.create({"amount": euros("100.00")})
    lifecycle.move_refund(sim.world, gone.id, "processing")
    with pytest.raises(UnprocessableEntityError, match="no longer be canceled"):
        paid.refunds.delete(gone.id)


def test_refunds_are_listed_by_payment_and_altogether(client, live, paid, sim):
    other = client.payments.create(GIFT)
    lifecycle.reach(sim.world, other.id, "paid")
    first = paid.refunds.create({"amount": euros("1.00")})
    second = paid.refunds.create({"amount": euros("2.00")})
    third = other.refunds.create({"amount": euros("3.00")})

    assert [refund.id for refund in paid.refunds.list()] == [second.id, first.id]
    assert [refund.id for refund in client.refunds.list()] == [third.id, second.id, first.id]
    page = paid.refunds.list(limit=1)
    assert [refund.id for refund in page.get_next()] == [first.id]
    assert live.refunds.list().count == 0
    with pytest.raises(NotFoundError):
        other.refunds.get(first.id)


def test_refunds_and_chargebacks_are_embedded_on_request(client, paid, sim):
    refund = paid.refunds.create({"amount": euros("100.00")})
    chargeback = lifecycle.charge_back(sim.world, paid.id, cents=5000)

    whole = client.payments.get(paid.id, embed="refunds,chargebacks")
    listed = client.payments.list(embed="refunds")[0]

    assert [found["id"] for found in whole.get_embedded("refunds")] == [refund.id]
    assert [found["id"] for found in whole.get_embedded("chargebacks")] == [chargeback.id]
    assert [found["id"] for found in listed.get_embedded("refunds")] == [refund.id]
    assert "chargebacks" not in listed["_embedded"]
    assert "_embedded" not in client.payments.get(paid.id)
    assert client.refunds.list(embed="payment")[0].get_embedded("payment")["id"] == paid.id
    assert client.chargebacks.list(embed="payment")[0].get_embedded("payment")["id"] == paid.id


def test_chargebacks_come_in_parts_and_can_be_reversed(client, paid, sim):
    first = lifecycle.charge_back(sim.world, paid.id, cents=30000, reason_code="MD06")
    second = lifecycle.charge_back(sim.world, paid.id)
    payment = client.payments.get(paid.id)
    assert payment.status == "paid"
    assert payment.amount_chargedback == euros("1300.00")
    assert payment.amount_remaining == euros("1300.00"), "a chargeback leaves this as it is, as in Mollie's examples"
    assert payment.has_chargebacks()
    with pytest.raises(ApiError, match="higher than the maximum"):
        lifecycle.charge_back(sim.world, paid.id, cents=1)

    lifecycle.reverse_chargeback(sim.world, second.id)

    assert client.payments.get(paid.id).amount_chargedback == euros("300.00")
    found = paid.chargebacks.get(first.id)
    assert (found.amount, found.settlement_amount) == (euros("300.00"), euros("-300.00"))
    assert found["reason"]["code"] == "MD06"
    assert found["reversedAt"] is None
    assert paid.chargebacks.get(second.id)["reversedAt"]
    assert [chargeback.id for chargeback in paid.chargebacks.list()] == [second.id, first.id]
    assert [chargeback.id for chargeback in client.chargebacks.list()] == [second.id, first.id]


def test_chargebacks_of_the_other_mode_are_hidden(client, live, paid, sim):
    chargeback = lifecycle.charge_back(sim.world, paid.id)

    assert live.chargebacks.list().count == 0
    stranger = live.payments.create(GIFT)
    for payment in (stranger, type(stranger)({"id": paid.id}, live)):
        with pytest.raises(NotFoundError):
            payment.chargebacks.get(chargeback.id)
    assert client.chargebacks.list().count == 1
