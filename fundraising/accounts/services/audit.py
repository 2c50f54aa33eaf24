"""Writing the audit trail: in the transaction of what it tells about."""

from __future__ import annotations

import getpass
import hmac
import json
import secrets
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from fundraising import tasks
from fundraising.accounts.models import AuditContent, AuditEntry
from fundraising.accounts.rules import Actor, ActorKind, Subject
from fundraising.clock import now
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEY_BYTES = 32
_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Let what is recorded inside be done by `actor`."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


def who_acts() -> Actor:
    """Who acts now: whoever an entry point named, else the job that runs, else who typed the command."""
    actor = _acting.get()
    if actor is not None:
        return actor
    job = tasks.running_job()
    if job:
        return Actor(ActorKind.JOB, f"job:{job}")
    return Actor(ActorKind.COMMAND, f"cli:{_operating_system_user()}")


def record(
    action: str,
    subject: Subject,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> int:
    """Write down what the present actor does to a record, in the caller's transaction; the entry's id.

    `action` is `contact.changed` or the like. `before` and `after` hold the changed fields only, as JSON knows them,
    and never a secret. Raises TypeError for what JSON does not know.
    """
    actor = who_acts()
    told = {"actor": actor.name, "address": actor.address, "before": dict(before or {}), "after": dict(after or {})}
    body = json.dumps({name: value for name, value in told.items() if value}, sort_keys=True)
    key = secrets.token_bytes(_KEY_BYTES)
    entry = AuditEntry(
        at=now(),
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        action=action,
        subject_kind=subject.kind,
        subject_id=subject.id,
        digest=hmac.digest(key, body.encode(), "sha256").hex(),
    )
    session().add(entry)
    # Its id goes into the content.
    session().flush()
    session().add(AuditContent(entry_id=entry.id, key=key, body=body))
    return entry.id


def _operating_system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return "unknown"
