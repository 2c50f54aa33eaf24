"""Reading a programme's file: what is accepted, and that every fault is named with the file and the key."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from fundraising.money import Euro
from fundraising.programmes.rules import FigureKind, ProgrammeDataError, current_unit_cost, read_programme
from fundraising.resources import resource

SHIPPED = sorted(resource("programmes/data").glob("*.toml"))
FAMILIES = resource("programmes/data/achterblijvers.toml").read_text(encoding="utf-8")


def faults(text: str) -> list[str]:
    with pytest.raises(ProgrammeDataError) as caught:
        read_programme("x.toml", text)
    return caught.value.faults


def changed(old: str, new: str) -> str:
    assert old in FAMILIES
    return FAMILIES.replace(old, new, 1)


def test_the_unit_cost_of_the_latest_year_holds_in_whatever_version() -> None:
    cost = read_programme("x.toml", FAMILIES).unit_costs[0]
    latest = replace(cost, year=cost.year + 1)
    assert current_unit_cost([replace(cost, version=2), latest, cost]) is latest


def test_the_published_amounts_and_figures_ship() -> None:
    work, families = (read_programme(p.name, p.read_text(encoding="utf-8")) for p in reversed(SHIPPED))

    assert [option.amount for option in work.options] == [Euro.of(500), Euro.of(1000), Euro.of(2000)]
    assert [(option.amount, option.units) for option in families.options] == [
        (Euro.of(1300), 1),
        (Euro.of(2600), 2),
        (Euro.of(3900), 3),
    ]
    assert [cost.amount for cost in families.unit_costs] == [Euro.of(1300)]
    assert work.unit_costs == ()
    assert {(f.year, f.kind, f.key, f.value) for f in (*work.figures, *families.figures)} == {
        (2026, FigureKind.TARGET, "sos-group", 17),
        (2026, FigureKind.TARGET, "sos-individual", 70),
        (2026, FigureKind.TARGET, "back-to-the-future", 48),
        (2026, FigureKind.TARGET, "work-orientation", 44),
        (2026, FigureKind.TARGET, "placed-in-work", 41),
        (2026, FigureKind.TARGET, "coached-at-work", 26),
        (2024, FigureKind.REALISED, "relatives", 192),
        (2024, FigureKind.REALISED, "one-parent-families", 26),
        (2024, FigureKind.REALISED, "helpline", 471),
        (2025, FigureKind.TARGET, "relatives", 195),
        (2025, FigureKind.TARGET, "one-parent-families", 35),
        (2025, FigureKind.TARGET, "helpline", 485),
    }


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_target_is_not_worded_as_a_result(path) -> None:
    data = read_programme(path.name, path.read_text(encoding="utf-8"))
    done = re.compile(
        r"\b(supported|helped|placed|coached|given|reached|gesteund|geholpen|bemiddeld|begeleid|bereikt)\b"
    )
    for figure in data.figures:
        if figure.kind is FigureKind.TARGET:
            assert not done.search(figure.label["nl"] + " / " + figure.label["en"])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_copy_names_no_amount_and_quotes_nobody(path) -> None:
    data = read_programme(path.name, path.read_text(encoding="utf-8"))
    for place, text in data.copy.items():
        assert not re.search(r"€|\beuros?\b", text), place
        assert not re.search(r"[“”„\"‘]", text), place


def test_a_file_that_is_not_toml_says_where() -> None:
    assert "x.toml: is not TOML" in faults("code = ")[0]


def test_an_empty_file_names_everything_that_is_missing() -> None:
    assert faults("") == [
        "x.toml: code is missing",
        "x.toml: position is missing",
        "x.toml: copy is missing",
        *[
            f"x.toml: copy.{language}{key} is missing"
            for language in ("nl", "en")
            for key in ("", ".name", ".promise", ".summary", ".gift", ".transfer_purpose")
        ],
        "x.toml: options is missing",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("position = 2", "position = 2\ncolour = 3", "colour is not a key that is known here"),
        ("position = 2", 'position = "2"', "position must be a whole number, not '2'"),
        ("position = 2", "position = true", "position must be a whole number, not True"),
        ("position = 2", "position = 0", "position must be 1 or more, not 0"),
        ('unit_one = "gezin"\n', "", "copy.nl.unit_one is missing"),
        ('unit_one = "gezin"', 'unit_one = " "', "copy.nl.unit_one is empty"),
        ("[copy.en]", "[copy.de]", "copy.en is missing"),
        ("[copy.en]", "[copy.de]", "copy.de is not a key that is known here"),
        ('title.en = "A volunteer at home"\n', "", "points[1].title.en is missing"),
        (
            'title.en = "A volunteer at home"',
            f'title.en = "{"x" * 81}"',
            "points[1].title.en is longer than 80 characters",
        ),
        ('amount = "1300.00"', "amount = 1300", "options[1].amount must be text, not 1300"),
        ('amount = "1300.00"', 'amount = "1300"', "options[1].amount must be an amount above 0"),
        ('amount = "1300.00"', 'amount = "-1300.00"', "options[1].amount must be an amount above 0"),
        ('amount = "1300.00"', 'amount = "1301.00"', "options 1301.00 is not 1 times the unit cost"),
        ('amount = "1300.00"', 'amount = "2600.00"', "options has 2600.00 twice"),
        ("units = 1", "units = 4", "options 1300.00 is not 4 times the unit cost"),
        ("value = 192", "value = -1", "figures[1].value must be 0 or more, not -1"),
        ("value = 192", "value = 192.5", "figures[1].value must be a whole number, not 192.5"),
        ("year = 2024", "year = 24", "figures[1].year must be a year, not 24"),
        ('kind = "realised"', 'kind = "hoped"', "figures[1].kind must be target or realised, not 'hoped'"),
        ("value = 192", "value = 192\nversion = 2", "figures 2024 relatives realised has versions [2]"),
        ("value = 26", 'value = 26\nextra = "x"', "figures[2].extra is not a key that is known here"),
        ("[[figures]]", "[figures]", "is not TOML"),
        ("position = 2", "position = 2\npoints = [1]", "is not TOML"),
    ],
)
def test_a_fault_is_named_with_its_key(old, new, fault) -> None:
    found = faults(changed(old, new))
    assert any(line.startswith("x.toml: ") and fault in line for line in found), found


def test_all_faults_of_a_file_are_named_together() -> None:
    text = (
        changed("position = 2", "position = 0").replace("value = 192", 'value = "many"').replace("year = 2025", "", 1)
    )
    assert faults(text) == [
        "x.toml: position must be 1 or more, not 0",
        "x.toml: unit_costs[1].year is missing",
        "x.toml: unit_costs[1].year must be a year, not 1",
        "x.toml: figures[1].value must be a whole number, not 'many'",
    ]


def test_approval_is_whole_or_absent() -> None:
    figures = FAMILIES.index("[[figures]]")
    head, tail = FAMILIES[:figures], FAMILIES[figures:]
    assert faults(head + tail.replace("approved_on = 2026-11-22\n", "", 1)) == [
        "x.toml: figures[1].approved_on is missing"
    ]
    assert faults(head + tail.replace("2026-11-22", "2026-11-22T10:00:00", 1)) == [
        "x.toml: figures[1].approved_on must be a date, not datetime.datetime(2026, 11, 22, 10, 0)"
    ]


def test_options_that_are_no_tables_are_refused() -> None:
    assert "x.toml: options must be tables" in faults("options = [1]")
    assert "x.toml: options must be a list of tables, not 'much'" in faults('options = "much"')
