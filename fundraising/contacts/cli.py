"""`fundraising contacts`: who is known, for people and for programs."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from fundraising.contacts.queries import ContactFilter, contact, contacts, open_duplicates
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.services.search_index import batches, drifted, drop_unused_words, reindex
from fundraising.db import transaction
from fundraising.iban import formatted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fundraising.contacts.queries import ContactRow, ContactSummary, DuplicateRow

cli = AppGroup("contacts", help="People and organisations.")

_COLUMNS = "{:>7}  {:<12}  {}"


@cli.command("list")
@click.option("--name", help="With this surname or organisation's name.")
@click.option("--email", help="With this e-mail address.")
@click.option("--limit", type=click.IntRange(min=1), help="No more than this many; by default all.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def list_(name: str | None, email: str | None, limit: int | None, as_json: bool) -> None:
    """List contacts in order of number."""
    found = islice(contacts(ContactFilter(name=name, email=email)), limit)
    if as_json:
        _print_array(_summary(each) for each in found)
        return
    for each in found:
        click.echo(_COLUMNS.format(each.contact_id, each.kind, each.display_name))


@cli.command("show")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print an array of one object.")
def show(number: int, as_json: bool) -> None:
    """Show all that is known of contact NUMBER."""
    try:
        found = contact(number)
    except UnknownContact:
        raise click.ClickException(f"no contact {number}") from None
    if as_json:
        _print_array([_whole(found)])
        return
    click.echo(_COLUMNS.format(found.contact_id, found.kind, found.display_name))
    for way in (*found.emails, *found.phones):
        click.echo(f"         {way}")
    for known in found.ibans:
        click.echo(f"         {formatted(known.iban)}  ({known.provenance})")


@cli.command("duplicates")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def duplicates(as_json: bool) -> None:
    """List pairs of contacts that may be one, for staff to judge."""
    found = open_duplicates()
    if as_json:
        _print_array(_pair(pair) for pair in found)
        return
    for pair in found:
        click.echo(f"{pair.contact_id:>7} {pair.other_id:>7}  {', '.join(pair.reasons)}")


@cli.command("reindex")
def reindex_() -> None:
    """Let every contact be found under its names and numbers, where the index says otherwise; all may go on."""
    changed = 0
    with click.progressbar(batches(), label="contacts", show_pos=True) as bar:
        for some in bar:
            with transaction():
                changed += reindex(some)
    with transaction():
        dropped = drop_unused_words()
    click.echo(f"{changed:,} terms changed, {dropped:,} rows of unused words dropped")


@cli.command("check")
def check() -> None:
    """Prove that every contact is found under its names and numbers; exit status 1 where one is not."""
    wrong = list(drifted())
    for each in wrong:
        click.echo(f"contact {each} is not found as it should be; `fundraising contacts reindex` sets that right")
    if wrong:
        raise click.exceptions.Exit(1)
    click.echo("every contact is found as it should be")


def _print_array(items: Iterable[dict[str, Any]]) -> None:
    click.echo(json.dumps(list(items), indent=2, ensure_ascii=False))


def _summary(each: ContactSummary) -> dict[str, Any]:
    return {
        "id": each.contact_id,
        "kind": each.kind,
        "name": each.display_name,
        "language": each.language,
        "created_at": each.created_at.isoformat(),
    }


def _whole(found: ContactRow) -> dict[str, Any]:
    name, address = found.name, found.address
    return {
        "id": found.contact_id,
        "kind": found.kind,
        "name": found.display_name,
        "salutation": name.salutation,
        "given_name": name.given_name,
        "prefix": name.prefix,
        "surname": name.surname,
        "organisation_kind": found.organisation_kind,
        "language": found.language,
        "created_at": found.created_at.isoformat(),
        "emails": list(found.emails),
        "phones": list(found.phones),
        "ibans": [{"iban": known.iban, "provenance": known.provenance} for known in found.ibans],
        "address": address
        and {
            "street": address.street,
            "house_number": address.house_number,
            "postcode": address.postcode,
            "town": address.town,
            "country": address.country,
        },
        "affiliations": [{"contact_id": each.contact_id, "role": each.role} for each in found.affiliations],
    }


def _pair(pair: DuplicateRow) -> dict[str, Any]:
    return {
        "contact_ids": [pair.contact_id, pair.other_id],
        "reasons": list(pair.reasons),
        "found_at": pair.found_at.isoformat(),
    }
