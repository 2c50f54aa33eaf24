import pytest
import requests
from mollie.api.error import BadRequestError, NotFoundError, UnauthorizedError, UnprocessableEntityError

from fundraising.giving.simulator.server import running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from tests.giving.simulator.conftest import GIFT, make_client


def request(url, *, method="GET", body=None, key="test_simulator"):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    response = requests.request(method, url, data=body, headers=headers, timeout=30)
    return response.status_code, response.headers["Content-Type"], response.json()


def euros(value):
    return {"currency": "EUR", "value": value}


@pytest.mark.parametrize("key", ["", "wrong", "test_", "live_a b", "Test_abc", "access_abc"])
def test_a_bad_or_missing_key_is_refused(sim, key):
    status, content_type, body = request(f"{sim.url}/v2/payments", key=key)

    assert (status, body["status"], body["title"]) == (401, 401, "Unauthorized Request")
    assert content_type == "application/hal+json"


def test_only_the_keys_of_the_account_are_accepted_where_they_are_listed():
    settings = SimulatorSettings(api_keys=("test_known",), start_courier=False)
    with running_simulator(settings=settings) as running:
        assert make_client(running.url, "test_known").payments.list().count == 0
        with pytest.raises(UnauthorizedError):
            make_client(running.url, "test_other").payments.list()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": None}, "amount"),
        ({"amount": "10.00"}, "amount"),
        ({"amount": euros("10")}, "amount"),
        ({"amount": euros("10.0")}, "amount"),
        ({"amount": euros("10,00")}, "amount"),
        ({"amount": euros("1.300,00")}, "amount"),
        ({"amount": euros("NaN")}, "amount"),
        ({"amount": euros("1e3")}, "amount"),
        ({"amount": euros(10)}, "amount"),
        ({"amount": euros(10.0)}, "amount"),
        ({"amount": euros("0.00")}, "amount"),
        ({"amount": euros("-5.00")}, "amount"),
        ({"amount": euros("50000.01"), "method": "ideal"}, "amount"),
        ({"amount": euros("0.01"), "method": "bancontact"}, "amount"),
        ({"amount": euros("9999999999.00")}, "amount"),
        ({"amount": {"currency": "XYZ", "value": "10.00"}}, "amount.currency"),
        ({"amount": {"value": "10.00"}}, "amount.currency"),
        ({"amount": {"currency": "USD", "value": "10.00"}, "method": "ideal"}, "amount.currency"),
        ({"description": None}, "description"),
        ({"description": " "}, "description"),
        ({"description": 5}, "description"),
        ({"redirectUrl": None}, "redirectUrl"),
        ({"redirectUrl": "thanks"}, "redirectUrl"),
        ({"redirectUrl": "javascript:alert(1)"}, "redirectUrl"),
        ({"webhookUrl": "nowhere"}, "webhookUrl"),
        ({"webhookUrl": "ftp://charity.example/hook"}, "webhookUrl"),
        ({"webhookUrl": "https://charity.example:99999/hook"}, "webhookUrl"),
        ({"method": "barter"}, "method"),
        ({"method": ["ideal", "barter"]}, "method"),
        ({"method": 7}, "method"),
        ({"locale": "Dutch"}, "locale"),
        ({"metadata": "x" * 1025}, "metadata"),
        ({"restrictPaymentMethodsToCountry": "Nederland"}, "restrictPaymentMethodsToCountry"),
        ({"sequenceType": "first"}, "sequenceType"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(client, change, field):
    with pytest.raises(UnprocessableEntityError) as refused:
        client.payments.create(GIFT | change)

    assert refused.value.field == field
    assert client.payments.list().count == 0


def test_a_missing_field_is_refused_in_mollies_words(client):
    with pytest.raises(UnprocessableEntityError, match="The 'description' field is missing"):
        client.payments.create({name: value for name, value in GIFT.items() if name != "description"})


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "10.1.2.3", "[::1]:8000", "intranet", "box.local"])
def test_a_webhook_that_mollie_cannot_reach_may_be_refused(host):
    settings = SimulatorSettings(refuse_local_webhooks=True, start_courier=False)
    with running_simulator(settings=settings) as running:
        payments = make_client(running.url).payments
        with pytest.raises(UnprocessableEntityError, match="unreachable from Mollie's point of view"):
            payments.create(GIFT | {"webhookUrl": f"http://{host}/hook"})
        assert payments.create(GIFT | {"webhookUrl": "https://charity.example/hook"}).is_open()


@pytest.mark.parametrize(
    "path", ["payments/tr_unknown", "payments/tr_unknown/refunds", "payments/tr_unknown/chargebacks", "methods/barter"]
)
def test_an_unknown_id_is_not_found(sim, path):
    status, content_type, body = request(f"{sim.url}/v2/{path}")

    assert (status, body["title"]) == (404, "Not Found")
    assert content_type == "application/hal+json"
    assert body["detail"].startswith("No entity exists with token")


def test_an_unknown_address_or_verb_answers_in_the_same_shape(sim):
    assert request(f"{sim.url}/v2/unicorns")[2]["status"] == 404
    assert request(f"{sim.url}/v2/payments", method="PUT")[2]["status"] == 405


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff"])
def test_a_body_that_is_no_json_object_is_a_bad_request(sim, body):
    assert request(f"{sim.url}/v2/payments", method="POST", body=body)[0] == 400


@pytest.mark.parametrize("limit", ["0", "251", "-1", "many"])
def test_a_limit_outside_its_bounds_is_a_bad_request(client, limit):
    with pytest.raises(BadRequestError):
        client.payments.list(limit=limit)


def test_a_page_cannot_begin_at_an_unknown_payment(client):
    with pytest.raises(NotFoundError):
        client.payments.list(**{"from": "tr_unknown"})


def test_an_unknown_order_is_a_bad_request(client):
    with pytest.raises(BadRequestError):
        client.payments.list(sort="random")
