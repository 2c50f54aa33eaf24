"""Sealing the audit trail into a hash chain, and erasing contents from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text

from fundraising.accounts.models import AuditContent, AuditEntry, AuditSeal
from fundraising.accounts.queries.trail import last_seal, unsealed
from fundraising.accounts.rules.chain import sealed
from fundraising.accounts.services.audit import record
from fundraising.clock import now
from fundraising.db import is_sqlite, session

if TYPE_CHECKING:
    from fundraising.accounts.rules import Subject

_BATCH = 2_000


def seal_trail() -> int:
    """Seal what was written since the last time, up to a batch, in the caller's transaction; how many entries.

    Raises OperationalError where somebody has been writing for longer than two seconds: then the next run does it.
    """
    _wait_for_writers()
    last, at = last_seal(), now()
    links = sealed(last.hash, last.id, unsealed(last.entry_id, most=_BATCH))
    rows = [AuditSeal(id=link.id, entry_id=link.entry_id, hash=link.hash, sealed_at=at) for link in links]
    session().add_all(rows)
    return len(rows)


def erase_contents(subject: Subject) -> int:
    """Erase what the trail tells of a record, in the caller's transaction; how many entries. That it was done stays."""
    of_subject = select(AuditEntry.id).where(
        AuditEntry.subject_kind == subject.kind, AuditEntry.subject_id == subject.id
    )
    gone = delete(AuditContent).where(AuditContent.entry_id.in_(of_subject)).returning(AuditContent.entry_id)
    count = len(session().execute(gone).all())
    record("audit.erased", subject, after={"entries": count})
    return count


def _wait_for_writers() -> None:
    """Let no entry be under way: one that is stored later with a lower number would stand among sealed ones."""
    connection = session().connection()
    if not is_sqlite(connection):
        connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        connection.execute(text("LOCK TABLE audit_entry IN SHARE MODE"))
