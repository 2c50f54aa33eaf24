"""What the simulator answers has the shape of Mollie's own examples, key by key.

The official examples are read where they lie, beside the repository. Samples of our own making of the same shape stand
in `tests/samples/mollie/`, so that the check never falls away.
"""

import pytest
import requests

from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.states import PAYMENT_STATES
from tests.giving.simulator.conftest import GIFT
from tests.giving.simulator.mollie_shapes import (
    OFFICIAL,
    OURS,
    examples_of,
    flat,
    lacking,
    named,
    offered,
    samples,
    shapes,
    strangers,
)

FOLDERS = [
    pytest.param(OURS, id="our samples"),
    pytest.param(
        OFFICIAL,
        id="official examples",
        marks=pytest.mark.skipif(not OFFICIAL.is_dir(), reason="Mollie's examples do not lie beside this repository"),
    ),
]
WHOLE_GIFT = GIFT | {
    "webhookUrl": "https://charity.example/webhooks/mollie",
    "metadata": {"donation": 7},
    "locale": "nl_NL",
    "restrictPaymentMethodsToCountry": "NL",
}

MAY_LACK = {
    "applicationFee": "for platforms that collect on behalf of others",
    "amountCaptured": "for cards that are captured by hand",
    "captureDelay": "the same",
    "captureMode": "the same",
    "_links.captures": "the same",
    "routing": "for platforms that split payments",
    "_links.routes": "the same",
    "customerId": "of recurring gifts",
    "mandateId": "the same",
    "_links.customer": "the same",
    "_links.mandate": "the same",
    "orderId": "of the Orders API, which Mollie has retired",
    "_links.order": "the same",
    "settlementId": "of settlements",
    "reusable": "for payment links",
    "_links.status": "Mollie's own page with transfer instructions",
    "details.billingEmail": "asked for on that page",
    "details.qrCode": "sent where it is embedded on request",
    "details.cardToken": "for merchants with card fields of their own",
    "details.cardFingerprint": "for merchants that recognise cards",
    "details.shippingAddress": "for merchants that ship",
    "countryCode": "of an unpaid payment: not known here",
    "settlementAmount": "of an unpaid payment: nothing was settled",
    "details": "of a payment that tells nothing yet",
    "_links.refunds": "of a payment with refunds",
    "_links.chargebacks": "of a payment with chargebacks",
    "amountChargedBack": "the same",
    "_links.documentation": "of a payment on its own, not of one in a list",
}
"""Keys that some examples of a situation show and the simulator may leave out, each with its reason."""

SITUATIONS = [
    ("ideal", "open"),
    ("ideal", "paid"),
    ("ideal", "canceled"),
    ("ideal", "expired"),
    ("creditcard", "paid"),
    ("creditcard", "failed"),
    ("banktransfer", "paid"),
    ("banktransfer", "canceled"),
]


def optional(paths):
    """The paths that may be lacking: those listed, and what stands within them."""
    return {path for path in paths if any(f"{path}.".startswith(f"{listed}.") for listed in MAY_LACK)}


def get(sim, path):
    headers = {"Authorization": "Bearer test_simulator"}
    return requests.get(f"{sim.url}/v2/{path}", headers=headers, timeout=30)


@pytest.fixture
def paid(client, sim):
    payment = client.payments.create(WHOLE_GIFT | {"method": "ideal"})
    lifecycle.reach(sim.world, payment.id, "paid")
    return client.payments.get(payment.id)


