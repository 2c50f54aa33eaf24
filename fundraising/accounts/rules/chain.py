"""The hash chain over the audit trail: pure rules.

Each link hashes the one before it together with an entry. An entry holds the keyed digest of its content, never the
content, so that a content may be erased and the chain still holds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import astuple, dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

# What the first link follows upon.
BEGINNING = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """An audit entry as it is sealed."""

    id: int
    at: datetime
    actor_kind: str
    actor_id: int | None
    action: str
    subject_kind: str
    subject_id: int | None
    digest: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A link of the chain, as it is stored."""

    id: int
    entry_id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain went once: the number and the hash of what was its last link."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Content:
    """The content of an entry with its key."""

    key: bytes
    body: str


class TrailCutOff(Exception):
    """Sealed entries are gone from the end of the trail."""

    def __init__(self) -> None:
        super().__init__("sealed entries are gone from the audit trail: see `fundraising audit verify`")


class Break(StrEnum):
    """How a chain is broken."""

    ENTRY_MISSING = "the entry is gone"
    ENTRY_UNSEALED = "an entry stands among sealed ones and was never sealed"
    SEAL_MISSING = "a seal is gone"
    HASH_DIFFERS = "the entry or its seal was changed"
    ORDER_DIFFERS = "the entries stand in another order than they were sealed in"
    CONTENT_DIFFERS = "the content was changed"
    CUT_OFF = "sealed entries after it are gone, or all was sealed anew"


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one place in the chain: an entry, its seal or both, and its content unless that was erased."""

    entry: Entry | None
    seal: Seal | None
    content: Content | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not as it was, by the entry's number."""

    entry_id: int
    how: Break


@dataclass(slots=True)
class Verdict:
    """What reading the whole chain found."""

    sealed: int = 0
    unsealed: int = 0
    erased: int = 0
    head: str = BEGINNING
    broken: Broken | None = None


def link(previous: str, entry: Entry) -> str:
    """The hash that seals an entry upon the link before it: SHA-256, 64 hexadecimal digits."""
    values = [value.astimezone(UTC).isoformat() if hasattr(value, "astimezone") else value for value in astuple(entry)]
    return hashlib.sha256(f"{previous}\n{json.dumps(values)}".encode()).hexdigest()


def digest_of(content: Content) -> str:
    """The keyed digest of a content, as its entry holds it."""
    return hmac.digest(content.key, content.body.encode(), "sha256").hex()


def sealed(previous: str, number: int, entries: Iterable[Entry]) -> Iterator[Seal]:
    """The seals for entries that follow upon a link with this hash and number."""
    for place, entry in enumerate(entries, start=number + 1):
        previous = link(previous, entry)
        yield Seal(place, entry.id, previous)


def verify(rows: Iterable[Row], noted: Iterable[Head] = ()) -> Verdict:
    """Read rows in order of their entries' numbers, up to the first that is broken.

    The chain must still hold every head in `noted`; where it does not, its last entry is named.
    """
    verdict, last_entry, missing = Verdict(), 0, set(noted)
    for row in rows:
        how = _broken(verdict, last_entry, row)
        if how is not None:
            verdict.broken = Broken(row.entry.id if row.entry else row.seal.entry_id if row.seal else 0, how)
            return verdict
        _count(verdict, row)
        missing.discard(Head(verdict.sealed, verdict.head))
        last_entry = row.seal.entry_id if row.seal else last_entry
    if missing:
        verdict.broken = Broken(last_entry, Break.CUT_OFF)
    return verdict


def _broken(verdict: Verdict, last_entry: int, row: Row) -> Break | None:
    if row.entry is None:
        return Break.ENTRY_MISSING
    if row.content is not None and not hmac.compare_digest(digest_of(row.content), row.entry.digest):
        return Break.CONTENT_DIFFERS
    return None if row.seal is None else _broken_seal(verdict, last_entry, row.entry, row.seal)


def _broken_seal(verdict: Verdict, last_entry: int, entry: Entry, seal: Seal) -> Break | None:
    if verdict.unsealed:
        return Break.ENTRY_UNSEALED
    if seal.id > verdict.sealed + 1:
        return Break.SEAL_MISSING
    if seal.id <= verdict.sealed or seal.entry_id <= last_entry:
        return Break.ORDER_DIFFERS
    return None if hmac.compare_digest(link(verdict.head, entry), seal.hash) else Break.HASH_DIFFERS


def _count(verdict: Verdict, row: Row) -> None:
    if row.seal is None:
        verdict.unsealed += 1
    else:
        verdict.sealed += 1
        verdict.head = row.seal.hash
    verdict.erased += row.content is None
