"""`fundraising programmes`: load the programme files, and list what is loaded."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.db import transaction
from fundraising.programmes.queries import programmes
from fundraising.programmes.rules import ProgrammeDataError
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource

if TYPE_CHECKING:
    from fundraising.programmes.queries import ProgrammeView
    from fundraising.programmes.services import Loaded

cli = AppGroup("programmes", help="The programmes that people give to.")


@cli.command("load")
@click.option("--json", "as_json", is_flag=True, help="Print what changed as an array of objects.")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with programme files of your own, instead of those that came along.",
)
def load(as_json: bool, folder: Path | None) -> None:
    """Load the programme files; loading again changes nothing.

    An approved figure or unit cost that changed is refused, with nothing loaded: add it as the next version.
    """
    try:
        data = read_folder(folder or resource("programmes/data"))
        with transaction():
            loaded = load_programmes(data)
            if changes := {each.programme: each.total for each in loaded if each.total}:
                record("programmes.loaded", Subject("programmes"), after={"changes": changes})
    except ProgrammeDataError as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps([asdict(item) for item in loaded], indent=2) if as_json else _written(loaded))


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
def list_(as_json: bool, language: str) -> None:
    """List the programmes with their giving options, unit cost and figures."""
    found = programmes(language)
    if as_json:
        click.echo(json.dumps([_as_json(programme) for programme in found], indent=2, ensure_ascii=False))
        return
    for programme in found:
        _print(programme)


def _written(loaded: list[Loaded]) -> str:
    return "\n".join(f"{item.programme}: {_changes(item) if item.total else 'as it was'}" for item in loaded)


def _changes(item: Loaded) -> str:
    return f"{item.added} added, {item.changed} changed, {item.superseded} superseded, {item.removed} removed"


def _print(programme: ProgrammeView) -> None:
    click.echo(f"{programme.code}: {programme.name}")
    for option in programme.options:
        click.echo(f"  option  {option.amount}" + (f"  {option.label}" if option.label else ""))
    if programme.unit_cost:
        click.echo(f"  unit cost {programme.unit_cost.year}  {programme.unit_cost.amount}  {programme.unit_cost.label}")
    for figure in programme.figures:
        click.echo(f"  {figure.kind} {figure.year}  {figure.value}  {figure.label}")


def _as_json(programme: ProgrammeView) -> dict[str, Any]:
    cost = programme.unit_cost
    return {
        "id": programme.id,
        "code": programme.code,
        "name": programme.name,
        "promise": programme.promise,
        "options": [
            {"amount": option.amount.as_json(), "units": option.units, "label": option.label or None}
            for option in programme.options
        ],
        "unit_cost": cost
        and {
            "key": cost.key,
            "year": cost.year,
            "amount": cost.amount.as_json(),
            "label": cost.label,
            "source": cost.source,
        },
        "figures": [asdict(figure) | {"approved_on": figure.approved_on.isoformat()} for figure in programme.figures],
    }
