"""What staff write down about a contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundraising.accounts.services import who_acts
from fundraising.clock import now
from fundraising.contacts.models import Contact, ContactNote
from fundraising.contacts.queries import known_as
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.services.changes import locked, note_change
from fundraising.db import session

if TYPE_CHECKING:
    from datetime import datetime

_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note with who wrote it, and when."""

    text: str
    written_at: datetime
    written_by: str


def add_note(contact_id: int, text: str) -> int:
    """Write a note, of at most 4,000 characters; its row's id."""
    row = locked(contact_id)
    name = who_acts().name[:_LONGEST_NAME]
    note = ContactNote(contact_id=row.id, text=text, written_at=now(), written_by=name)
    session().add(note)
    session().flush()  # its number is what was asked for
    note_change(row, "contact.note", after={"note": note.id, "text": text})
    return note.id


def change_note(contact_id: int, row_id: int, text: str, *, version: int) -> bool:
    """Put a note right; who wrote it stays. Raises StaleRecord."""
    row = locked(contact_id, version)
    note = _owned(row, row_id)
    before, note.text = note.text, text
    same = {"note": note.id}
    return note.text != before and note_change(
        row, "contact.note", before={"text": before}, after={**same, "text": text}
    )


def remove_note(contact_id: int, row_id: int, *, version: int) -> None:
    """Throw a note away. Raises StaleRecord."""
    row = locked(contact_id, version)
    note = _owned(row, row_id)
    session().delete(note)
    told = {"note": note.id, "text": note.text, "written_at": note.written_at, "written_by": note.written_by}
    note_change(row, "contact.note", before=told)


def put_note_back(contact_id: int, note: WrittenNote) -> None:
    """Keep a note that stood here before, as it was written then."""
    row = locked(contact_id)
    back = ContactNote(contact_id=row.id, text=note.text, written_at=note.written_at, written_by=note.written_by)
    session().add(back)
    session().flush()  # its number is written down
    note_change(row, "contact.note", after={"note": back.id, "text": back.text})


def _owned(row: Contact, row_id: int) -> ContactNote:
    note = session().get(ContactNote, row_id, populate_existing=True)
    if note is None or note.contact_id not in known_as(row.id):
        raise UnknownContact(row.id)
    return note
