"""Reading the audit trail: to search it, and to prove that nobody touched it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select, text

from fundraising.accounts.models import AuditContent, AuditEntry, AuditSeal
from fundraising.accounts.rules import ActorKind, Subject
from fundraising.accounts.rules.chain import BEGINNING, Content, Entry, Head, Row, Seal
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

_BATCH = 2_000
_ENTRY = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.actor_kind,
    AuditEntry.actor_id,
    AuditEntry.action,
    AuditEntry.subject_kind,
    AuditEntry.subject_id,
    AuditEntry.digest,
)
# A DISTINCT would read the whole trail; this takes one look into the index per word.
_WORDS = """
    WITH RECURSIVE word(value) AS (
        SELECT min({column}) FROM audit_entry
        UNION ALL
        SELECT (SELECT min({column}) FROM audit_entry WHERE {column} > word.value)
        FROM word WHERE word.value IS NOT NULL
    )
    SELECT value FROM word WHERE value IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which entries are wanted; all of them where nothing is named. `since` and `until` bound their instant."""

    actor_kind: ActorKind | None = None
    user_id: int | None = None
    action: str = ""
    subject_kind: str = ""
    subject_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrailRow:
    """An entry of the trail with its content; what was erased is empty, and `erased` says so."""

    id: int
    at: datetime
    actor_kind: ActorKind
    actor_id: int | None
    action: str
    subject: Subject
    erased: bool
    actor: str
    address: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that was done to a record, by whom, and the fields before and after; all empty once it was erased."""

    entry_id: int
    subject_id: int | None
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


def trail(wanted: TrailFilter, *, skipped: int = 0, most: int = 50) -> list[TrailRow]:
    """Entries, the newest first."""
    query = (
        select(*_ENTRY, AuditContent.body)
        .outerjoin(AuditContent, AuditContent.entry_id == AuditEntry.id)
        .order_by(AuditEntry.id.desc())
        .offset(skipped)
        .limit(most)
    )
    return [_told(row) for row in session().execute(_narrowed(query, wanted))]


def whole_trail(wanted: TrailFilter) -> Iterator[TrailRow]:
    """Every entry that is wanted, the newest first, a batch at a time."""
    query = select(*_ENTRY, AuditContent.body).outerjoin(AuditContent, AuditContent.entry_id == AuditEntry.id)
    query = query.order_by(AuditEntry.id.desc()).execution_options(yield_per=_BATCH)
    with closing(session().execute(_narrowed(query, wanted))) as found:
        yield from map(_told, found)


def actions() -> Sequence[str]:
    """Every action that was ever written down, by its word."""
    return session().scalars(text(_WORDS.format(column="action"))).all()


def subject_kinds() -> Sequence[str]:
    """Every kind of record that anything was ever done to."""
    return session().scalars(text(_WORDS.format(column="subject_kind"))).all()


def chain_rows() -> Iterator[Row]:
    """The whole trail with its seals, in order of the entries' numbers, a batch at a time."""
    number = func.coalesce(AuditEntry.id, AuditSeal.entry_id)
    query = (
        select(*_ENTRY, AuditSeal.id, AuditSeal.entry_id, AuditSeal.hash, AuditContent.key, AuditContent.body)
        .select_from(AuditEntry)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id, full=True)
        .outerjoin(AuditContent, AuditContent.entry_id == AuditEntry.id)
        .order_by(number, AuditSeal.id)
        .execution_options(yield_per=_BATCH)
    )
    # Closed also where the reader stops halfway.
    with closing(session().execute(query)) as found:
        rows: Iterable[Any] = found
        for row in rows:
            entry, seal, content = row[:8], row[8:11], row[11:]
            yield Row(
                Entry(*entry) if entry[0] is not None else None,
                Seal(*seal) if seal[0] is not None else None,
                Content(*content) if content[0] is not None else None,
            )


def last_seal() -> Seal:
    """The newest link of the chain; a link before the first where nothing is sealed."""
    row = (
        session()
        .execute(select(AuditSeal.id, AuditSeal.entry_id, AuditSeal.hash).order_by(AuditSeal.id.desc()).limit(1))
        .first()
    )
    return Seal(*row) if row is not None else Seal(0, 0, BEGINNING)


def holds(head: Head) -> bool:
    """Whether the chain has this link at this place."""
    return session().scalar(select(AuditSeal.hash).where(AuditSeal.id == head.number)) == head.hash


def is_in_chain(digest: str) -> bool:
    """Whether a link has this hash, as it was noted elsewhere once."""
    return session().scalar(select(AuditSeal.id).where(AuditSeal.hash == digest)) is not None


def unsealed(after: int, *, most: int) -> list[Entry]:
    """Entries with a number above `after`, in order."""
    query = select(*_ENTRY).where(AuditEntry.id > after).order_by(AuditEntry.id).limit(most)
    return [Entry(*row) for row in session().execute(query)]


def _deed(entry: AuditEntry, told: Mapping[str, Any]) -> Deed:
    return Deed(
        entry_id=entry.id,
        subject_id=entry.subject_id,
        at=entry.at,
        action=entry.action,
        actor=str(told.get("actor", "")),
        before=told.get("before", {}),
        after=told.get("after", {}),
    )


def _narrowed(query: Select[*tuple[Any, ...]], wanted: TrailFilter) -> Select[*tuple[Any, ...]]:
    conditions = {
        AuditEntry.actor_kind: wanted.actor_kind,
        AuditEntry.actor_id: wanted.user_id,
        AuditEntry.action: wanted.action,
        AuditEntry.subject_kind: wanted.subject_kind,
        AuditEntry.subject_id: wanted.subject_id,
    }
    query = query.where(*(column == value for column, value in conditions.items() if value not in {None, ""}))
    if wanted.since is not None:
        query = query.where(AuditEntry.at >= wanted.since)
    return query if wanted.until is None else query.where(AuditEntry.at < wanted.until)


def _told(row: Any) -> TrailRow:  # noqa: ANN401  a row of a query
    told = json.loads(row.body) if row.body else {}
    return TrailRow(
        id=row.id,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        action=row.action,
        subject=Subject(row.subject_kind, row.subject_id),
        erased=row.body is None,
        actor=told.get("actor", ""),
        address=told.get("address", ""),
        before=told.get("before", {}),
        after=told.get("after", {}),
    )
