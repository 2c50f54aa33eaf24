"""Reading accounts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fundraising.accounts.models import AuditContent, AuditEntry, User
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from fundraising.accounts.rules import Role  # noqa: F401


def user_by_email(email: str) -> User | None:
    """The member of staff with this address, however it is spelled."""
    return session().scalar(select(User).where(User.match_email == email.strip().casefold()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that was done to a record, by whom, and the fields before and after; all empty once it was erased."""

    entry_id: int
    at: datetime
    action: str
    actor: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def deeds_about(subject_kind: str, subject_ids: Collection[int], *, most: int) -> list[Deed]:
    """The newest deeds that concern these records of a kind."""
    rows = session().execute(
        select(AuditEntry, AuditContent.body)
        .outerjoin(AuditContent, AuditContent.entry_id == AuditEntry.id)
        .where(AuditEntry.subject_kind == subject_kind, AuditEntry.subject_id.in_(subject_ids))
        .order_by(AuditEntry.id.desc())
        .limit(most),
    )
    return [_deed(entry, json.loads(body or "{}")) for entry, body in rows]


def _deed(entry: AuditEntry, told: Mapping[str, Any]) -> Deed:
    return Deed(
        entry_id=entry.id,
        at=entry.at,
        action=entry.action,
        actor=str(told.get("actor", "")),
        before=told.get("before", {}),
        after=told.get("after", {}),
    )
