"""All kinds of personal data of the house together: what is kept of somebody, and what erasing them would do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from fundraising.accounts import personal as accounts
from fundraising.clock import today
from fundraising.contacts import personal as contacts
from fundraising.gifts import personal as gifts
from fundraising.giving import personal as giving
from fundraising.imports import personal as imports
from fundraising.privacy.queries import erased_as_far_as
from fundraising.privacy.rules import degree_on
from fundraising.privacy.services import own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from fundraising.personal import Degree, Person, PersonalData, Told

# In the order of a person's file. Whoever keeps a new kind of personal data adds its sources here.
SOURCES: tuple[PersonalData, ...] = (
    *contacts.SOURCES,
    *gifts.SOURCES,
    *giving.SOURCES,
    *own.SOURCES,
    *imports.SOURCES,
    *accounts.SOURCES,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of data, and what is kept of somebody."""

    source: PersonalData
    rows: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """What erasing somebody now would do. `needed_until` is the last day on which their name must be kept."""

    person: Person
    degree: Degree
    needed_until: date | None
    hindrances: tuple[str, ...]
    done: Degree | None


def file_of(contact_id: int) -> list[Kept]:
    """All that is kept of somebody, kind by kind, those without anything included. Raises UnknownContact."""
    person = contacts.person_of(contact_id)
    return [Kept(source, tuple(source.read(person))) for source in SOURCES]


def plan_for(contact_id: int) -> ErasurePlan:
    """What erasing somebody would do today. Raises UnknownContact."""
    person = contacts.person_of(contact_id)
    needed = needed_until(person.numbers).get(person.numbers[0])
    return ErasurePlan(
        person=person,
        degree=degree_on(today(), needed),
        needed_until=needed,
        hindrances=tuple(chain.from_iterable(source.hindrances(person) for source in SOURCES)),
        done=erased_as_far_as([person.numbers[0]]).get(person.numbers[0]),
    )


def needed_until(numbers: Sequence[int]) -> dict[int, date]:
    """Until when the law wants to know who these contacts are: the latest day that any kind of data names."""
    latest: dict[int, date] = {}
    for source in SOURCES:
        for number, day in source.needed_until(numbers).items():
            latest[number] = max(day, latest.get(number, day))
    return latest


def tables_stated() -> Iterator[str]:
    """The tables of which a source says what personal data stands in them."""
    for source in SOURCES:
        yield from source.tables
