"""What stalls, what fails, and what was said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_babel import force_locale
from sqlalchemy import select

from fundraising.clock import AMSTERDAM
from fundraising.db import session
from fundraising.gifts.queries import ledger_takes
from fundraising.giving.jobs import mollie_door
from fundraising.giving.queries import backlog
from fundraising.mailer import failed_count, late_count
from fundraising.operations.models import Alert
from fundraising.resources import resource
from fundraising.tasks import JOBS, JobState
from fundraising.web.locale import ENGLISH, lazy_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fundraising.tasks import Job

MAIL = "mail-"
# A hint is looked into within the minute; mail leaves within it.
_HINTS_LATE = timedelta(minutes=15)
_MAIL_LATE = timedelta(hours=1)
# A mail is given up within a day of its first try, and told of until the third.
_MAIL_FAILED = timedelta(days=3)
_FAILURES_BEFORE_FIRST_SUCCESS = 3


class NotMigrated(RuntimeError):
    """The tables are not those that this version of the code works with; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not well. `name` stays the same while it lasts; `message` is translated when it is shown."""

    name: str
    message: str
    values: Mapping[str, object]

    @property
    def text(self) -> str:
        """In the language of the moment."""
        return str(self.message) % self.values

    @property
    def in_english(self) -> str:
        """As it is stored, and shown on the command line."""
        with force_locale(ENGLISH):
            return self.text


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert that was raised."""

    name: str
    detail: str
    raised_at: datetime
    mailed_at: datetime | None
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job, its schedule, and what became of its runs."""

    name: str
    every: timedelta
    started_at: datetime | None
    succeeded_at: datetime | None
    failed_at: datetime | None
    failures: int
    error: str
    stalled: bool


def check_migrated() -> None:
    """Raises NotMigrated unless the database is at the newest migration of this version."""
    current = MigrationContext.configure(session().connection()).get_current_revision()
    known = _migrations()
    if current is not None and current not in known:
        raise NotMigrated(f"the database is at migration {current}, unknown to this version: install a newer one")
    if current != known[0]:
        found = f"the database is at migration {current}" if current else "the database has no tables"
        raise NotMigrated(f"{found}, this version wants {known[0]}: run `fundraising db upgrade`")


def troubles(at: datetime) -> Iterator[Trouble]:
    """Everything that stalls or fails at this instant, apart from what the ledger check finds."""
    yield from _job_troubles(at)
    yield from _provider_troubles(at)
    yield from _mail_troubles(at)


def jobs(at: datetime) -> list[JobRow]:
    """Every job of the house, by name."""
    states = {state.name: state for state in session().scalars(select(JobState))}
    return [_row(known, states.get(name) or JobState(name=name, failures=0, error=""), at) for name, known in _known()]


def alerts() -> list[AlertRow]:
    """Every alert that was ever raised, open ones first, then the newest."""
    rows = session().scalars(select(Alert).order_by(Alert.cleared_at.is_not(None), Alert.raised_at.desc()))
    return [AlertRow(row.name, row.detail, row.raised_at, row.mailed_at, row.cleared_at) for row in rows]


def told_and_not_over() -> list[str]:
    """What the administrator heard of and not yet that it is over, by the name of the trouble."""
    told = select(Alert.name).where(Alert.cleared_at.is_(None), Alert.mailed_at.is_not(None)).order_by(Alert.name)
    return [name.partition(":")[2] for name in session().scalars(told)]


def _known() -> list[tuple[str, Job]]:
    return sorted(JOBS.items())


def _row(known: Job, state: JobState, at: datetime) -> JobRow:
    return JobRow(
        known.name,
        known.every,
        state.started_at,
        state.succeeded_at,
        state.failed_at,
        state.failures,
        state.error,
        stalled=_is_stalled(known, state, at),
    )


def _is_stalled(known: Job, state: JobState, at: datetime) -> bool:
    if state.succeeded_at is None and state.failures:
        return state.failures >= _FAILURES_BEFORE_FIRST_SUCCESS
    # A first run that never ended counts from its start; a job that was never started is new.
    since = state.succeeded_at or state.started_at
    return since is not None and at - since > known.stalled_after


def _job_troubles(at: datetime) -> Iterator[Trouble]:
    for row in jobs(at):
        if row.stalled and row.succeeded_at is None:
            message = lazy_text("The job %(job)s has never succeeded. Its last error: %(error)s")
            yield Trouble(f"job-{row.name}", message, {"job": row.name, "error": row.error or "-"})
        elif row.stalled and row.succeeded_at:
            message = lazy_text("The job %(job)s has not succeeded since %(since)s. Its last error: %(error)s")
            values = {"job": row.name, "since": _told(row.succeeded_at), "error": row.error or "-"}
            yield Trouble(f"job-{row.name}", message, values)


def _provider_troubles(at: datetime) -> Iterator[Trouble]:
    mode, behind = mollie_door().mode, backlog()
    if not ledger_takes(mode):
        message = lazy_text(
            "The key of Mollie is a %(mode)s key, and the ledger holds the other kind of money: nobody can pay online."
        )
        yield Trouble("mollie-key", message, {"mode": mode})
    if behind.oldest_hint_at and behind.oldest_hint_at < at - _HINTS_LATE:
        message = lazy_text("Messages from Mollie that wait to be looked into: %(count)s, the oldest since %(since)s.")
        yield Trouble("webhooks-late", message, {"count": behind.waiting_hints, "since": _told(behind.oldest_hint_at)})
    if behind.parked_hints:
        message = lazy_text("Messages from Mollie that were put aside after many failures: %(count)s.")
        yield Trouble("webhooks-parked", message, {"count": behind.parked_hints})
    if behind.failing_payments:
        message = lazy_text(
            "Payments that cannot be synchronised with Mollie: %(count)s. See `fundraising payments stuck`."
        )
        yield Trouble("payments-failing", message, {"count": behind.failing_payments})


def _mail_troubles(at: datetime) -> Iterator[Trouble]:
    if late := late_count(at - _MAIL_LATE):
        message = lazy_text("Mails that have waited for more than an hour: %(count)s. See `fundraising mail list`.")
        yield Trouble(f"{MAIL}late", message, {"count": late})
    if failed := failed_count(at - _MAIL_FAILED):
        message = lazy_text("Mails that could not be delivered: %(count)s. See `fundraising mail list --state failed`.")
        yield Trouble(f"{MAIL}failed", message, {"count": failed})


def _told(instant: datetime) -> str:
    return f"{instant.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}"


@cache
def _migrations() -> list[str]:
    """The newest first. Read once: they do not change while the process lives."""
    return [script.revision for script in ScriptDirectory(str(resource("migrations"))).walk_revisions()]
