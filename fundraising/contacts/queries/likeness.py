"""Reads for finding contacts that may be one, and for judging them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fundraising.contacts.models import (
    ChurchDetails,
    Contact,
    ContactEmail,
    ContactIban,
    ContactPhone,
    DuplicateCandidate,
    PostalAddress,
    SchoolDetails,
)
from fundraising.contacts.queries import person_name, survivors
from fundraising.contacts.rules import DuplicateState
from fundraising.contacts.rules.folding import folded
from fundraising.contacts.rules.likeness import Likeness, Traits
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from typing import Any

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute


class Order(StrEnum):
    """By what the pairs to judge can be ordered."""

    SCORE = "gelijkenis"
    NAME = "naam"
    FOUND = "gevonden"


# What more contacts than this share, a school's telephone say, tells nothing about any two of them.
_MOST_SHARING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Two contacts that may be one, with what speaks for and against it; `waits` until staff judged it."""

    candidate_id: int
    contact_id: int
    other_id: int
    score: int
    reasons: tuple[Likeness, ...]
    waits: bool
    found_at: datetime


def candidate_page(
    *, order: Order = Order.SCORE, descending: bool = True, skip: int = 0, limit: int | None = None
) -> list[Candidate]:
    """The pairs that staff have yet to judge, most alike first unless ordered otherwise, all or so many.

    Those of which one was merged since are left out.
    """
    by: dict[Order, InstrumentedAttribute[Any]] = {
        Order.SCORE: DuplicateCandidate.score,
        Order.NAME: Contact.match_name,
        Order.FOUND: DuplicateCandidate.found_at,
    }
    pairs = select(DuplicateCandidate).join(Contact, Contact.id == DuplicateCandidate.contact_id)
    column = by[order].desc() if descending else by[order]
    rows = session().scalars(_to_judge(pairs).order_by(column, DuplicateCandidate.id).offset(skip).limit(limit))
    return [_candidate(row) for row in rows]


def candidates_to_judge() -> int:
    """How many pairs staff have yet to judge."""
    return session().scalar(_to_judge(select(func.count()).select_from(DuplicateCandidate))) or 0


def candidate_between(one: int, other: int) -> Candidate | None:
    """The pair of these two, where it was noted."""
    pair = (DuplicateCandidate.contact_id == min(one, other), DuplicateCandidate.other_id == max(one, other))
    row = session().scalar(select(DuplicateCandidate).where(*pair))
    return _candidate(row) if row is not None else None


def sharing_pairs() -> set[tuple[int, int]]:
    """Pairs of contacts that stand and share a mailbox, an account, a phone, an address, a registration or a name.

    Shared names count for organisations alone. What more than twenty share is passed over.
    """
    pairs: set[tuple[int, int]] = set()
    for shared in _shared():
        groups: dict[Any, set[int]] = defaultdict(set)
        for key, contact_id in session().execute(shared):
            groups[key].add(contact_id)
        for group in groups.values():
            if len(group) <= _MOST_SHARING:
                pairs.update(combinations(sorted(group), 2))
    return pairs


def traits(contact_ids: Collection[int]) -> dict[int, Traits]:
    """What is compared of contacts that stand, with what they took over from those merged into them.

    Nine queries, however many.
    """
    merged = survivors()
    own = {contact_id: contact_id for contact_id in contact_ids}
    taken = session().execute(select(merged.c.id, merged.c.survivor_id).where(merged.c.survivor_id.in_(contact_ids)))
    whose = own | {row.id: row.survivor_id for row in taken}
    found: dict[int, dict[str, set[str]]] = {contact_id: defaultdict(set) for contact_id in contact_ids}
    for trait, column, owner in _TRAITS:
        for contact_id, value in session().execute(select(owner, column).where(owner.in_(whose), column != "")):
            found[whose[contact_id]][trait].add(value)
    _add_addresses(found, whose)
    rows = session().scalars(select(Contact).where(Contact.id.in_(contact_ids), Contact.merged_into_id.is_(None)))
    return {row.id: _traits(row, found[row.id]) for row in rows}


