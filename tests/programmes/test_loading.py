"""Loading programmes and reading them back, on both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select

from fundraising.accounts.models import AuditEntry
from fundraising.db import db, session, transaction
from fundraising.money import Euro
from fundraising.programmes.cli import cli
from fundraising.programmes.models import Figure, UnitCost
from fundraising.programmes.queries import FigureGroup, programme, programme_names, programmes
from fundraising.programmes.rules import FigureKind, ProgrammeDataError
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource

if TYPE_CHECKING:
    from pathlib import Path

    from fundraising.programmes.services import Loaded

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped files, to change."""
    target = tmp_path / "data"
    target.mkdir()
    for file in resource("programmes/data").glob("*.toml"):
        (target / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    return target


def load(folder: Path) -> list[Loaded]:
    with transaction():
        return load_programmes(read_folder(folder))


def change(folder: Path, old: str, new: str, *, file: str = "achterblijvers.toml") -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def append(folder: Path, text: str) -> None:
    file = folder / "achterblijvers.toml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def figure(*, version: int, value: int, approved: bool = True) -> str:
    approval = 'approved_by = "Board"\napproved_on = 2026-12-01\n' if approved else ""
    return f"""
[[figures]]
year = 2024
key = "relatives"
kind = "realised"
version = {version}
value = {value}
label.nl = "naasten gesteund"
label.en = "relatives supported"
source = "Report of 2024, corrected"
{approval}"""


def relatives() -> list[tuple[int, int | None]]:
    """(version, the version that supersedes it) of the realised relatives of 2024."""
    rows = (
        session()
        .scalars(
            select(Figure).where(Figure.key == "relatives", Figure.kind == FigureKind.REALISED).order_by(Figure.version)
        )
        .all()
    )
    versions = {row.id: row.version for row in rows}
    return [(row.version, versions.get(row.superseded_by_id)) for row in rows]


def shown(key: str = "relatives", year: int = 2024) -> list[int]:
    view = programme("achterblijvers", "nl")
    return [figure.value for figure in view.figures if (figure.key, figure.year) == (key, year)]


def test_a_programme_is_read_in_both_languages(folder) -> None:
    load(folder)
    work, families = programmes("nl")

    assert (work.code, families.code) == ("herstelwerk", "achterblijvers")
    assert families.name == "Aandacht voor Achterblijvers"
    assert programme("achterblijvers", "en").name == "Families Left Behind"
    assert [option.label for option in families.options] == ["1 gezin", "2 gezinnen", "3 gezinnen"]
    assert [option.label for option in programme("achterblijvers", "en").options] == [
        "1 family",
        "2 families",
        "3 families",
    ]
    assert [option.label for option in work.options] == ["", "", ""]
    assert work.unit_cost is None
    assert len(work.points) == 5
    assert all(point.title and point.text for point in (*work.points, *families.points))
    assert "\n" not in work.summary


def test_units_are_named_only_for_whole_multiples(folder) -> None:
    load(folder)
    cost = programme("achterblijvers", "nl").unit_cost

    assert (cost.units(Euro.of(1300)), cost.units(Euro.of(2600))) == (1, 2)
    assert cost.units(Euro.of(1000)) is None
    assert cost.units(Euro(130_001)) is None
    assert cost.units(Euro(0)) is None
    assert (cost.written(1), cost.written(2)) == ("1 gezin", "2 gezinnen")


def test_figures_stand_by_year_and_results_before_aims(folder) -> None:
    load(folder)
    groups = programme("achterblijvers", "nl").figure_groups

    assert [(group.year, group.is_target) for group in groups] == [(2024, False), (2025, True)]
    assert isinstance(groups[0], FigureGroup)
    assert [figure.value for figure in groups[0].figures] == [192, 26, 471]
    assert [figure.value for figure in groups[1].figures] == [195, 35, 485]
    assert all(figure.is_target for figure in groups[1].figures)


def test_an_unknown_code_is_nobody(folder) -> None:
    load(folder)
    assert programme("staatsloterij", "nl") is None


def test_names_by_id(folder) -> None:
    load(folder)
    assert {name.code: name.name for name in programme_names("en").values()} == {
        "herstelwerk": "HerstelWerk",
        "achterblijvers": "Families Left Behind",
    }


def test_reading_all_programmes_takes_five_queries(folder) -> None:
    load(folder)
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    programmes("nl")
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 5


def test_loading_again_changes_nothing(folder) -> None:
    first = load(folder)
    assert all(item.added > 0 and item.changed == item.superseded == item.removed == 0 for item in first)
    ids = {row.id for row in session().scalars(select(Figure))}

    assert [item.total for item in load(folder)] == [0, 0]
    assert {row.id for row in session().scalars(select(Figure))} == ids


def test_copy_and_options_follow_the_file(folder) -> None:
    load(folder)
    change(folder, 'promise = "Er is iemand voor het gezin dat thuis verdergaat."', 'promise = "Wij blijven."')
    change(folder, '[[options]]\namount = "3900.00"\nunits = 3\n', '[[options]]\namount = "5200.00"\nunits = 4\n')
    loaded = {item.programme: item for item in load(folder)}["achterblijvers"]

    view = programme("achterblijvers", "nl")
    assert view.promise == "Wij blijven."
    assert [option.amount for option in view.options] == [Euro.of(1300), Euro.of(2600), Euro.of(5200)]
    assert (loaded.added, loaded.changed, loaded.removed) == (1, 1, 1)


def test_a_changed_approved_figure_is_refused_and_nothing_changes(folder) -> None:
    load(folder)
    change(folder, "value = 192", "value = 200")
    change(folder, "value = 471", "value = 500")
    change(folder, 'promise = "Er is iemand voor het gezin dat thuis verdergaat."', 'promise = "Wij blijven."')
    change(folder, "value = 17", "value = 18", file="herstelwerk.toml")

    with pytest.raises(ProgrammeDataError) as caught:
        load(folder)

    assert [fault.split(";")[0] for fault in caught.value.faults] == [
        "achterblijvers.toml: figures 2024 relatives realised version 1 is approved with value 192 and now says 200",
        "achterblijvers.toml: figures 2024 helpline realised version 1 is approved with value 471 and now says 500",
        "herstelwerk.toml: figures 2026 sos-group target version 1 is approved with value 17 and now says 18",
    ]
    session().expire_all()
    assert shown() == [192]
    assert programme("achterblijvers", "nl").promise != "Wij blijven."


def test_an_approved_figure_that_is_gone_is_refused(folder) -> None:
    load(folder)
    change(folder, 'key = "relatives"\nkind = "realised"', 'key = "kin"\nkind = "realised"')
    with pytest.raises(ProgrammeDataError, match="figures 2024 relatives realised version 1 is approved and is gone"):
        load(folder)


def test_approval_cannot_be_taken_back(folder) -> None:
    load(folder)
    text = (folder / "herstelwerk.toml").read_text(encoding="utf-8")
    approval = 'approved_by = "Gevangenzorg Nederland"\napproved_on = 2026-11-22\n'
    (folder / "herstelwerk.toml").write_text(text.replace(approval, "", 1), encoding="utf-8")
    with pytest.raises(
        ProgrammeDataError, match="is approved with approved_by Gevangenzorg Nederland and now says None"
    ):
        load(folder)


def test_a_better_figure_supersedes_and_the_old_one_stays(folder) -> None:
    load(folder)
    append(folder, figure(version=2, value=194))
    loaded = {item.programme: item for item in load(folder)}["achterblijvers"]

    assert relatives() == [(1, 2), (2, None)]
    assert shown() == [194]
    assert (loaded.added, loaded.superseded, loaded.changed) == (1, 1, 0)
    assert [item.total for item in load(folder)] == [0, 0]


def test_a_draft_is_kept_unseen_and_supersedes_nothing_until_it_is_approved(folder) -> None:
    load(folder)
    append(folder, figure(version=2, value=193, approved=False))
    load(folder)
    assert (relatives(), shown()) == ([(1, None), (2, None)], [192])

    change(folder, "value = 193", "value = 195")  # a draft may still change
    load(folder)
    assert shown() == [192]

    append(folder, figure(version=3, value=196))
    load(folder)
    assert (relatives(), shown()) == ([(1, 3), (2, None), (3, None)], [196])


def test_a_draft_may_be_dropped(folder) -> None:
    before = (folder / "achterblijvers.toml").read_text(encoding="utf-8")
    append(folder, figure(version=2, value=193, approved=False))
    load(folder)
    (folder / "achterblijvers.toml").write_text(before, encoding="utf-8")

    assert {item.programme: item.removed for item in load(folder)} == {"achterblijvers": 1, "herstelwerk": 0}
    assert relatives() == [(1, None)]


def test_a_unit_cost_is_fixed_and_superseded_like_a_figure(folder) -> None:
    load(folder)
    source = (folder / "achterblijvers.toml").read_text(encoding="utf-8")
    (folder / "achterblijvers.toml").write_text(source.replace("1300.00", "1400.00").replace("units = ", "# "), "utf-8")
    with pytest.raises(ProgrammeDataError, match="unit_costs 2025 family version 1 is approved with amount"):
        load(folder)

    start, end = source.index("[[unit_costs]]"), source.index("[[figures]]")
    second = source[start:end].replace('amount = "1300.00"', 'amount = "1400.00"\nversion = 2')
    options = source.replace("units = ", "# units = ")
    (folder / "achterblijvers.toml").write_text(options + "\n" + second, "utf-8")
    load(folder)

    assert programme("achterblijvers", "nl").unit_cost.amount == Euro.of(1400)
    old, new = session().scalars(select(UnitCost).order_by(UnitCost.version)).all()
    assert (old.amount, old.superseded_by_id, new.superseded_by_id) == (Euro.of(1300), new.id, None)


def test_a_programme_that_gifts_point_to_keeps_its_file(folder) -> None:
    load(folder)
    (folder / "herstelwerk.toml").unlink()
    with pytest.raises(ProgrammeDataError, match="herstelwerk: has no file any more"):
        load(folder)


def test_faults_of_all_files_are_named_together(folder) -> None:
    change(folder, "position = 2", "position = -2")
    change(folder, "position = 1", 'code2 = ""\nposition = 1', file="herstelwerk.toml")
    with pytest.raises(ProgrammeDataError) as caught:
        read_folder(folder)
    assert caught.value.faults == [
        "achterblijvers.toml: position must be 1 or more, not -2",
        "herstelwerk.toml: code2 is not a key that is known here",
    ]


def test_two_files_cannot_share_a_code(folder) -> None:
    change(folder, 'code = "achterblijvers"', 'code = "herstelwerk"')
    with pytest.raises(ProgrammeDataError, match="code herstelwerk stands in another file too"):
        read_folder(folder)


def test_a_folder_without_files_is_refused(tmp_path) -> None:
    with pytest.raises(ProgrammeDataError, match="holds no programme files"):
        read_folder(tmp_path)


def test_a_file_that_is_no_text_is_named(folder) -> None:
    (folder / "other.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProgrammeDataError, match=r"other\.toml: is not text in UTF-8"):
        read_folder(folder)


def test_the_command_loads_what_ships(runner, app) -> None:
    first = runner.invoke(cli, ["load", "--json"])
    again = runner.invoke(cli, ["load"])

    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert [item["programme"] for item in json.loads(first.output)] == ["achterblijvers", "herstelwerk"]
    assert again.output == "achterblijvers: as it was\nherstelwerk: as it was\n"
    with app.app_context():
        # What changed is in the trail; loading again changed nothing.
        assert session().scalars(select(AuditEntry.action)).all() == ["programmes.loaded"]


def test_the_command_says_what_changed(runner, folder) -> None:
    runner.invoke(cli, ["load", "--from", str(folder)])
    append(folder, figure(version=2, value=194))
    result = runner.invoke(cli, ["load", "--from", str(folder)])
    assert "achterblijvers: 1 added, 0 changed, 1 superseded, 0 removed\n" in result.output


def test_the_command_refuses_loudly(runner, folder) -> None:
    runner.invoke(cli, ["load"])
    change(folder, "value = 192", "value = 200")
    result = runner.invoke(cli, ["load", "--from", str(folder)])

    assert result.exit_code == 1
    assert "- achterblijvers.toml: figures 2024 relatives realised version 1" in result.output
    assert session().scalar(select(func.count()).select_from(Figure).where(Figure.value == 200)) == 0


def test_the_command_lists(runner) -> None:
    runner.invoke(cli, ["load"])
    listed = json.loads(runner.invoke(cli, ["list", "--json"]).output)
    text = runner.invoke(cli, ["list", "--language", "en"]).output

    assert [item["code"] for item in listed] == ["herstelwerk", "achterblijvers"]
    assert listed[0]["options"][1]["amount"] == {"amount": "1000.00", "currency": "EUR"}
    assert listed[1]["unit_cost"]["amount"] == {"amount": "1300.00", "currency": "EUR"}
    assert listed[0]["figures"][0] == {
        "key": "sos-group",
        "year": 2026,
        "kind": "target",
        "value": 17,
        "label": "groepscursussen SOS",
        "source": "Factsheet HerstelWerk, targets 2026",
        "approved_on": "2026-11-22",
    }
    assert "target 2026  17  SOS group courses" in text
    assert "€\u00a01.300  1 family" in text
