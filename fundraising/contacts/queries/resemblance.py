"""Who is like somebody whom staff are about to add: shown before saving, so that nobody is kept twice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fundraising.contacts.models import (
    Contact,
    ContactEmail,
    ContactIban,
    ContactPhone,
    PostalAddress,
    SchoolDetails,
)
from fundraising.contacts.queries import current_ids, display_name
from fundraising.contacts.rules import ContactKind, match_address, match_name, tidy_postcode
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Select


MOST = 8
# Of what very many share, the mailbox of an office say, not all are read.
_MOST_READ = 50


class Shared(StrEnum):
    """What two contacts share."""

    EMAIL = "email"
    IBAN = "iban"
    PHONE = "phone"
    NUMBER = "number"
    NAME_AND_POSTCODE = "name_and_postcode"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What was filled in of a new contact; what is empty is not compared.

    `numbers` are a KVK number, RSIN or BRIN. People share names, organisations hardly ever do.
    """

    kind: ContactKind
    name: str
    email: str = ""
    iban: str = ""
    phone: str = ""
    postcode: str = ""
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A contact that stands, and what it shares."""

    contact_id: int
    display_name: str
    shares: tuple[Shared, ...]


def look_alikes(sketch: Sketch) -> list[LookAlike]:
    """The contacts that are like this one, those that share most first; a handful of queries."""
    found: dict[int, set[Shared]] = defaultdict(set)
    for shared_way, query in _questions(sketch):
        for contact_id in session().scalars(query.limit(_MOST_READ)):
            found[contact_id].add(shared_way)
    shares: dict[int, set[Shared]] = defaultdict(set)
    for contact_id, standing in current_ids(found).items():
        shares[standing] |= found[contact_id]
    rows = {row.id: row for row in session().scalars(select(Contact).where(Contact.id.in_(shares)))}
    alike = [
        LookAlike(each, display_name(rows[each]), tuple(one for one in Shared if one in shared))
        for each, shared in shares.items()
        if each in rows
    ]
    return sorted(alike, key=lambda one: (-len(one.shares), one.contact_id))[:MOST]


def _questions(sketch: Sketch) -> Iterator[tuple[Shared, Select[Any]]]:
    if mailbox := match_address(sketch.email):
        yield Shared.EMAIL, select(ContactEmail.contact_id).where(ContactEmail.match_address == mailbox)
    if sketch.iban:
        yield Shared.IBAN, select(ContactIban.contact_id).where(ContactIban.iban == sketch.iban)
    if sketch.phone:
        yield Shared.PHONE, select(ContactPhone.contact_id).where(ContactPhone.number == sketch.phone)
    for number in filter(None, sketch.numbers):
        for column in (Contact.kvk, Contact.rsin):
            yield Shared.NUMBER, select(Contact.id).where(column == number)
        yield Shared.NUMBER, select(SchoolDetails.contact_id).where(SchoolDetails.brin == number)
    if name := match_name(sketch.name):
        namesakes = select(Contact.id).where(Contact.match_name == name, Contact.kind == sketch.kind)
        if sketch.kind is ContactKind.ORGANISATION:
            yield Shared.NAME, namesakes
        if sketch.postcode:
            there = PostalAddress.postcode == tidy_postcode(sketch.postcode)
            nearby = namesakes.join(PostalAddress, PostalAddress.contact_id == Contact.id).where(there)
            yield Shared.NAME_AND_POSTCODE, nearby.distinct()
