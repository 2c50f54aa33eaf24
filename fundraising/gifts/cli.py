"""`fundraising gifts`: what stands in the ledger, for people and for programs."""

from __future__ import annotations

import json
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from fundraising.contacts.queries import display_names, known_as
from fundraising.db import LARGEST_NUMBER
from fundraising.gifts.queries import GiftFilter, entries, gift_by_reference, gifts
from fundraising.gifts.rules import BadReference, parse_reference, written_reference
from fundraising.gifts.services.history import HISTORIC_GIFTS
from fundraising.imports.cli import import_command
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fundraising.gifts.queries import GiftSummary
    from fundraising.gifts.rules import EntryRow

cli = AppGroup("gifts", help="The gifts in the ledger.")
cli.add_command(import_command(HISTORIC_GIFTS))

_NUMBER = click.IntRange(1, LARGEST_NUMBER)
_AT_A_TIME = 500
_COLUMNS = "{:<10}  {:<14}  {:>12}  {:>12}  {:<16}  {:<14}  {:<7}  {}"
_ENTRY_COLUMNS = "  {:>7}  {:<10}  {:<19}  {:>12}  {}"


def _reference(written: str) -> str:
    try:
        return parse_reference(written)
    except BadReference:
        raise click.BadParameter(f"{written} is not a gift's reference; is there a slip in it?") from None


@cli.command("list")
@click.option("--programme", "code", metavar="CODE", help="Given to this programme.")
@click.option("--from", "received_from", type=date.fromisoformat, metavar="DATE", help="Received on this day or later.")
@click.option("--until", "received_until", type=date.fromisoformat, metavar="DATE", help="Received by this day.")
@click.option("--contact", "contact_id", type=_NUMBER, metavar="NUMBER", help="Given by this contact.")
@click.option("--method", help="Paid in this way.")
@click.option("--amount", type=Euro.parse, metavar="AMOUNT", help="Exactly this much, before what went back.")
@click.option("--reference", type=_reference, metavar="REFERENCE", help="The gift with this reference.")
@click.option("--limit", type=click.IntRange(min=1), help="No more than this many; by default all.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def list_(code: str | None, contact_id: int | None, limit: int | None, *, as_json: bool, **facts: Any) -> None:  # noqa: ANN401  click's options
    """List gifts, the newest first."""
    whose = tuple(known_as(contact_id)) if contact_id else None
    wanted = GiftFilter(programme_id=_programme_id(code) if code else None, contact_ids=whose, **facts)
    told = _told(islice(gifts(wanted), limit))
    if as_json:
        _print_array(told)
        return
    click.echo(_COLUMNS.format("RECEIVED", "REFERENCE", "AMOUNT", "STANDS", "PROGRAMME", "METHOD", "THANKED", "BY"))
    count = 0
    for gift in told:
        click.echo(_line(gift))
        count += 1
    click.echo(f"{count} gift{'' if count == 1 else 's'}")


@cli.command("show")
@click.argument("reference", type=_reference)
@click.option("--json", "as_json", is_flag=True, help="Print an array of one object.")
def show(reference: str, as_json: bool) -> None:
    """Show the gift with this REFERENCE and every entry of it."""
    gift = gift_by_reference(reference)
    if gift is None:
        raise click.ClickException(f"no gift {written_reference(reference)}")
    [told] = _told([gift])
    booked = entries(gift.gift_id)
    if as_json:
        _print_array([told | {"entries": [_entry(entry, booked) for entry in booked]}])
        return
    click.echo(_line(told))
    for entry in booked:
        click.echo(_entry_line(entry))


def _programme_id(code: str) -> int:
    for programme_id, programme in programme_names().items():
        if programme.code == code:
            return programme_id
    raise click.BadParameter(f"no programme {code}", param_hint="--programme")


def _told(found: Iterable[GiftSummary]) -> Iterator[dict[str, Any]]:
    """Gifts as programs read them, with the names of programmes and contacts, looked up many at a time."""
    programmes, waiting = programme_names(), iter(found)
    while some := list(islice(waiting, _AT_A_TIME)):
        names = display_names({gift.contact_id for gift in some if gift.contact_id is not None})
        for gift in some:
            programme = programmes.get(gift.programme_id)
            yield {
                "reference": gift.reference,
                "received_on": gift.received_on.isoformat(),
                "amount": gift.received.as_json(),
                "standing": gift.standing.as_json(),
                "programme": programme.code if programme else str(gift.programme_id),
                "method": gift.method,
                "contact": gift.contact_id and {"id": gift.contact_id, "name": names[gift.contact_id]},
                "thanked": gift.thanked_at is not None,
                "thanked_at": gift.thanked_at.isoformat() if gift.thanked_at else None,
            }


def _entry(entry: EntryRow, booked: list[EntryRow]) -> dict[str, Any]:
    sources = {each.entry_id: str(each.source) for each in booked}
    return {
        "id": entry.entry_id,
        "kind": entry.kind,
        "amount": entry.amount.as_json(),
        "received_on": entry.received_on.isoformat(),
        "booked_on": entry.booked_on.isoformat(),
        "source": str(entry.source),
        "reverses": sources[entry.reverses_id] if entry.reverses_id else None,
        "replaces": sources[entry.replaces_id] if entry.replaces_id else None,
        "contact_id": entry.contact_id,
        "method": entry.method,
        "recorded_at": entry.recorded_at.isoformat(),
        "recorded_by": entry.recorded_by,
    }


def _print_array(items: Iterable[dict[str, Any]]) -> None:
    """Print as it is read: memory does not grow with the list."""
    separator = "["
    for item in items:
        click.echo(f"{separator}\n{json.dumps(item, indent=2, ensure_ascii=False)}", nl=False)
        separator = ","
    click.echo("[]" if separator == "[" else "\n]")


def _line(gift: dict[str, Any]) -> str:
    return _COLUMNS.format(
        gift["received_on"],
        written_reference(gift["reference"]),
        Euro.from_value(gift["amount"]["amount"]).written(),
        Euro.from_value(gift["standing"]["amount"]).written(),
        gift["programme"],
        gift["method"],
        "yes" if gift["thanked"] else "no",
        gift["contact"]["name"] if gift["contact"] else "-",
    )


def _entry_line(entry: EntryRow) -> str:
    return _ENTRY_COLUMNS.format(
        entry.entry_id,
        entry.booked_on.isoformat(),
        entry.kind,
        entry.amount.written(),
        entry.source,
    )