_TRAITS: tuple[tuple[str, InstrumentedAttribute[str], InstrumentedAttribute[int]], ...] = (
    ("emails", ContactEmail.match_address, ContactEmail.contact_id),
    ("phones", ContactPhone.number, ContactPhone.contact_id),
    ("ibans", ContactIban.iban, ContactIban.contact_id),
    ("towns", ChurchDetails.town, ChurchDetails.contact_id),
    ("brin", SchoolDetails.brin, SchoolDetails.contact_id),
)


def _traits(row: Contact, found: dict[str, set[str]]) -> Traits:
    registrations = {("kvk", row.kvk), ("rsin", row.rsin), *(("brin", brin) for brin in found["brin"])}
    return Traits(
        kind=row.kind,
        name=person_name(row),
        organisation_kind=row.organisation_kind,
        organisation_name=row.organisation_name,
        emails=frozenset(found["emails"]),
        phones=frozenset(found["phones"]),
        ibans=frozenset(found["ibans"]),
        addresses=frozenset(found["addresses"]),
        towns=frozenset(map(folded, found["towns"])),
        registrations=frozenset(f"{register} {number}" for register, number in registrations if number),
    )


def _add_addresses(found: dict[int, dict[str, set[str]]], whose: dict[int, int]) -> None:
    columns = (PostalAddress.contact_id, PostalAddress.postcode, PostalAddress.house_number, PostalAddress.town)
    for contact_id, postcode, house_number, town in session().execute(
        select(*columns).where(PostalAddress.contact_id.in_(whose)),
    ):
        traits_of = found[whose[contact_id]]
        traits_of["addresses"].add(folded(postcode) + " " + folded(house_number))
        traits_of["towns"].add(town)


def _shared() -> Iterator[Select[Any]]:
    """For each thing that can be shared: rows of its value and of a contact that has it."""
    organisation = Contact.organisation_kind.is_not(None)
    yield _having(ContactEmail.match_address, ContactEmail.contact_id)
    yield _having(ContactIban.iban, ContactIban.contact_id)
    yield _having(ContactPhone.number, ContactPhone.contact_id)
    address = PostalAddress.postcode + " " + PostalAddress.house_number
    yield _having(address, PostalAddress.contact_id, PostalAddress.postcode != "")
    yield _having(SchoolDetails.brin, SchoolDetails.contact_id, SchoolDetails.brin != "")
    yield _having(Contact.kvk, Contact.id, Contact.kvk != "")
    yield _having(Contact.rsin, Contact.id, Contact.rsin != "")
    yield _having(Contact.match_name, Contact.id, organisation)


def _having(
    value: ColumnElement[str] | InstrumentedAttribute[str],
    owner: InstrumentedAttribute[int],
    *conditions: ColumnElement[bool],
) -> Select[Any, Any]:
    merged = survivors()
    stands = func.coalesce(merged.c.survivor_id, owner)
    shared = select(value).where(*conditions).group_by(value).having(func.count() > 1)
    rows = select(value, stands).outerjoin(merged, merged.c.id == owner)
    return rows.where(value.in_(shared), *conditions)


def _to_judge(statement: Select[Any]) -> Select[Any]:
    # What was merged is judged as what it became part of: the search finds that pair by itself.
    merged = select(Contact.id).where(Contact.merged_into_id.is_not(None))
    return statement.where(
        DuplicateCandidate.state == DuplicateState.OPEN,
        DuplicateCandidate.contact_id.not_in(merged),
        DuplicateCandidate.other_id.not_in(merged),
    )


def _candidate(row: DuplicateCandidate) -> Candidate:
    return Candidate(
        candidate_id=row.id,
        contact_id=row.contact_id,
        other_id=row.other_id,
        score=row.score,
        reasons=tuple(Likeness(word) for word in row.reasons.split(",")),
        waits=row.state is DuplicateState.OPEN,
        found_at=row.found_at,
    )