@pytest.mark.parametrize("folder", FOLDERS)
class TestAgainst:
    def test_a_new_payment(self, client, folder):
        payment = client.payments.create(WHOLE_GIFT)

        assert strangers(folder, payment) == []
        assert lacking(payment, named(folder, "post_v2_payments_201_create-payment-201-1")) == set()

    @pytest.mark.parametrize(("method", "status"), SITUATIONS)
    def test_a_payment_of_a_method_in_a_state(self, client, sim, folder, method, status):
        payment = client.payments.create(WHOLE_GIFT | {"method": method})
        lifecycle.reach(sim.world, payment.id, status)

        found = client.payments.get(payment.id)

        examples = examples_of(folder, resource="payment", method=method, status=status)
        own = {path for path, _ in flat(found)}
        assert strangers(folder, found) == []
        assert offered(examples) - own - optional(offered(examples)) == set()

    @pytest.mark.parametrize("method", ["ideal", "creditcard", "bancontact", "banktransfer", "paypal", "belfius"])
    def test_no_payment_has_a_key_of_its_own(self, client, sim, folder, method):
        for status in PAYMENT_STATES:
            payment = client.payments.create(WHOLE_GIFT | {"method": method, "cancelUrl": "https://charity.example/no"})
            lifecycle.reach(sim.world, payment.id, status)
            if status == "paid":
                lifecycle.refund(sim.world, payment.id, lifecycle.RefundOrder(cents=100))
                lifecycle.reverse_chargeback(sim.world, lifecycle.charge_back(sim.world, payment.id, cents=200).id)

            found = client.payments.get(payment.id, embed="refunds,chargebacks")
            assert strangers(folder, found) == [], status

    def test_a_payment_refunded_and_charged_back(self, client, sim, paid, folder):
        lifecycle.charge_back(sim.world, paid.id, cents=100)
        lifecycle.refund(sim.world, paid.id, lifecycle.RefundOrder(cents=100))

        found = client.payments.get(paid.id)

        examples = examples_of(folder, resource="payment", status="paid")
        extras = {"amountChargedBack", "amountRefunded", "_links.refunds.href", "_links.chargebacks.href"}
        assert strangers(folder, found) == []
        assert extras <= offered(examples) & {path for path, _ in flat(found)}

    def test_a_payment_canceled_by_the_merchant(self, client, folder):
        payment = client.payments.create(WHOLE_GIFT | {"method": "banktransfer"})
        canceled = client.payments.delete(payment.id)

        example = named(folder, "delete_v2_payments_paymentId_200_cancel-payment-200-1")
        assert strangers(folder, canceled) == []
        assert lacking(canceled, example) == set()

    def test_refunds(self, client, paid, folder):
        refund = paid.refunds.create({"amount": {"currency": "EUR", "value": "5.95"}, "metadata": {"a": 1}})

        example = named(folder, "post_v2_payments_paymentId_refunds_201_create-refund-201-1")
        for found in (refund, paid.refunds.get(refund.id), paid.refunds.list()[0], client.refunds.list()[0]):
            assert strangers(folder, found) == []
            assert lacking(found, example) == set()

    def test_chargebacks(self, client, sim, paid, folder):
        made = lifecycle.charge_back(sim.world, paid.id, reason_code="AC01")

        example = named(folder, "get_v2_payments_paymentId_chargebacks_chargebackId_200_get-chargeback-200-1")
        for found in (paid.chargebacks.get(made.id), paid.chargebacks.list()[0], client.chargebacks.list()[0]):
            assert strangers(folder, found) == []
            assert lacking(found, example) == set()

    def test_methods(self, client, folder):
        method = client.methods.get("ideal")
        listed = client.methods.list()

        assert lacking(method, named(folder, "get_v2_methods_methodId_200_get-method-200-1")) == set()
        example = named(folder, "get_v2_methods_200_list-methods-200-1")
        assert strangers(folder, [method, listed]) == []
        assert lacking(listed[0], example["_embedded"]["methods"][0]) == set()
        assert listed.keys() == example.keys()
        assert listed["_links"].keys() == example["_links"].keys()

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("payments?limit=1", "get_v2_payments_200_list-payments-200-1"),
            ("payments/{id}/refunds?limit=1", "get_v2_payments_paymentId_refunds_200_list-refunds-200-1"),
            ("refunds?limit=1", "get_v2_refunds_200_list-refunds-200-1"),
            ("payments/{id}/chargebacks?limit=1", "get_v2_payments_paymentId_chargebacks_200_list-chargeback-200-1"),
            ("chargebacks?limit=1", "get_v2_chargebacks_200_list-all-chargebacks-200-1"),
        ],
    )
    def test_a_page_of_a_list(self, client, sim, paid, folder, path, name):
        client.payments.create(WHOLE_GIFT)
        for _ in range(2):
            lifecycle.refund(sim.world, paid.id, lifecycle.RefundOrder(cents=100))
            lifecycle.charge_back(sim.world, paid.id, cents=100)

        page = get(sim, path.format(id=paid.id)).json()

        example = named(folder, name)
        assert page.keys() == example.keys()
        assert page["_embedded"].keys() == example["_embedded"].keys()
        assert dict(flat(page["_links"])) == dict(flat(example["_links"]))
        assert type(page["count"]) is int

    @pytest.mark.parametrize(
        ("fault", "name"),
        [
            (None, "get_v2_payments_paymentId_404_example"),
            (429, "get_v2_payments_429_example"),
            (503, "post_v2_payments_503_example"),
        ],
    )
    def test_an_error(self, sim, control, folder, fault, name):
        if fault:
            control("POST", "api-faults", {"kind": "status", "status": fault})

        response = get(sim, "payments/tr_unknown")

        example = named(folder, name)
        assert dict(flat(response.json())) == dict(flat(example))
        assert response.json()["title"] == example["title"]
        assert response.status_code == response.json()["status"] == example["status"]
        assert response.headers["Content-Type"] == "application/hal+json"

    def test_a_refund_of_the_same_amount_within_the_hour(self, sim, paid, folder):
        def refund():
            body = {"amount": {"currency": "EUR", "value": "5.95"}}
            headers = {"Authorization": "Bearer test_simulator"}
            return requests.post(f"{sim.url}/v2/payments/{paid.id}/refunds", json=body, headers=headers, timeout=30)

        first, again = refund(), refund()
        sim.world.clock.advance(3601)

        example = named(folder, "post_v2_payments_paymentId_refunds_409_example")
        assert dict(flat(again.json())) == dict(flat(example))
        assert again.json()["detail"] == example["detail"]
        assert [response.status_code for response in (first, again, refund())] == [201, 409, 201]

    def test_an_error_about_a_field(self, sim, folder):
        headers = {"Authorization": "Bearer test_simulator"}
        response = requests.post(f"{sim.url}/v2/payments", json={}, headers=headers, timeout=30)

        example = named(folder, "post_v2_payments_422_example")
        assert dict(flat(response.json())) == dict(flat(example))
        assert {name: response.json()[name] for name in ("status", "title", "detail", "field")} == {
            name: example[name] for name in ("status", "title", "detail", "field")
        }


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="Mollie's examples do not lie beside this repository")
def test_our_samples_have_the_shape_of_the_official_ones():
    for sample in samples(OURS):
        assert strangers(OFFICIAL, sample.document) == [], sample.name
        official = named(OFFICIAL, sample.name)
        assert set(dict(flat(official))) - set(dict(flat(sample.document))) == set(), sample.name


def test_our_samples_cover_every_resource():
    assert all(shapes(OURS).values())


def test_a_foreign_key_or_type_would_be_noticed(paid):
    assert strangers(OURS, dict(paid) | {"colour": "blue"}) == ["payment.colour: string"]
    assert strangers(OURS, dict(paid) | {"description": 5}) == ["payment.description: number"]
    assert lacking({}, {"a": {"b": 1}}) == {"a", "a.b"}
