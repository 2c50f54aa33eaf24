"""What machines ask: is it alive, is it ready, do its jobs run. No secrets, no numbers of people or money."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from fundraising.clock import now
from fundraising.db import session
from fundraising.logs import get_logger, summary
from fundraising.operations.queries import NotMigrated, check_migrated, jobs
from fundraising.tasks import QueueUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundraising.tasks import Queue

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Whether this process answers at all; asks nothing of anybody."""
    return _answer({"process": True})


@blueprint.get("/readyz")
def ready() -> Response:
    """Whether database, queue and migrations are as they must be; 503 and which part is not."""
    parts: dict[str, Callable[[], None]] = {"database": _database, "queue": _queue, "migrations": check_migrated}
    return _answer({name: _is_well(name, check) for name, check in parts.items()})


@blueprint.get("/healthz/jobs")
def jobs_run() -> Response:
    """Whether the worker does its jobs, for an alarm from outside: a worker that is gone can mail nobody."""
    try:
        rows = jobs(now())
    except SQLAlchemyError as trouble:
        get_logger().warning("health.jobs_unknown", reason=summary(trouble))
        return _answer({"database": False})
    return _answer({row.name: row.started_at is not None and not row.stalled for row in rows})


def _answer(parts: dict[str, bool]) -> Response:
    well = all(parts.values())
    told = {name: "ok" if fine else "failed" for name, fine in parts.items()}
    response = jsonify(status="ok" if well else "failed", **told)
    response.status_code = 200 if well else 503
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_well(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except (SQLAlchemyError, QueueUnreachable, NotMigrated) as trouble:
        get_logger().warning("health.not_ready", part=name, reason=summary(trouble))
        return False
    return True


def _database() -> None:
    session().execute(text("SELECT 1"))


def _queue() -> None:
    cast("Queue", current_app.extensions["queue"]).pending()
