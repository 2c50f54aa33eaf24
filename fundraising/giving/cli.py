"""`fundraising payments`: what Mollie did, and asking Mollie again."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from fundraising.clock import AMSTERDAM
from fundraising.db import transaction
from fundraising.gifts.rules import written_reference
from fundraising.giving import queries
from fundraising.giving.jobs import find_paid_elsewhere, mollie_door, sweep, sync_payment
from fundraising.giving.jobs.looks import TROUBLE
from fundraising.giving.mollie import MollieError
from fundraising.giving.queries.of_gift import promise
from fundraising.giving.queries.trouble import stuck
from fundraising.giving.rules import PaymentStatus
from fundraising.giving.services.hints import TooManyHints
from fundraising.giving.services.trouble import settle_stuck
from fundraising.logs import summary

if TYPE_CHECKING:
    from datetime import datetime

    from fundraising.giving.queries import EventRow, PaymentSummary

cli = AppGroup("payments", help="Payments through Mollie.")


@cli.command("list")
@click.option("--status", type=click.Choice([status.value for status in PaymentStatus]), help="Only this status.")
@click.option("--double", is_flag=True, help="Only forms that were paid more than once: probably to be refunded.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def list_(status: str | None, double: bool, limit: int, as_json: bool) -> None:
    """List payments, the newest first."""
    found = (
        queries.double_payments(most=limit)
        if double
        else queries.payments(PaymentStatus(status) if status else None, most=limit)
    )
    if as_json:
        click.echo(json.dumps([_as_json(payment) for payment in found], indent=2))
        return
    for payment in found:
        click.echo(_line(payment))
    click.echo(f"{len(found)} payment{'' if len(found) == 1 else 's'}")


@cli.command("show")
@click.argument("payment")
@click.option("--json", "as_json", is_flag=True, help="Print an array of one object.")
def show(payment: str, as_json: bool) -> None:
    """Show PAYMENT (Mollie's id or our number) with everything that was seen of it and what the donor told."""
    found = queries.payment(payment)
    promised = promise(found.reference) if found else None
    if found is None or promised is None:
        raise click.ClickException(f"no payment {payment}")
    events = queries.payment_events(found.payment_id)
    if as_json:
        told = {"source_code": promised.source_code or None, "message": promised.message or None}
        shown = {**_as_json(found), **told, "events": [_event_as_json(event) for event in events]}
        click.echo(json.dumps([shown], indent=2))
        return
    click.echo(_line(found))
    for event in events:
        click.echo(
            f"  {event.occurred_on}  {event.kind:<10}  {event.provider_ref:<28}  {event.state:<11}  {event.amount}"
        )
    for name, text in (("error", found.error), ("came from", promised.source_code), ("message", promised.message)):
        if text:
            click.echo(f"  {name}: {text}")


@cli.command("sync")
@click.argument("payment", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print an array of one object: what was done, or PAYMENT.")
def sync(payment: str | None, as_json: bool) -> None:
    """Ask Mollie about PAYMENT (Mollie's id), or about everything that may have moved."""
    try:
        if payment is None:
            _sweep(as_json=as_json)
        elif not sync_payment(mollie_door(), payment):
            raise click.ClickException(f"{payment} is known to Mollie, but not ours")
    except TROUBLE as trouble:
        raise click.ClickException(summary(trouble)) from None
    if payment is not None and as_json and (found := queries.payment(payment)):
        click.echo(json.dumps([_as_json(found)], indent=2))


@cli.command("compare")
@click.argument("since", type=click.DateTime(["%Y-%m-%d"]))
def compare(since: datetime) -> None:
    """List what was paid at Mollie since a day and is not booked here, as after a restore; each is looked at."""
    try:
        missing = find_paid_elsewhere(mollie_door(), since.replace(tzinfo=AMSTERDAM))
    except (MollieError, TooManyHints) as trouble:
        raise click.ClickException(summary(trouble)) from None
    for row in missing:
        click.echo(f"{row.provider_id:<24}  {row.created_at.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}  {row.amount!s:>12}")
    click.echo(f"{len(missing)} not booked here")


@cli.command("stuck")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def list_stuck(limit: int, as_json: bool) -> None:
    """List what Mollie says and cannot be booked, with why: payments, and webhooks that were put aside."""
    found = stuck(most=limit)
    if as_json:
        click.echo(json.dumps([asdict(each) | {"since": each.since.isoformat()} for each in found], indent=2))
        return
    for each in found:
        reference = written_reference(each.reference) if each.reference else "-"
        click.echo(f"{each.name:<24}  {each.since.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}  {reference}  {each.error}")
    click.echo(f"{len(found)} stuck")


@cli.command("settle")
@click.argument("payment")
@click.option("--reason", required=True, help="What was found out, and what was done about it.")
def settle(payment: str, reason: str) -> None:
    """Try no more to book PAYMENT (as `stuck` names it), until Mollie has something new to tell of it."""
    try:
        with transaction():
            settle_stuck(payment, reason)
    except LookupError:
        raise click.ClickException(f"nothing of {payment} is stuck") from None
    click.echo("settled")


def _sweep(*, as_json: bool) -> None:
    swept = sweep(mollie_door())
    in_words = f"hints {swept.hints}, payments {swept.payments}, adopted {swept.adopted}, failed {swept.failed}"
    click.echo(json.dumps([asdict(swept)], indent=2) if as_json else in_words)
    if swept.failed:
        raise click.ClickException(f"{swept.failed} could not be synchronised; they are tried again")


def _line(payment: PaymentSummary) -> str:
    made = payment.created_at.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M")
    reference = written_reference(payment.reference)
    return (
        f"{payment.payment_id:>7}  {made}  {reference}  {payment.amount!s:>12}"
        f"  {payment.status:<10}  {payment.method:<12}  {payment.provider_id}"
    )


def _as_json(payment: PaymentSummary) -> dict[str, Any]:
    return {
        "id": payment.payment_id,
        "provider_id": payment.provider_id or None,
        "donation": payment.reference,
        "attempt": payment.attempt,
        "amount": payment.amount.as_json(),
        "method": payment.method or None,
        "mode": payment.mode,
        "status": payment.status,
        "created_at": payment.created_at.isoformat(),
        "paid_at": payment.paid_at.isoformat() if payment.paid_at else None,
        "error": payment.error or None,
    }


def _event_as_json(event: EventRow) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "provider_ref": event.provider_ref,
        "state": event.state,
        "amount": event.amount.as_json(),
        "occurred_on": event.occurred_on.isoformat(),
        "observed_at": event.observed_at.isoformat(),
    }
