"""`fundraising jobs`, `mail` and `alerts`: what goes on by itself, and how it goes."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import click
from flask.cli import AppGroup

from fundraising import mailer, tasks
from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.clock import AMSTERDAM, now
from fundraising.db import LARGEST_NUMBER, transaction
from fundraising.logs import summary
from fundraising.mailer import MailState
from fundraising.operations.queries import alerts as all_alerts
from fundraising.operations.queries import jobs as all_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fundraising.mailer import MailRow
    from fundraising.operations.queries import AlertRow, JobRow

Row = TypeVar("Row", "JobRow", "MailRow", "AlertRow")

jobs = AppGroup("jobs", help="What is done again and again.")
mail = AppGroup("mail", help="The outbox.")
alerts = AppGroup("alerts", help="What stalled or failed.")

_NUMBER = click.IntRange(1, LARGEST_NUMBER)
_UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))

_as_json = click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
_full = click.option("--full", is_flag=True, help="Show addresses in full.")


@jobs.command("list")
@_as_json
def list_jobs(as_json: bool) -> None:
    """List the jobs with their last runs."""
    rows = all_jobs(now())
    _print(rows, _job_line, as_json=as_json)


@jobs.command("run")
@click.argument("name")
def run(name: str) -> None:
    """Run the job NAME now, whatever its schedule says; exit status 1 where it fails."""
    if name not in tasks.JOBS:
        raise click.ClickException(f"no job {name}; there are {', '.join(sorted(tasks.JOBS))}")
    try:
        tasks.run_job(name)
    except Exception as error:  # noqa: BLE001  whatever a job raises; the log tells where it came from
        raise click.ClickException(f"{name} failed: {summary(error)}") from None
    click.echo(f"{name}: done")


@mail.command("list")
@click.option("--state", type=click.Choice([state.value for state in MailState]), help="Only this state.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@_full
@_as_json
def list_mail(state: str | None, limit: int, full: bool, as_json: bool) -> None:
    """List mails, the newest first."""
    states = [MailState(state)] if state else []
    _print([_shown(row, full=full) for row in mailer.outbox(*states, limit=limit)], _mail_line, as_json=as_json)


@mail.command("show")
@click.argument("number", type=_NUMBER)
def show(number: int) -> None:
    """Show the mail NUMBER with its address and text."""
    found = mailer.texts(number)
    if found is None:
        raise click.ClickException(f"no mail {number}")
    row, text = found
    for name, value in asdict(row).items():
        click.echo(f"{name:<12}  {_written(value)}")
    click.echo(f"\n{text or _emptied()}")


@mail.command("retry")
@click.argument("numbers", type=_NUMBER, nargs=-1, metavar="[NUMBER]...")
@click.option("--failed", is_flag=True, help="All that were given up.")
@_as_json
def retry(numbers: tuple[int, ...], failed: bool, as_json: bool) -> None:
    """Try mails anew, from the first try on: these, or with --failed all that were given up."""
    if bool(numbers) == failed:
        raise click.UsageError("name the mails, or give --failed")
    with transaction():
        count = mailer.retry(*numbers)
        if count:
            record("mail.retried", Subject("mail"), after={"rows": count})
    click.echo(json.dumps([{"retried": count}], indent=2) if as_json else f"{count} to be tried again")
    if count < len(numbers):
        raise click.ClickException("the others are not there, or are sent")


@alerts.command("list")
@_as_json
def list_alerts(as_json: bool) -> None:
    """List what stalled or failed, open alerts first."""
    _print(all_alerts(), _alert_line, as_json=as_json)


def _print(rows: Iterable[Row], line: Callable[[Row], str], *, as_json: bool) -> None:
    if as_json:
        told = [{name: _json_value(value) for name, value in asdict(row).items()} for row in rows]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(line(row))


def _json_value(value: object) -> object:
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    return value.isoformat() if isinstance(value, datetime) else value


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}"
    return "-" if value is None or value == "" else str(value)


def _job_line(row: JobRow) -> str:
    state = "stalled" if row.stalled else f"{row.failures} failures" if row.failures else "ok"
    line = f"{row.name:<20}  {_rhythm(row.every):<16}  last {_written(row.succeeded_at):<16}  {state}  {row.error}"
    return line.rstrip()


def _rhythm(every: timedelta) -> str:
    """How often, in the largest unit of which it is a whole number; jobs are scheduled by the minute."""
    unit, name = next((unit, name) for unit, name in _UNITS if not every % unit)
    return f"every {name}" if every == unit else f"every {every // unit} {name}s"


def _mail_line(row: MailRow) -> str:
    when, whom = _written(row.sent_at or row.created_at), _written(row.recipient)
    line = f"{row.id:>7}  {when}  {row.state:<8}  {row.attempts}x  {row.kind:<16}  {whom}  {row.last_error}"
    return line.rstrip()


def _emptied() -> str:
    return f"Emptied: who it went to and what it said are kept for {mailer.KEPT.days} days."


def _alert_line(row: AlertRow) -> str:
    state = f"over {_written(row.cleared_at)}" if row.cleared_at else "open"
    return f"{_written(row.raised_at)}  {state:<21}  {row.name}: {row.detail}"


def _shown(row: MailRow, *, full: bool) -> MailRow:
    if full or not row.recipient:
        return row
    local, _, domain = row.recipient.rpartition("@")
    return replace(row, recipient=f"{local[:1]}***@{domain}", last_error=row.last_error.replace(row.recipient, "***"))
