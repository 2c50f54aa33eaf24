"""What staff write down about a contact."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from fundraising.accounts.services import who_acts
from fundraising.clock import now
from fundraising.contacts.models import Contact, ContactNote
from fundraising.contacts.queries import known_as
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.services.changes import locked, note_change
from fundraising.db import session

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note with who wrote it, and when."""

    text: str
    written_at: datetime
    written_by: str
    remind_on: date | None = None
    done_at: datetime | None = None


def add_note(contact_id: int, text: str, *, remind_on: date | None = None) -> int:
    """Write a note, of at most 4,000 characters, to come back to on a day or not; its row's id."""
    row = locked(contact_id)
    name = who_acts().signature
    note = ContactNote(contact_id=row.id, text=text, written_at=now(), written_by=name, remind_on=remind_on)
    session().add(note)
    session().flush()  # its number is what was asked for
    note_change(row, "contact.note", after={"note": note.id, "text": text, "remind_on": remind_on})
    return note.id


def change_note(contact_id: int, row_id: int, text: str, *, version: int, remind_on: date | None = None) -> bool:
    """Put a note right; who wrote it stays. On another day it is to be done anew. Raises StaleRecord."""
    row = locked(contact_id, version)
    note = _owned(row, row_id)
    before, after = {"text": note.text, "remind_on": note.remind_on}, {"text": text, "remind_on": remind_on}
    if before == after:
        return False
    if note.remind_on != remind_on:
        note.done_at = None
    note.text, note.remind_on = text, remind_on
    return note_change(row, "contact.note", before=before, after=after | {"note": note.id})


def finish_reminder(contact_id: int, row_id: int) -> bool:
    """Be done with what a note reminds of; False where somebody was already. Raises UnknownContact."""
    row = locked(contact_id)
    note = _owned(row, row_id)
    if note.remind_on is None or note.done_at is not None:
        return False
    note.done_at = now()
    return note_change(row, "contact.reminder", after={"note": note.id, "done_at": note.done_at})


def resume_reminder(contact_id: int, row_id: int) -> bool:
    """Let a note remind again; False where it still did. Raises UnknownContact."""
    row = locked(contact_id)
    note = _owned(row, row_id)
    before, note.done_at = note.done_at, None
    return note_change(row, "contact.reminder", before={"done_at": before})


def remove_note(contact_id: int, row_id: int, *, version: int) -> None:
    """Throw a note away. Raises StaleRecord."""
    row = locked(contact_id, version)
    note = _owned(row, row_id)
    session().delete(note)
    names = ("text", "written_at", "written_by", "remind_on", "done_at")
    note_change(row, "contact.note", before={"note": note.id} | {name: getattr(note, name) for name in names})


def put_note_back(contact_id: int, note: WrittenNote) -> None:
    """Keep a note that stood here before, as it was written then."""
    row = locked(contact_id)
    back = ContactNote(contact_id=row.id, **asdict(note))
    session().add(back)
    session().flush()  # its number is written down
    note_change(row, "contact.note", after={"note": back.id, "text": back.text, "remind_on": back.remind_on})


def _owned(row: Contact, row_id: int) -> ContactNote:
    note = session().get(ContactNote, row_id, populate_existing=True)
    if note is None or note.contact_id not in known_as(row.id):
        raise UnknownContact(row.id)
    return note
