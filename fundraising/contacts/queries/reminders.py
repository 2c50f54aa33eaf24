"""Notes to come back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.contacts.models import ContactNote
from fundraising.contacts.queries import current_ids
from fundraising.contacts.queries.record import NoteEntry
from fundraising.db import session

if TYPE_CHECKING:
    from datetime import date


def due_notes(day: date, *, most: int) -> list[tuple[int, NoteEntry]]:
    """Notes that remind on a day or before it, with which nobody is done: the oldest first, each with its contact."""
    note = (ContactNote.id, ContactNote.text, ContactNote.written_at, ContactNote.written_by)
    reminds = (ContactNote.remind_on, ContactNote.done_at)
    due = select(ContactNote.contact_id, *note, *reminds).where(
        ContactNote.remind_on <= day, ContactNote.done_at.is_(None)
    )
    rows = session().execute(due.order_by(ContactNote.remind_on, ContactNote.id).limit(most)).all()
    now_are = current_ids({row.contact_id for row in rows})
    return [(now_are[row.contact_id], NoteEntry(*row[1:])) for row in rows]
