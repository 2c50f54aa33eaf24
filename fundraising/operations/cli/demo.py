"""`fundraising demo`: examples for a ledger that is only tried out, a handful or as many as ten years bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from fundraising.db import session, transaction
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.jobs import mollie_door
from fundraising.operations.services.demo import NotForDemo, seed_demo
from fundraising.operations.services.demo.scale import Scale, check_room, contact_steps, gift_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_USUAL = Scale()
_size = click.IntRange(0, 10_000_000)


@click.command()
@click.option("--scale", "at_scale", is_flag=True, help="Not a handful but a whole database, to measure on.")
@click.option("--contacts", type=_size, default=_USUAL.contacts, show_default=True, help="With --scale: how many.")
@click.option("--gifts", type=_size, default=_USUAL.gifts, show_default=True, help="With --scale: how many.")
@click.option("--seed", type=int, default=_USUAL.seed, show_default=True, help="With --scale: the same makes the same.")
@click.option("--beside", is_flag=True, help="With --scale: also where there are contacts already.")
@with_appcontext
def demo(at_scale: bool, contacts: int, gifts: int, seed: int, beside: bool) -> None:
    """Put invented givers and gifts in a ledger that is only tried out; a handful again does nothing."""
    if mollie_door().mode is LedgerMode.LIVE:
        raise click.ClickException("MOLLIE_API_KEY is a live key: this ledger is for real money")
    try:
        if at_scale:
            _fill(Scale(contacts=contacts, gifts=gifts, seed=seed), beside=beside)
        else:
            _seed()
    except NotForDemo as error:
        raise click.ClickException(str(error)) from None


def _seed() -> None:
    with transaction():
        seeded = seed_demo()
    click.echo(f"{seeded} gifts" if seeded else "The examples were there already.")


def _fill(scale: Scale, *, beside: bool) -> None:
    check_room(beside_what_stands=beside)
    session().rollback()
    if scale.gifts and not scale.contacts:
        raise click.UsageError("gifts come from contacts: give --contacts too")
    _take("contacts", scale.contacts, contact_steps(scale))
    _take("gifts", scale.gifts, gift_steps(scale))
    click.echo(f"{scale.contacts:,} contacts and {scale.gifts:,} gifts")


def _take(what: str, total: int, steps: Iterator[tuple[int, Callable[[], object]]]) -> None:
    """Take the steps one by one, each in a transaction: what is there stays there when it is stopped."""
    with click.progressbar(length=total, label=f"{what:<9}") as bar:
        for count, step in steps:
            with transaction():
                step()
            bar.update(count)
