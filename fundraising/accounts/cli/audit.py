"""`fundraising audit`: sealing the trail, and proving that nobody touched it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from fundraising.accounts.heads import noted_heads
from fundraising.accounts.jobs import audit_seal_job
from fundraising.accounts.queries.trail import chain_rows, is_in_chain
from fundraising.accounts.rules.chain import TrailCutOff
from fundraising.accounts.rules.chain import verify as verify_rows

if TYPE_CHECKING:
    from fundraising.accounts.rules.chain import Verdict

audit = AppGroup("audit", help="Who did what.")


@audit.command("seal")
def seal() -> None:
    """Seal what was written since the last time; the worker does so every five minutes."""
    try:
        audit_seal_job()
    except TrailCutOff as cut:
        raise click.ClickException(str(cut)) from None
    click.echo("sealed")


@audit.command("verify")
@click.option("--head", help="A hash that was printed before and noted elsewhere; it must still be in the chain.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of one object.")
def verify(head: str | None, as_json: bool) -> None:
    """Read the whole trail with its seals; exit status 1 where anything was changed, removed or put in between.

    How far the trail goes is noted in the data folder, so that a trail that was cut off short, or made anew, is found
    out too. Note the printed hash outside this machine now and then: with it as --head, that holds also where somebody
    could change both the database and the data folder.
    """
    noted = noted_heads()
    verdict = verify_rows(chain_rows(), noted)
    lost = head is not None and not is_in_chain(head)
    broken = verdict.broken
    if as_json:
        click.echo(json.dumps([_told(verdict) | {"head_lost": lost}], indent=2))
    else:
        click.echo(f"{verdict.sealed} entries sealed, {verdict.unsealed} not yet; erased: {verdict.erased}")
        click.echo(
            f"broken at entry {broken.entry_id}: {broken.how}" if broken else f"whole; its head is {verdict.head}"
        )
    if verdict.sealed and not noted:
        click.echo("how far it goes is not noted here: a trail that was cut off short would not be seen", err=True)
    if lost:
        click.echo(f"{head} is not in the chain: the trail was cut off or made anew", err=True)
    if broken or lost:
        raise click.exceptions.Exit(1)


def _told(verdict: Verdict) -> dict[str, Any]:
    broken = verdict.broken
    return {
        "sealed": verdict.sealed,
        "unsealed": verdict.unsealed,
        "erased": verdict.erased,
        "head": verdict.head,
        "broken": broken and {"entry": broken.entry_id, "how": broken.how.value},
    }
