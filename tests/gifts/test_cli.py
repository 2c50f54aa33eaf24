"""`fundraising gifts list|show`: for people and for programs."""

from __future__ import annotations

import json
from datetime import date

import pytest

from fundraising.db import transaction
from fundraising.gifts.rules import Source, new_reference, written_reference
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource
from tests.factories.contacts import person
from tests.factories.gifts import gift, refund

REFERENCE = new_reference()


@pytest.fixture
def run(app_context):
    runner = app_context.test_cli_runner()
    with transaction():
        load_programmes(read_folder(resource("programmes/data")))
        programme_id = next(number for number, each in programme_names().items() if each.code == "herstelwerk")
        about = {"amount": Euro.of(1300), "source": Source("test", "a"), "reference": REFERENCE}
        gift(programme_id=programme_id, contact_id=person(), received_on=date(2026, 3, 14), **about)
        refund(Source("test", "a"), Euro(1250))
        gift(programme_id=programme_id, contact_id=None, received_on=date(2026, 3, 13))
    return lambda *arguments: runner.invoke(args=["gifts", *arguments])


def test_a_program_reads_an_array_of_gifts(run):
    result = run("list", "--json")
    first, second = json.loads(result.stdout)
    assert first == {
        "reference": REFERENCE,
        "received_on": "2026-03-14",
        "amount": {"amount": "1300.00", "currency": "EUR"},
        "standing": {"amount": "1287.50", "currency": "EUR"},
        "programme": "herstelwerk",
        "method": "ideal",
        "contact": {"id": first["contact"]["id"], "name": "J. de Vries"},
        "thanked": False,
        "thanked_at": None,
    }
    assert second["contact"] is None


def test_a_program_reads_the_entries_of_one_gift(run):
    [shown] = json.loads(run("show", written_reference(REFERENCE).lower(), "--json").stdout)
    received, refunded = shown["entries"]
    assert (received["kind"], received["source"], received["reverses"]) == ("received", "test:a", None)
    assert (refunded["kind"], refunded["reverses"]) == ("refunded", "test:a")
    assert refunded["amount"] == {"amount": "-12.50", "currency": "EUR"}
    assert (refunded["received_on"], refunded["booked_on"]) == ("2026-03-14", "2026-04-01")


def test_people_read_a_table_with_amounts_below_each_other(run):
    heading, first, second, count = run("list").stdout.splitlines()
    assert written_reference(REFERENCE) in first
    assert "J. de Vries" in first
    assert "€\u00a01.287,50" in first
    assert first.index("€\u00a01.300") + len("€\u00a01.300") == second.index("€\u00a025") + len("€\u00a025")
    assert heading.index("AMOUNT") + len("AMOUNT") == first.index("€\u00a01.300") + len("€\u00a01.300")
    assert count == "2 gifts"


def test_people_read_the_entries_of_one_gift(run):
    lines = run("show", REFERENCE).stdout.splitlines()
    assert len(lines) == 3
    assert "-€\u00a012,50" in lines[2]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (["--programme", "herstelwerk"], 2),
        (["--programme", "achterblijvers"], 0),
        (["--from", "2026-03-14"], 1),
        (["--until", "2026-03-13"], 1),
        (["--method", "paypal"], 0),
        (["--amount", "1.300,00"], 1),
        (["--reference", written_reference(REFERENCE)], 1),
        (["--contact", "999"], 0),
        (["--limit", "1"], 1),
    ],
)
def test_lists_are_filtered(run, filters, count):
    result = run("list", "--json", *filters)
    assert result.exit_code == 0, result.output
    assert len(json.loads(result.stdout)) == count


@pytest.mark.parametrize(
    "wrong",
    [
        ["list", "--programme", "nothing"],
        ["list", "--amount", "1,300"],
        ["list", "--from", "14-03-2026"],
        ["list", "--reference", "AAAA"],
        ["show", "AAAA"],
        ["show", "AAAA-AAAA-AAAA"],
    ],
)
def test_what_cannot_be_understood_or_found_is_told(run, wrong):
    result = run(*wrong)
    assert result.exit_code != 0
    assert "Error" in result.stderr
    assert "Traceback" not in result.output


def test_a_mistyped_reference_is_told_as_one(run):
    result = run("show", "AAAA")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "AAAA is not a gift's reference" in result.stderr
