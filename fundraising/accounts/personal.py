"""The personal data of accounts: what the audit trail tells of somebody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select

from fundraising.accounts.models import AuditContent, AuditEntry
from fundraising.db import session
from fundraising.personal import PersonalData, stands_in
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fundraising.personal import Afterwards, Degree, Person, Told

CONTACT = "contact"
MERGING = ("contact.merged", "contact.unmerged")


def _entries(person: Person) -> Iterator[Told]:
    """What was done to the contact; and of what was done to others only what is this person's own."""
    for entry, content in _found(person, person.keys):
        own = _is_about(person, entry)
        told = {part: content.get(part, {}) for part in ("before", "after")}
        if not own:
            told = {part: _only(person.keys, values) for part, values in told.items()}
        if own or any(told.values()):
            yield {"at": entry.at, "action": entry.action, **told}


def _erase_contents(person: Person, _degree: Degree) -> tuple[Afterwards, ...]:
    ids = [entry.id for entry, content in _found(person, person.marks) if _tells_of(person, entry, content)]
    session().execute(delete(AuditContent).where(AuditContent.entry_id.in_(ids)))
    return ()


def _found(person: Person, marks: Sequence[str]) -> list[tuple[AuditEntry, Mapping[str, Any]]]:
    """Entries about the contact, those about one with which it was merged, and those in which a mark may stand."""
    about = (AuditEntry.subject_kind == CONTACT) & AuditEntry.subject_id.in_(person.numbers)
    # What another took over of them stands there field by field, and no field alone is a name.
    merging = AuditEntry.action.in_(MERGING) & or_(
        *(AuditContent.body.contains(f'"other": {number}') for number in person.numbers)
    )
    # The trail is kept as JSON, in which a letter with an accent stands as its number.
    written = {json.dumps(mark)[1:-1] for mark in marks}
    rows = session().execute(
        select(AuditEntry, AuditContent.body)
        .join(AuditContent, AuditContent.entry_id == AuditEntry.id)
        .where(or_(about, merging, *(AuditContent.body.icontains(mark, autoescape=True) for mark in written)))
        .order_by(AuditEntry.id)
    )
    return [(entry, json.loads(body)) for entry, body in rows]


def _is_about(person: Person, entry: AuditEntry) -> bool:
    return entry.subject_kind == CONTACT and entry.subject_id in person.numbers


def _tells_of(person: Person, entry: AuditEntry, content: Mapping[str, Any]) -> bool:
    merged = entry.action in MERGING and content.get("after", {}).get("other") in person.numbers
    return _is_about(person, entry) or merged or stands_in(person.marks, content)


def _only(keys: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the fields of an entry those in which one of these stands."""
    return {name: value for name, value in values.items() if stands_in(keys, value)}


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
