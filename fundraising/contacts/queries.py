"""Typed reads of contacts. A contact that was merged into another is read as that other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.contacts.models import Contact
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Subquery


def current_ids(contact_ids: Collection[int]) -> dict[int, int]:
    """Which contact each of these is now, after every merge."""
    if not contact_ids:
        return {}
    merged = survivors(contact_ids)
    found = {row.id: row.survivor_id for row in session().execute(select(merged.c.id, merged.c.survivor_id))}
    return {contact_id: found.get(contact_id, contact_id) for contact_id in contact_ids}


def current_id(contact_id: int) -> int:
    """Which contact this is now, after every merge."""
    return current_ids([contact_id])[contact_id]


def known_as(contact_id: int) -> list[int]:
    """The ids of everyone who is now the contact that this one is: itself and all who were merged into it."""
    merged = survivors()
    now_one = current_id(contact_id)
    return [now_one, *session().scalars(select(merged.c.id).where(merged.c.survivor_id == now_one))]


def survivors(contact_ids: Collection[int] | None = None) -> Subquery:
    """Of merged contacts, all or these: `id`, and `survivor_id` at the end of the chain of merges."""
    steps = select(Contact.id, Contact.merged_into_id.label("survivor_id")).where(Contact.merged_into_id.is_not(None))
    if contact_ids is not None:
        steps = steps.where(Contact.id.in_(contact_ids))
    chain = steps.cte("merge_steps", recursive=True)
    # UNION drops what was seen, so that even a circle, which no merge makes, would come to an end.
    chain = chain.union(
        select(chain.c.id, Contact.merged_into_id)
        .join(Contact, Contact.id == chain.c.survivor_id)
        .where(Contact.merged_into_id.is_not(None)),
    )
    return (
        select(chain.c.id, chain.c.survivor_id)
        .join(Contact, Contact.id == chain.c.survivor_id)
        .where(Contact.merged_into_id.is_(None))
        .subquery("survivors")
    )
