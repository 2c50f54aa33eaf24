"""`fundraising payments`."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fundraising.giving.mollie import PaymentOrder
from fundraising.giving.services.donations import new_key
from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.faults import add_api_fault
from fundraising.money import Euro


@pytest.fixture
def run(house):
    runner = house.app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["payments", *map(str, arguments)])


def test_a_payment_is_shown_with_what_its_donor_told(house, run):
    provider_id = house.give(source_code="kerkblad", donor={"message": "Voor allen"})
    [shown] = json.loads(run("show", provider_id, "--json").stdout)
    assert (shown["source_code"], shown["message"]) == ("kerkblad", "Voor allen")
    assert json.loads(run("show", shown["id"], "--json").stdout) == [shown]
    told = run("show", provider_id).stdout
    assert "came from: kerkblad" in told
    assert "message: Voor allen" in told
    assert "error" not in told


def test_mollie_is_asked_about_one_or_about_all(house, run, later):
    one, other = house.give(), house.give(form_nonce="form-2")
    for provider_id in (one, other):
        lifecycle.reach(house.mollie.world, provider_id, "paid")
    [told] = json.loads(run("sync", one, "--json").stdout)
    assert (told["provider_id"], told["status"]) == (one, "paid")
    assert told["amount"] == {"amount": "1000.00", "currency": "EUR"}
    with later(minutes=3):
        assert json.loads(run("sync", "--json").stdout) == [{"hints": 0, "payments": 1, "adopted": 0, "failed": 0}]
        assert run("sync").stdout == "hints 0, payments 0, adopted 0, failed 0\n"
    listed = json.loads(run("list", "--status", "paid", "--json").stdout)
    assert [payment["provider_id"] for payment in listed] == [other, one]
    assert run("list").stdout.endswith("2 payments\n")


def test_what_was_paid_and_is_not_known_since_a_restore_is_found(house, run):
    known, unheard = house.give(), house.give(form_nonce="form-2")
    order = PaymentOrder(new_key(), Euro.of(500), "HerstelWerk", "https://charity.example/bedankt", "ideal", "nl_NL")
    forgotten = house.door.create_payment(order).provider_id
    unpaid = house.door.create_payment(replace(order, key=new_key())).provider_id
    for provider_id in (known, unheard, forgotten):
        lifecycle.reach(house.mollie.world, provider_id, "paid")
    run("sync", known)
    told = run("compare", "2026-01-01").stdout
    assert (known in told, unheard in told, forgotten in told, unpaid in told) == (False, True, True, False)
    assert told.endswith("2 not booked here\n")
    assert run("sync").exit_code == 1
    told = run("compare", "2026-01-01").stdout
    assert (unheard in told, forgotten in told) == (False, True)


def test_what_goes_wrong_is_told_and_ends_badly(house, run):
    provider_id = house.give()
    add_api_fault(house.mollie.world.store, {"kind": "status", "status": 503, "times": 3})
    for told, payment in (("503", provider_id), ("UnknownPayment", "tr_nobodyknows1")):
        result = run("sync", payment)
        assert (result.exit_code, told in result.stderr) == (1, True)


@pytest.mark.parametrize("number", ["0", "9223372036854775808", "99999999999999999999", "9" * 5000, "tr_nothing"])
def test_a_payment_that_cannot_be_is_told(run, number):
    result = run("show", number)
    assert result.exit_code == 1
    assert f"no payment {number}" in result.stderr
