import pytest
from mollie.api.error import NotFoundError, UnprocessableEntityError

from tests.giving.simulator.conftest import GIFT


def amount(value, currency="EUR"):
    return {"value": value, "currency": currency}


def test_ideal_stands_first_under_its_name_of_today(client):
    methods = client.methods.list()

    assert [method.id for method in methods][:4] == ["ideal", "creditcard", "bancontact", "banktransfer"]
    assert methods[0].description == "iDEAL | Wero"
    assert methods[0].minimum_amount == amount("0.01")
    assert methods[0].maximum_amount == amount("50000.00")
    assert methods[0].image_svg.endswith("ideal.svg")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.01", {"ideal", "creditcard", "banktransfer", "paypal", "belfius"}),
        ("10000.00", {"ideal", "creditcard", "bancontact", "banktransfer", "paypal", "belfius"}),
        ("10000.01", {"ideal", "bancontact", "banktransfer", "paypal", "belfius"}),
        ("50000.01", {"banktransfer", "paypal"}),
    ],
)
def test_only_methods_that_take_the_amount_are_listed(client, value, expected):
    assert {method.id for method in client.methods.list(amount=amount(value))} == expected


def test_dollars_go_by_card_or_paypal(client):
    found = client.methods.list(amount=amount("25.00", "USD"))

    assert [method.id for method in found] == ["creditcard", "paypal"]
    assert found[0].maximum_amount == amount("10000.00", "USD")


def test_names_follow_the_locale(client):
    assert client.methods.get("banktransfer").description == "Bank transfer"
    assert client.methods.get("banktransfer", locale="nl_NL").description == "Overboeking"
    assert "Overboeking" in [method.description for method in client.methods.list(locale="nl_NL")]


def test_a_wrong_amount_is_refused(client):
    with pytest.raises(UnprocessableEntityError):
        client.methods.list(amount=amount("10"))


def test_a_method_can_be_switched_off(client, control):
    assert control("PUT", "methods", {"off": ["paypal", "ideal"]})[1]["off"] == ["ideal", "paypal"]

    assert client.methods.list()[0].id == "creditcard"
    with pytest.raises(NotFoundError):
        client.methods.get("ideal")
    with pytest.raises(UnprocessableEntityError):
        client.payments.create(GIFT | {"method": "ideal"})
    assert control("PUT", "methods", {"off": ["barter"]})[0] == 422
    assert control("PUT", "methods", {"off": []})[1]["on"][0] == "ideal"
