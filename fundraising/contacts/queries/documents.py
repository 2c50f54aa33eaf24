"""The documents that are kept with a contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.contacts.models import ContactDocument
from fundraising.contacts.queries import current_id, known_as
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

# The part of the file store that is ours.
AREA = "contacts"


class UnknownContactDocument(LookupError):
    """There is no such document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document of a contact; `contact_id` is what that contact is now. The size is in bytes."""

    document_id: int
    contact_id: int
    digest: str
    filename: str
    media_type: str
    size: int
    description: str
    added_at: datetime
    added_by: str


def documents_of(contact_id: int) -> list[DocumentRow]:
    """The documents of a contact and of those that were merged into it, newest first."""
    return documents_under(known_as(contact_id))


def documents_under(numbers: Sequence[int]) -> list[DocumentRow]:
    """The documents under all numbers of a contact, the standing one first, newest first; one query."""
    rows = select(ContactDocument).where(ContactDocument.contact_id.in_(numbers)).order_by(ContactDocument.id.desc())
    return [_row(row, numbers[0]) for row in session().scalars(rows)]


def document(document_id: int) -> DocumentRow:
    """One document. Raises UnknownContactDocument."""
    row = session().get(ContactDocument, document_id, populate_existing=True)
    if row is None:
        raise UnknownContactDocument(document_id)
    return _row(row, current_id(row.contact_id))


def digests_in_use(digests: Collection[str]) -> set[str]:
    """Those of these files that a document still refers to."""
    return set(session().scalars(select(ContactDocument.digest).where(ContactDocument.digest.in_(digests))))


def _row(row: ContactDocument, contact_id: int) -> DocumentRow:
    return DocumentRow(
        document_id=row.id,
        contact_id=contact_id,
        digest=row.digest,
        filename=row.filename,
        media_type=row.media_type,
        size=row.size,
        description=row.description,
        added_at=row.added_at,
        added_by=row.added_by,
    )
