"""`fundraising contacts list|show|duplicates`."""

from __future__ import annotations

import json

import pytest

from fundraising.contacts.rules import Address, Identity, PersonName, Salutation
from fundraising.contacts.services.recognition import find_or_create
from fundraising.contacts.services.ways import set_postal_address
from fundraising.db import transaction


@pytest.fixture
def ids(app_context) -> list[int]:
    with transaction():
        found = [
            find_or_create(
                Identity(PersonName(Salutation.MRS, given_name, "de", "Vries"), "devries@example.nl", "+31612345678"),
                proven_iban="NL91ABNA0417164300",
                source="giving",
            )
            for given_name in ("J.", "M.")
        ]
        set_postal_address(found[0], Address("Dorpsstraat", "1", "1234AB", "Ede"))
    return found


@pytest.fixture
def run(app_context, ids):
    runner = app_context.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["contacts", *map(str, arguments)])


def test_contacts_are_listed(run, ids):
    listed = json.loads(run("list", "--json").stdout)
    assert [(each["id"], each["name"]) for each in listed] == [(ids[0], "J. de Vries"), (ids[1], "M. de Vries")]
    assert len(run("list", "--name", "de vries").stdout.splitlines()) == 2
    assert json.loads(run("list", "--json", "--email", "DEVRIES@example.nl", "--limit", 1).stdout) == listed[:1]
    assert json.loads(run("list", "--json", "--name", "boer").stdout) == []


def test_a_contact_is_shown(run, ids):
    [shown] = json.loads(run("show", ids[0], "--json").stdout)
    assert (shown["prefix"], shown["surname"], shown["salutation"]) == ("de", "Vries", "mrs")
    assert shown["ibans"] == [{"iban": "NL91ABNA0417164300", "provenance": "mollie"}]
    assert shown["address"]["postcode"] == "1234 AB"
    assert "NL91 ABNA 0417 1643 00  (mollie)" in run("show", ids[0]).stdout


def test_a_contact_that_is_not_there_is_told(run):
    result = run("show", 999)
    assert result.exit_code == 1
    assert "no contact 999" in result.stderr


def test_possible_duplicates_are_listed_for_staff(run, ids):
    [pair] = json.loads(run("duplicates", "--json").stdout)
    assert (pair["contact_ids"], pair["reasons"]) == (ids, ["email", "iban"])
    assert "email, iban" in run("duplicates").stdout
