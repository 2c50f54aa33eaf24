"""Erasing somebody, and finding who is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record, who_acts
from fundraising.clock import now, today
from fundraising.contacts.models import Contact
from fundraising.contacts.queries import current_id, known_as
from fundraising.contacts.queries.idle import idle_facts
from fundraising.db import insert_new, session
from fundraising.gifts.personal import last_gifts
from fundraising.personal import Degree
from fundraising.privacy.models import Erasure, ErasureProposal
from fundraising.privacy.queries import erased_as_far_as
from fundraising.privacy.rules import (
    YEARS_KEPT_AFTER_ALL,
    Due,
    ErasedAlready,
    Facts,
    Reason,
    StillNeeded,
    due,
    years_after,
)
from fundraising.privacy.services.sources import SOURCES, needed_until, plan_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundraising.contacts.queries.idle import IdleFacts
    from fundraising.personal import Afterwards

_AT_ONCE = 1_000


def erase(contact_id: int, reason: Reason, *, degree: Degree) -> list[Afterwards]:
    """Erase somebody as far as the law lets them be today; what to do once that is stored, each in a transaction.

    `degree` is what whoever decided saw: where it is otherwise by now nothing is done. Raises StillNeeded,
    ErasedAlready and UnknownContact.
    """
    # Who changes, merges or books for this contact waits for us, or we for them.
    numbers = select(Contact.id).where(Contact.id.in_(known_as(contact_id))).order_by(Contact.id).with_for_update()
    session().scalars(numbers).all()
    plan = plan_for(contact_id)
    if plan.hindrances:
        raise StillNeeded(plan.hindrances)
    if plan.done is Degree.ANONYMISED or degree is not plan.degree:
        raise ErasedAlready(contact_id)
    # The name last: by it the rest is found, and the search index is made from what is left.
    afterwards = [task for source in reversed(SOURCES) for task in source.erase(plan.person, degree)]
    now_is = plan.person.numbers[0]
    session().add(
        Erasure(contact_id=now_is, degree=degree, reason=reason, erased_at=now(), erased_by=who_acts().signature),
    )
    record("contact.erased", Subject("contact", now_is), after={"degree": degree.value, "reason": reason.value})
    return afterwards


def keep(contact_id: int) -> None:
    """Decide to keep somebody after all, for a year; then they are proposed again."""
    until = years_after(today(), YEARS_KEPT_AFTER_ALL)
    kept = update(ErasureProposal).where(ErasureProposal.contact_id == current_id(contact_id))
    session().execute(kept.values(kept_until=until, kept_by=who_acts().signature))
    record("contact.kept", Subject("contact", current_id(contact_id)), after={"until": until.isoformat()})


def batches() -> Iterator[list[tuple[int, Due | None]]]:
    """All people, some at a time, each with whether they are due today; read outside any transaction."""
    after = 0
    while people := idle_facts(after, most=_AT_ONCE):
        yield list(_judged(people))
        after = people[-1].contact_id


def propose(judged: list[tuple[int, Due | None]]) -> int:
    """Propose those who are due and take back what is no longer so, in the caller's transaction; how many are due."""
    over = [contact_id for contact_id, found in judged if found is None]
    session().execute(delete(ErasureProposal).where(ErasureProposal.contact_id.in_(over)))
    count = 0
    for contact_id, found in judged:
        if found is not None:
            count += 1
            values = {"degree": found.degree, "reason": found.reason, "due_on": found.since}
            row = insert_new(ErasureProposal).values(contact_id=contact_id, found_at=now(), kept_by="", **values)
            session().execute(row)
            known = update(ErasureProposal).where(ErasureProposal.contact_id == contact_id)
            session().execute(known.values(values))
    return count


def _judged(people: list[IdleFacts]) -> Iterator[tuple[int, Due | None]]:
    numbers = [number for person in people for number in person.numbers]
    needed, gave = needed_until(numbers), last_gifts(numbers)
    done = erased_as_far_as([person.contact_id for person in people])
    for person in people:
        facts = Facts(
            known_since=person.known_since,
            last_gift_on=gave.get(person.contact_id),
            changed_on=person.changed_on,
            deceased_on=person.deceased_on,
            bound=person.bound,
            needed_until=needed.get(person.contact_id),
            done=done.get(person.contact_id),
        )
        yield person.contact_id, due(facts, today())
