"""What a machine asks: alive, ready, and do the jobs run."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from config import Config
from fundraising import tasks
from fundraising.app import cli
from fundraising.clock import now, standing_still
from fundraising.db import db, session, transaction
from fundraising.operations import queries
from fundraising.operations.cli.processes import free_port
from tests.conftest import running_app


def test_alive_asks_nothing_of_anybody(tmp_path):
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "DATA_DIR": str(tmp_path)}
    with running_app(Config.from_env(nowhere)) as app:
        answer = app.test_client().get("/healthz")
        assert (answer.status_code, answer.json) == (200, {"status": "ok", "process": "ok"})


def test_ready_when_all_parts_are(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "ok", "queue": "ok", "migrations": "ok"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_empty_database_is_not_ready(empty_database_url, tmp_path):
    with running_app(Config.from_env({"DATABASE_URL": empty_database_url, "DATA_DIR": str(tmp_path)})) as app:
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert answer.json == {"status": "failed", "database": "ok", "queue": "ok", "migrations": "failed"}


def test_an_older_database_is_not_ready(app_context, client):
    with transaction() as current:
        current.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert client.get("/readyz").json["migrations"] == "failed"


@pytest.mark.parametrize(
    ("command", "found", "advice"),
    [("web", "0001", "run `fundraising db upgrade`"), ("worker", "9999", "install a newer one")],
)
def test_no_process_starts_on_tables_of_another_version(app_context, config, command, found, advice):
    with transaction() as current:
        current.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    options = ["--port", str(free_port(0))] if command == "web" else []
    environment = {"DATABASE_URL": config.database_url, "DATA_DIR": str(config.data_dir)}
    answer = CliRunner(env=environment).invoke(cli, [command, *options])
    assert answer.exit_code == 1
    assert re.fullmatch(rf"Error: the database is at migration {found}, .*: {advice}\n", answer.output)


@pytest.mark.parametrize("url", ["postgresql://nobody:secret@127.0.0.1:1/nothing", "sqlite:////missing/folder/db"])
def test_a_database_out_of_reach_is_told_without_its_address(url, tmp_path, capsys):
    with running_app(Config.from_env({"DATABASE_URL": url, "DATA_DIR": str(tmp_path)})) as app:
        answer, jobs = app.test_client().get("/readyz"), app.test_client().get("/healthz/jobs")
    assert (answer.status_code, jobs.status_code) == (503, 503)
    assert answer.json == {"status": "failed", "database": "failed", "queue": "ok", "migrations": "failed"}
    assert jobs.json == {"status": "failed", "database": "failed"}
    assert "secret" not in answer.text + capsys.readouterr().err


def test_a_queue_out_of_reach_is_told(app_context, client):
    app_context.extensions["queue"] = tasks.Queue("redis://127.0.0.1:1/0", app_context.app_context)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "failed", "database": "ok", "queue": "failed", "migrations": "ok"}


def test_a_worker_that_never_came_or_is_gone_is_seen_from_outside(app_context, client, monkeypatch):
    monkeypatch.setattr(tasks, "JOBS", {name: tasks.JOBS[name] for name in ("watch", "ledger-check")})
    monkeypatch.setattr(queries, "JOBS", tasks.JOBS)
    assert client.get("/healthz/jobs").status_code == 503
    for name in tasks.JOBS:
        tasks.run_job(name)
    assert client.get("/healthz/jobs").status_code == 200
    with standing_still(now() + timedelta(hours=2)):
        answer = client.get("/healthz/jobs")
    assert answer.status_code == 503
    assert answer.json == {"status": "failed", "watch": "failed", "ledger-check": "ok"}


def test_nothing_stays_open(app_context, client):
    client.get("/readyz")
    session().rollback()
    assert db.engine.pool.checkedout() == 0
