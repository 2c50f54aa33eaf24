"""`fundraising contacts list|show|duplicates`."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from fundraising.accounts.models import AuditEntry
from fundraising.contacts.rules import Address, Identity, PersonName, Salutation
from fundraising.contacts.services.consents import grant_consent
from fundraising.contacts.services.recognition import find_or_create
from fundraising.contacts.services.ways import set_postal_address
from fundraising.db import session, transaction


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


def test_a_number_that_no_contact_can_have_is_refused(run):
    result = run("show", 99999999999999999999)
    assert result.exit_code == 2
    assert "99999999999999999999 is not in the range" in result.stderr


def test_a_consent_is_withdrawn_and_shown_with_what_was_said_before(run, ids):
    with transaction():
        grant_consent(ids[0], purpose="newsletter", channel="email", source="token:1")
    assert run("consent", "withdraw", ids[0]).stdout == "withdrawn\n"
    assert run("consent", "withdraw", ids[0]).stdout == "was withdrawn already\n"
    [shown] = json.loads(run("show", ids[0], "--json").stdout)
    assert [each["state"] for each in shown["consents"]] == ["withdrawn", "granted"]
    assert "newsletter by email: withdrawn on" in run("show", ids[0]).stdout
    with transaction():
        grant_consent(ids[0], purpose="newsletter", channel="email", source="token:2")
    assert run("consent", "withdraw", ids[0]).stdout == "withdrawn\n"
    noted = session().scalars(select(AuditEntry).where(AuditEntry.action == "consent.withdrawn")).all()
    assert [(entry.subject_kind, entry.subject_id) for entry in noted] == [("contact", ids[0])] * 2


def test_nobody_withdraws_who_is_not_there(run):
    result = run("consent", "withdraw", 999)
    assert result.exit_code == 1
    assert "no contact 999" in result.stderr


def test_possible_duplicates_are_listed_for_staff(run, ids):
    [pair] = json.loads(run("duplicates", "--json").stdout)
    assert (pair["contact_ids"], pair["reasons"]) == (ids, ["email", "iban", "names_clash"])
    assert "email, iban" in run("duplicates").stdout
