"""`fundraising contacts`: who is known, for people and for programs."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record as audit
from fundraising.clock import date_of, now
from fundraising.contacts.queries import ContactFilter, contact, contacts
from fundraising.contacts.queries.likeness import Candidate, candidate_page
from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import ConsentState, UnknownContact
from fundraising.contacts.rules.mailings import ASKED, Purpose
from fundraising.contacts.rules.organisations import Channel
from fundraising.contacts.services.consents import withdraw_consent
from fundraising.contacts.services.imports import CONTACTS
from fundraising.contacts.services.search_index import batches, drifted, drop_unused_words, reindex
from fundraising.db import LARGEST_NUMBER, transaction
from fundraising.iban import formatted
from fundraising.imports.cli import import_command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fundraising.contacts.queries import ContactRow, ContactSummary
    from fundraising.contacts.queries.record import ConsentEntry

cli = AppGroup("contacts", help="People and organisations.")
cli.add_command(import_command(CONTACTS))

_NUMBER = click.IntRange(1, LARGEST_NUMBER)
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
@click.argument("number", type=_NUMBER)
@click.option("--json", "as_json", is_flag=True, help="Print an array of one object.")
def show(number: int, as_json: bool) -> None:
    """Show all that is known of contact NUMBER."""
    try:
        found, said = contact(number), record(number).consents
    except UnknownContact:
        raise click.ClickException(f"no contact {number}") from None
    if as_json:
        _print_array([_whole(found) | {"consents": [_consent(each) for each in said]}])
        return
    click.echo(_COLUMNS.format(found.contact_id, found.kind, found.display_name))
    for way in (*found.emails, *found.phones):
        click.echo(f"         {way}")
    for known in found.ibans:
        click.echo(f"         {formatted(known.iban)}  ({known.provenance})")
    for each in said:
        when = each.said_on or date_of(each.recorded_at)
        click.echo(f"         {each.purpose} by {each.channel}: {each.state} on {when}  ({each.source})")


@cli.group("consent")
def consent() -> None:
    """What somebody agrees to be sent."""


@consent.command("withdraw")
@click.argument("number", type=_NUMBER)
@click.option("--purpose", type=click.Choice([each.value for each in ASKED]), default=Purpose.NEWSLETTER.value)
@click.option("--channel", type=click.Choice([each.value for each in Channel]), default=Channel.EMAIL.value)
def withdraw(number: int, purpose: str, channel: str) -> None:
    """Note that contact NUMBER wants something no more: by default the newsletter by e-mail."""
    # Each withdrawal is a fact of its own, also after another consent.
    source = f"command line {now():%Y-%m-%d %H:%M:%S.%f}"
    try:
        with transaction():
            changed = withdraw_consent(number, purpose=purpose, channel=channel, source=source)
            if changed:
                after = {"purpose": purpose, "channel": channel, "state": ConsentState.WITHDRAWN.value}
                audit("consent.withdrawn", Subject("contact", number), after=after)
    except UnknownContact:
        raise click.ClickException(f"no contact {number}") from None
    click.echo("withdrawn" if changed else "was withdrawn already")


@cli.command("duplicates")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def duplicates(as_json: bool) -> None:
    """List pairs of contacts that may be one, for staff to judge, most alike first."""
    found = candidate_page()
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


def _consent(said: ConsentEntry) -> dict[str, Any]:
    return {
        "purpose": said.purpose,
        "channel": said.channel,
        "state": said.state,
        "source": said.source,
        "said_on": said.said_on.isoformat() if said.said_on else None,
        "recorded_at": said.recorded_at.isoformat(),
    }


def _pair(pair: Candidate) -> dict[str, Any]:
    return {
        "contact_ids": [pair.contact_id, pair.other_id],
        "reasons": list(pair.reasons),
        "found_at": pair.found_at.isoformat(),
    }
