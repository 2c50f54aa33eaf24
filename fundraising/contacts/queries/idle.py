"""What tells whether somebody still has to do with the charity, of many contacts at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from fundraising.clock import date_of, today
from fundraising.contacts.models import Affiliation, Consent, Contact
from fundraising.contacts.queries import numbers_of, said_when
from fundraising.contacts.rules import ConsentState, ContactKind
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleFacts:
    """A person. `numbers` are all that they are known by; a role or a consent that holds makes them `bound`."""

    contact_id: int
    numbers: tuple[int, ...]
    known_since: date
    changed_on: date
    deceased_on: date | None
    bound: bool


def idle_facts(after: int, *, most: int) -> list[IdleFacts]:
    """The people with numbers behind `after`, in order; those merged into another are part of that other."""
    people = select(Contact).where(
        Contact.id > after, Contact.kind == ContactKind.PERSON, Contact.merged_into_id.is_(None)
    )
    rows = session().scalars(people.order_by(Contact.id).limit(most)).all()
    whose = numbers_of([row.id for row in rows])
    bound = _bound(whose)
    numbers: dict[int, list[int]] = defaultdict(list)
    for number, now_is in whose.items():
        numbers[now_is].append(number)
    return [
        IdleFacts(
            contact_id=row.id,
            numbers=tuple(numbers[row.id]),
            known_since=date_of(row.created_at),
            changed_on=date_of(row.changed_at or row.created_at),
            deceased_on=row.deceased_on,
            bound=row.id in bound,
        )
        for row in rows
    ]


def _bound(whose: Mapping[int, int]) -> set[int]:
    """Who has a role that has not ended, or agreed to something and did not withdraw that."""
    holds = or_(Affiliation.valid_until.is_(None), Affiliation.valid_until >= today())
    roles = session().scalars(select(Affiliation.person_id).where(Affiliation.person_id.in_(whose), holds))
    said = sorted(session().scalars(select(Consent).where(Consent.contact_id.in_(whose))), key=said_when)
    last = {(whose[row.contact_id], row.purpose, row.channel): row.state for row in said}
    agreed = {who for (who, _purpose, _channel), state in last.items() if state is ConsentState.GRANTED}
    return agreed | {whose[number] for number in roles}
