"""Keeping documents with a contact, and taking them away.

A file is kept before the transaction that refers to it, and forgotten after the one that no longer does. Both wait for
each other on the file's digest, so that what somebody else just attached is never forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from sqlalchemy import delete, select

from fundraising import documents
from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record, who_acts
from fundraising.clock import now
from fundraising.contacts.models import Contact, ContactDocument
from fundraising.contacts.queries import current_id
from fundraising.contacts.queries.documents import AREA, digests_in_use, document
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.rules.documents import LARGEST_FILE, FileFault, RefusedFile, media_type, safe_name
from fundraising.db import one_at_a_time, session

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST_DESCRIPTION = 200


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is in the store and that no document refers to yet; `stream` is what it was read from."""

    stored: documents.Stored
    filename: str
    media_type: str
    stream: IO[bytes]


def keep_file(filename: str, stream: IO[bytes]) -> KeptFile:
    """Check a file and put it in the store; outside any transaction, since disks are slow. Raises RefusedFile."""
    name = safe_name(filename)
    kind = media_type(name, stream)
    return KeptFile(_store(stream), name, kind, stream)


def attach(contact_id: int, file: KeptFile, *, description: str) -> int:
    """Keep a file with a contact, and return the document's number. Raises UnknownContact."""
    owner = current_id(contact_id)
    if session().scalar(select(Contact.id).where(Contact.id == owner)) is None:
        raise UnknownContact(contact_id)
    _hold(file.stored.digest)
    # Somebody may have removed the last document with these contents while ours was being read.
    file.stream.seek(0)
    if not _is_kept(file.stored.digest):
        _store(file.stream)
    row = ContactDocument(
        contact_id=owner,
        digest=file.stored.digest,
        filename=file.filename,
        media_type=file.media_type,
        size=file.stored.size,
        description=" ".join(description.split())[:_LONGEST_DESCRIPTION],
        added_at=now(),
        added_by=who_acts().signature,
    )
    session().add(row)
    session().flush()  # its number is what was asked for
    told = {"document": row.id, "filename": row.filename, "size": row.size}
    record("contact.document_added", Subject("contact", owner), after=told)
    return row.id


def remove(document_id: int) -> str:
    """Take a document away and return its file's digest, for `forget_unused()`. Raises UnknownContactDocument."""
    gone = document(document_id)
    session().execute(delete(ContactDocument).where(ContactDocument.id == document_id))
    told = {"document": document_id, "filename": gone.filename}
    record("contact.document_removed", Subject("contact", gone.contact_id), before=told)
    return gone.digest


def forget_unused(digests: Collection[str]) -> int:
    """Erase those of these files that no document refers to; in a transaction after the one that removed them."""
    for digest in sorted(digests):
        _hold(digest)
    unused = set(digests) - digests_in_use(digests)
    return sum(documents.forget(digest, area=AREA) for digest in sorted(unused))


def _hold(digest: str) -> None:
    one_at_a_time(f"document {digest}")


def _is_kept(digest: str) -> bool:
    try:
        documents.open_stored(digest, area=AREA).close()
    except documents.UnknownDocument:
        return False
    return True


def _store(stream: IO[bytes]) -> documents.Stored:
    try:
        return documents.store(stream, area=AREA, most=LARGEST_FILE)
    except documents.TooLarge as large:
        raise RefusedFile(FileFault.TOO_LARGE) from large
