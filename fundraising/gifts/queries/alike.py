"""Gifts in the ledger that those of a list may be, so that nothing is booked twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import or_, select

from fundraising.contacts.queries import current_ids, numbers_of
from fundraising.db import session
from fundraising.gifts.models import Gift, GiftEntry
from fundraising.gifts.rules import ROOTS, EntryKind
from fundraising.gifts.rules.history import HISTORY
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# A bank books later than a donor gives, and a weekend lies between.
_NEAR = timedelta(days=5)


class Key(NamedTuple):
    """What makes a gift the same as another one; `contact_id` is 0 where nobody is known."""

    day: str
    cents: int
    programme_id: int
    contact_id: int

    def __str__(self) -> str:
        return "|".join(map(str, self))


class Neighbour(NamedTuple):
    """A gift in the ledger that is like one of a list."""

    reference: str
    day: date


def booked(keys: Collection[Key]) -> Counter[Key]:
    """How many gifts of the ledger are just so, or were before or after a correction.

    Of gifts by nobody known those of earlier years alone: of others there may be many on one day.
    """
    if not keys:
        return Counter()
    such = (
        GiftEntry.kind.in_(ROOTS),
        or_(GiftEntry.source_system == HISTORY, GiftEntry.contact_id.is_not(None)),
        GiftEntry.received_on.in_({date.fromisoformat(key.day) for key in keys}),
        GiftEntry.amount.in_({Euro(key.cents) for key in keys}),
    )
    facts = (GiftEntry.received_on, GiftEntry.amount, GiftEntry.programme_id, GiftEntry.contact_id)
    rows = session().execute(select(GiftEntry.gift_id, *facts).where(*such)).all()
    now_are = current_ids({row.contact_id for row in rows if row.contact_id})
    gifts = {
        (
            row.gift_id,
            Key(row.received_on.isoformat(), row.amount.cents, row.programme_id, now_are.get(row.contact_id, 0)),
        )
        for row in rows
    }
    wanted = set(keys)
    return Counter(key for _, key in gifts if key in wanted)


def neighbours(keys: Collection[Key]) -> dict[Key, Neighbour]:
    """Of gifts that are in the ledger some days earlier or later, or for another purpose, and not from a list."""
    wanted = {key for key in keys if key.contact_id}
    if not wanted:
        return {}
    whose = numbers_of({key.contact_id for key in wanted})
    facts = select(Gift.reference, GiftEntry.received_on, GiftEntry.amount, GiftEntry.contact_id)
    rows = facts.join(Gift, Gift.id == GiftEntry.gift_id).where(
        GiftEntry.kind == EntryKind.RECEIVED,
        GiftEntry.source_system != HISTORY,
        GiftEntry.contact_id.in_(whose),
        GiftEntry.amount.in_({Euro(key.cents) for key in wanted}),
    )
    gave: dict[tuple[int, int], list[Neighbour]] = defaultdict(list)
    for row in session().execute(rows):
        gave[whose[row.contact_id], row.amount.cents].append(Neighbour(row.reference, row.received_on))
    near = {key: min(gave.get((key.contact_id, key.cents), ()), key=_far_from(key), default=None) for key in wanted}
    return {key: each for key, each in near.items() if each is not None and _far_from(key)(each) <= _NEAR}


def _far_from(key: Key) -> Callable[[Neighbour], timedelta]:
    day = date.fromisoformat(key.day)
    return lambda each: abs(each.day - day)
