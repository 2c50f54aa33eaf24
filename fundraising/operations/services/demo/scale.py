"""A database as large as ten years make it, to try and to measure on: contacts and gifts by the hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from fundraising.clock import today
from fundraising.contacts.models import Contact
from fundraising.db import session
from fundraising.gifts.queries import ledger_mode
from fundraising.gifts.rules import Booking, LedgerMode, Source
from fundraising.gifts.rules.references import numbered_reference
from fundraising.gifts.services import record_gifts
from fundraising.money import Euro
from fundraising.operations.services.demo import NotForDemo
from fundraising.operations.services.demo.crowd import Crowd, batches, first_free_number, number_on, plant
from fundraising.programmes.queries import programme_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SYSTEM = "demo-scale"
_CONTACTS_AT_ONCE = 5_000
_GIFTS_AT_ONCE = 20_000
_DAYS = 3_652
# Many give once, some give often.
_FAITHFUL = 2.5
_AMOUNTS = (5, 10, 10, 15, 20, 25, 25, 25, 30, 40, 50, 50, 50, 75, 100, 100, 150, 250, 500, 1000, 2500)
_METHODS = ("ideal", "ideal", "ideal", "banktransfer", "banktransfer", "creditcard")
_REFERENCES = 19**11


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much of it, and the seed by which it is made again just so."""

    contacts: int = 200_000
    gifts: int = 1_000_000
    seed: int = 1


def check_room(*, beside_what_stands: bool) -> None:
    """See whether a database takes so many examples. Raises NotForDemo."""
    if ledger_mode() is LedgerMode.LIVE:
        raise NotForDemo("this ledger holds real money")
    if not programme_names():
        raise NotForDemo("there is no programme: run `fundraising programmes load` first")
    if not beside_what_stands and session().scalar(select(exists().where(Contact.id > 0))):
        raise NotForDemo("there are contacts already; with --beside the examples come beside them")


def contact_steps(scale: Scale) -> Iterator[tuple[int, Callable[[], None]]]:
    """What is to be done, each in a transaction of its own, for all contacts; with the number that each makes."""
    crowd = Crowd(Random(scale.seed), first_free_number())  # noqa: S311  nothing secret
    for count in batches(scale.contacts, _CONTACTS_AT_ONCE):
        yield count, lambda count=count: plant(crowd, count)  # type: ignore[misc]
    yield 0, number_on


def gift_steps(scale: Scale) -> Iterator[tuple[int, Callable[[], int]]]:
    """The same for all gifts, to the newest contacts, booked as everything is: by the ledger's own verb."""
    bookings = _bookings(scale)
    for count in batches(scale.gifts, _GIFTS_AT_ONCE):
        some = [next(bookings) for _ in range(count)]
        yield count, lambda some=some: record_gifts(some)  # type: ignore[misc]


def _bookings(scale: Scale) -> Iterator[Booking]:
    chance = Random(f"{scale.seed} gifts")  # noqa: S311  nothing secret
    behind, programmes, newest = first_free_number(), list(programme_names()), today()
    session().rollback()
    for number in range(scale.gifts):
        giver = behind - 1 - int(scale.contacts * chance.random() ** _FAITHFUL)
        yield Booking(
            amount=Euro.of(chance.choice(_AMOUNTS)),
            contact_id=giver,
            programme_id=chance.choice(programmes),
            method=chance.choice(_METHODS),
            received_on=newest - timedelta(days=chance.randrange(_DAYS)),
            source=Source(_SYSTEM, f"{behind}-{scale.seed}-{number}"),
            mode=LedgerMode.TEST,
            recorded_by=_SYSTEM,
            reference=numbered_reference(chance.randrange(_REFERENCES)),
        )
