"""Pieces of the front page: what stalls, what fails."""

from __future__ import annotations

from fundraising.accounts.rules import Permission, Role
from fundraising.clock import now
from fundraising.desk.views.panels import MOST_ROWS, Panel
from fundraising.operations.queries import AlertRow, JobRow, alerts, jobs
from fundraising.web.locale import lazy_text as _


def open_alerts() -> list[AlertRow]:
    """What is not well now, the latest first."""
    return [alert for alert in alerts() if alert.cleared_at is None][: MOST_ROWS + 1]


def failing_jobs() -> list[JobRow]:
    """Jobs that stall, or whose last run failed."""
    return [job for job in jobs(now()) if job.stalled or job.failures][: MOST_ROWS + 1]


PANELS = (
    Panel(
        name="alerts",
        place=65,
        title=_("Faults"),
        empty=_("Nothing stalls or fails."),
        roles=frozenset({Role.FINANCE, Role.ADMINISTRATOR}),
        permission=Permission.SEE_JOBS,
        read=open_alerts,
    ),
    Panel(
        name="jobs",
        place=90,
        title=_("Jobs"),
        empty=_("Every job runs."),
        roles=frozenset({Role.ADMINISTRATOR}),
        permission=Permission.SEE_JOBS,
        read=failing_jobs,
    ),
)
