"""The personal data of accounts: what the audit trail tells of somebody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select

from fundraising.accounts.models import AuditContent, AuditEntry
from fundraising.db import session
from fundraising.personal import PersonalData
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement

    from fundraising.personal import Afterwards, Degree, Person, Told

CONTACT = "contact"


def _entries(person: Person) -> Iterator[Told]:
    told = select(AuditEntry, AuditContent.body).join(AuditContent, AuditContent.entry_id == AuditEntry.id)
    for row in session().execute(told.where(_tells_of(person)).order_by(AuditEntry.id)):
        content = json.loads(row.body)
        yield {
            "at": row.AuditEntry.at,
            "action": row.AuditEntry.action,
            "before": content.get("before", {}),
            "after": content.get("after", {}),
        }


def _erase_contents(person: Person, _degree: Degree) -> tuple[Afterwards, ...]:
    told = select(AuditEntry.id).join(AuditContent, AuditContent.entry_id == AuditEntry.id).where(_tells_of(person))
    ids = session().scalars(told).all()
    session().execute(delete(AuditContent).where(AuditContent.entry_id.in_(ids)))
    return ()


def _tells_of(person: Person) -> ColumnElement[bool]:
    """What was done to the contact, and whatever else names them."""
    about = (AuditEntry.subject_kind == CONTACT) & AuditEntry.subject_id.in_(person.numbers)
    # The trail is kept as JSON, in which a letter with an accent stands as its number.
    written = {json.dumps(mark)[1:-1] for mark in person.marks}
    return or_(about, *(AuditContent.body.icontains(mark, autoescape=True) for mark in written))


SOURCES = (
    PersonalData(
        name="audit",
        tables=frozenset({"audit_entry", "audit_content", "audit_seal"}),
        title=_("What colleagues did"),
        purpose=_("To be able to show who changed what, and when."),
        ground=_("Legitimate interest: safety."),
        retention=_("As long as the contact is known."),
        ending=_("What was changed is erased at once; that something was done, and by whom, stays."),
        read=_entries,
        erase=_erase_contents,
    ),
)
