"""`fundraising payments show`."""

from __future__ import annotations

import json

import pytest


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


@pytest.mark.parametrize("number", ["0", "9223372036854775808", "99999999999999999999", "9" * 5000, "tr_nothing"])
def test_a_payment_that_cannot_be_is_told(run, number):
    result = run("show", number)
    assert result.exit_code == 1
    assert f"no payment {number}" in result.stderr
