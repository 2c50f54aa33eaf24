"""Reads for merging two contacts, and of merges that were made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fundraising.contacts.models import ChurchDetails, Contact, ContactMerge, OrganisationLink, SchoolDetails
from fundraising.contacts.queries import current_id, current_ids, display_name, known_as
from fundraising.contacts.rules import Salutation, UnknownContact
from fundraising.contacts.rules.merging import Mergeable
from fundraising.contacts.rules.organisations import Channel, Denomination, SchoolLevel
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Select

CONTACT_FIELDS = (
    "salutation",
    "given_name",
    "name_prefix",
    "surname",
    "organisation_name",
    "language",
    "preferred_channel",
    "kvk",
    "rsin",
    "deceased_on",
    "do_not_contact",
)
CHURCH_FIELDS = ("denomination", "town", "members")
SCHOOL_FIELDS = ("level", "brin")
_NOTHING_KNOWN: Mapping[str, Any] = {"denomination": None, "town": "", "members": None, "level": None, "brin": ""}
_FROM_WORD = {
    "salutation": Salutation,
    "preferred_channel": Channel,
    "denomination": Denomination,
    "level": SchoolLevel,
    "deceased_on": date.fromisoformat,
}


class Order(StrEnum):
    """By what merges can be ordered."""

    NAME = "naam"
    WHEN = "datum"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRow:
    """One act of merging, with the names that both sides bear now."""

    merge_id: int
    loser_id: int
    loser_name: str
    survivor_id: int
    survivor_name: str
    merged_at: datetime
    merged_by: str
    undone_at: datetime | None
    undone_by: str | None


def mergeable(contact_id: int) -> Mergeable:
    """A contact's own fields, as they are stored now. Raises UnknownContact."""
    row = session().get(Contact, contact_id, populate_existing=True)
    if row is None:
        raise UnknownContact(contact_id)
    fields = {name: getattr(row, name) for name in CONTACT_FIELDS} | dict(_NOTHING_KNOWN)
    church = session().get(ChurchDetails, contact_id, populate_existing=True)
    if church is not None:
        fields |= {name: getattr(church, name) for name in CHURCH_FIELDS}
    school = session().get(SchoolDetails, contact_id, populate_existing=True)
    if school is not None:
        fields |= {name: getattr(school, name) for name in SCHOOL_FIELDS}
    return Mergeable(
        contact_id=row.id,
        version=row.version,
        kind=row.kind,
        organisation_kind=row.organisation_kind,
        confirmed_at=row.changed_at or row.created_at,
        fields=fields,
    )


def line_above(organisation_id: int) -> set[int]:
    """This organisation and all to which it belongs, directly or by way of others.

    After a merge there may be two above it.
    """
    line: set[int] = set()
    steps = {current_id(organisation_id)}
    while steps:
        line |= steps
        numbers = [number for step in steps for number in known_as(step)]
        above = select(OrganisationLink.parent_id).where(OrganisationLink.organisation_id.in_(numbers))
        steps = set(current_ids(session().scalars(above).all()).values()) - line
    return line


def linked(one: int, other: int) -> bool:
    """Whether one of two organisations belongs to the other, directly or by way of others."""
    return current_id(other) in line_above(one) or current_id(one) in line_above(other)


def merge_page(*, order: Order = Order.WHEN, descending: bool = True, skip: int, limit: int) -> list[MergeRow]:
    """Merges, newest first unless ordered otherwise."""
    by = [Contact.match_name, ContactMerge.id] if order is Order.NAME else [ContactMerge.id]
    rows = select(ContactMerge).join(Contact, Contact.id == ContactMerge.survivor_id)
    ordered = rows.order_by(*(column.desc() if descending else column for column in by))
    return _merges(ordered.offset(skip).limit(limit))


def undoable(merge_id: int) -> bool:
    """Whether a merge stands, and is the last that the contact took part in as the one that stays."""
    row = session().get(ContactMerge, merge_id, populate_existing=True)
    if row is None or row.undone_at is not None:
        return False
    newest = select(ContactMerge.id).where(
        ContactMerge.survivor_id == row.survivor_id, ContactMerge.undone_at.is_(None)
    )
    return session().scalar(newest.order_by(ContactMerge.id.desc()).limit(1)) == merge_id


def as_text(fields: Mapping[str, Any]) -> str:
    """Fields as JSON."""
    return json.dumps(plain(fields), sort_keys=True)


def plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as JSON knows them."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}


def from_plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as they are stored, from what JSON knows."""
    return {name: _FROM_WORD[name](value) if value and name in _FROM_WORD else value for name, value in fields.items()}


def _merges(statement: Select[ContactMerge]) -> list[MergeRow]:
    rows = session().scalars(statement).all()
    numbers = {number for row in rows for number in (row.loser_id, row.survivor_id)}
    names = {row.id: display_name(row) for row in session().scalars(select(Contact).where(Contact.id.in_(numbers)))}
    return [
        MergeRow(
            merge_id=row.id,
            loser_id=row.loser_id,
            loser_name=names[row.loser_id],
            survivor_id=row.survivor_id,
            survivor_name=names[row.survivor_id],
            merged_at=row.merged_at,
            merged_by=row.merged_by,
            undone_at=row.undone_at,
            undone_by=row.undone_by,
        )
        for row in rows
    ]
