"""The command that brings a spreadsheet in; each kind puts it among its own commands."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from fundraising.db import session, transaction
from fundraising.documents import TooLarge, store
from fundraising.imports import services
from fundraising.imports.jobs import work_on
from fundraising.imports.queries import remembered, rows, run
from fundraising.imports.rules import (
    BadMapping,
    Columns,
    ImportRefusal,
    ImportState,
    Outcome,
    RefusedRows,
    proposals,
)
from fundraising.imports.services.reading import AREA
from fundraising.money import Euro

if TYPE_CHECKING:
    from fundraising.imports.queries import RunView
    from fundraising.imports.services.kinds import Kind

_MOST = 1 << 30
_TOLD = 20


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was typed after the command."""

    count: int | None
    totals: dict[str, int]
    leave_out: bool


def import_command(kind: Kind) -> click.Command:
    """`import FILE` for one kind of rows."""
    parameters: list[click.Parameter] = [
        click.Argument(["file"], type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.Option(["--accept/--dry-run"], help="Bring it in when the count agrees; without it only tell."),
        click.Option(["--count"], type=click.IntRange(min=0), help="How many rows there should be."),
        click.Option(["--map", "mapping"], multiple=True, metavar="HEADER=MEANING", help="What a column means."),
        click.Option(["--choose", "choices"], multiple=True, metavar="NAME=VALUE", help="What holds for all rows."),
    ]
    if kind.tallied:
        help_ = "What a year's gifts should add up to; once for each year."
        parameters.append(click.Option(["--total", "totals"], multiple=True, metavar="YEAR=AMOUNT", help=help_))
    if not kind.whole:
        parameters.append(click.Option(["--leave-out-errors", "leave_out"], is_flag=True, help="Leave bad rows out."))

    @with_appcontext
    def command(**typed: Any) -> None:  # noqa: ANN401  click's options
        _bring(kind, typed)

    return click.Command("import", params=parameters, callback=command, help=f"Bring {kind.name} in from FILE.")


def _bring(kind: Kind, typed: dict[str, Any]) -> None:
    wish = _Wish(
        typed["count"],
        {year: _cents(amount) for year, amount in _pairs(typed.get("totals", ()))},
        typed.get("leave_out", False),
    )
    if typed["accept"] and wish.count is None:
        raise click.UsageError("--accept needs --count: how many rows there should be")
    number = _uploaded(kind, typed["file"])
    try:
        _choose(kind, number, dict(_pairs(typed["mapping"])), dict(_pairs(typed["choices"])))
        found = _worked(number, wish.count)
        _tell(found)
        if typed["accept"]:
            _accept(number, wish)
    except ImportRefusal as refusal:
        raise click.ClickException(f"{type(refusal).__name__}: {refusal}") from None
    if not typed["accept"]:
        with transaction():
            services.discard(number)


def _uploaded(kind: Kind, file: Path) -> int:
    with file.open("rb") as stream:
        try:
            stored = store(stream, area=AREA, most=_MOST)
        except TooLarge as wrong:
            raise click.ClickException(str(wrong)) from None
    with transaction():
        return services.upload(kind.name, file.name, stored)


def _choose(kind: Kind, number: int, mapping: dict[str, str], choices: dict[str, str]) -> None:
    found = _worked(number, None)
    if found.state is ImportState.REFUSED:
        where = f", line {found.problem['line']}" if found.problem.get("line") else ""
        raise click.ClickException(f"the file cannot be read: {found.problem['code']}{where}")
    before = remembered(kind.name, found.shape)
    columns = Columns(found.headers, found.samples)
    meant = dict(before.mapping if before else proposals(columns, kind.meanings))
    for header, meaning in mapping.items():
        if header not in found.headers:
            raise click.ClickException(f"no column {header!r}; there are {', '.join(found.headers)}")
        meant[found.headers.index(header)] = meaning
    told = {**(before.choices if before else {}), **choices}
    try:
        with transaction():
            services.choose_columns(number, {index: code for index, code in meant.items() if code}, told)
    except BadMapping as bad:
        raise click.ClickException(f"these columns cannot be used: {bad}") from None


def _worked(number: int, length: int | None) -> RunView:
    """The import when there is nothing to do on it for now."""
    with click.progressbar(length=length or 0, label="Rows", file=sys.stderr) as bar:
        while (found := run(number)).at_work:
            session().rollback()
            work_on(number, found.state, bar.update)
    session().rollback()
    return run(number)


def _accept(number: int, wish: _Wish) -> None:
    with transaction():
        services.accept(number, expected_rows=wish.count or 0, expected_totals=wish.totals, leave_out=wish.leave_out)
    found = _worked(number, None)
    if found.state is not ImportState.ACCEPTED:
        raise RefusedRows(found.refused) if found.refused else click.ClickException(f"import {number}: {found.state}")
    click.echo(f"import {number}: brought in")


def _tell(found: RunView) -> None:
    click.echo(f"import {found.run_id}: {found.row_count} rows")
    for outcome, count in found.outcomes.items():
        click.echo(f"  {outcome.value:<10} {count}")
    if found.doubtful:
        click.echo(f"  {'doubtful':<10} {found.doubtful}")
    for name, cents in found.totals.items():
        click.echo(f"  {name:<10} {Euro(cents).written()}")
    for row in rows(found.run_id, outcome=Outcome.ERROR, limit=_TOLD):
        for reason in row.reasons:
            click.echo(f"  line {row.line}: {reason.code} {reason.column} {reason.value}".rstrip(), err=True)


def _pairs(typed: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = [each.partition("=") for each in typed]
    if any(not middle for _, middle, _ in pairs):
        raise click.UsageError("write it as NAME=VALUE")
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _cents(amount: str) -> int:
    try:
        return Euro.parse(amount).cents
    except ValueError:
        raise click.UsageError(f"{amount!r} is not an amount") from None
