"""Reading for privacy: how far somebody was erased, and who is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from fundraising.clock import today
from fundraising.contacts.queries import display_names
from fundraising.db import session
from fundraising.privacy.models import Erasure, ErasureProposal

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import ColumnElement

    from fundraising.personal import Degree
    from fundraising.privacy.rules import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """Somebody who is due."""

    contact_id: int
    name: str
    degree: Degree
    reason: Reason
    due_on: date
    found_at: datetime


def erased_as_far_as(contact_ids: Collection[int]) -> dict[int, Degree]:
    """How far these contacts were erased, those that never were left out."""
    rows = session().execute(
        select(Erasure.contact_id, Erasure.degree).where(Erasure.contact_id.in_(contact_ids)).order_by(Erasure.id)
    )
    return {row.contact_id: row.degree for row in rows}


def proposals(*, skip: int = 0, limit: int) -> list[ProposalRow]:
    """Who is due and not yet decided on, the longest due first."""
    due = select(ErasureProposal).where(_open()).order_by(ErasureProposal.due_on, ErasureProposal.contact_id)
    rows = session().scalars(due.offset(skip).limit(limit)).all()
    names = display_names([row.contact_id for row in rows])
    return [
        ProposalRow(
            contact_id=row.contact_id,
            name=names[row.contact_id],
            degree=row.degree,
            reason=row.reason,
            due_on=row.due_on,
            found_at=row.found_at,
        )
        for row in rows
    ]


def proposal(contact_id: int) -> ErasureProposal | None:
    """The proposal about a contact, also where it rests."""
    return session().get(ErasureProposal, contact_id, populate_existing=True)


def count_proposals() -> int:
    """How many are due and not yet decided on."""
    return session().scalar(select(func.count()).select_from(ErasureProposal).where(_open())) or 0


def _open() -> ColumnElement[bool]:
    return or_(ErasureProposal.kept_until.is_(None), ErasureProposal.kept_until < today())
