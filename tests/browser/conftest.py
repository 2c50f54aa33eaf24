"""A donor's browser and a running installation for every journey. They run on SQLite: a browser sees no difference."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import expect

from fundraising.giving.public import give, thanks
from fundraising.giving.simulator.server import RunningSimulator, running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from tests.browser.colleague import Colleague
from tests.browser.desk import signed_in
from tests.browser.donor import DESKTOP, Donor
from tests.browser.site import Site, address_of, listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from playwright.sync_api import BrowserContext
    from werkzeug.serving import BaseWSGIServer

    from fundraising.accounts.rules import Role
    from tests.databases import SqliteDatabases

# Milliseconds. Nothing takes so long; a machine that does ten things at once may.
PATIENCE = 10_000
expect.set_options(timeout=PATIENCE)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Everything in this folder drives chromium."""
    item.add_marker(pytest.mark.browser)


@pytest.fixture
def database_url(sqlite_databases: SqliteDatabases) -> Iterator[str]:
    with sqlite_databases.fresh() as url:
        yield url


@pytest.fixture
def mollie() -> Iterator[RunningSimulator]:
    with running_simulator(settings=SimulatorSettings(seed=7, start_courier=False)) as running:
        yield running


@pytest.fixture
def server() -> Iterator[BaseWSGIServer]:
    with listening() as server:
        yield server


@pytest.fixture
def settings(server: BaseWSGIServer, mollie: RunningSimulator) -> dict[str, str]:
    return {"PUBLIC_URL": address_of(server), "MOLLIE_API_URL": mollie.url}


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates as Jinja compiles them, once for all the applications of a run."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def site(app: Flask, server: BaseWSGIServer, mollie: RunningSimulator, compiled: FileSystemBytecodeCache) -> Site:
    app.jinja_env.bytecode_cache = mollie.app.jinja_env.bytecode_cache = compiled
    running = Site(address_of(server), app, mollie)
    running.open_up()
    server.app = app
    return running


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person takes seconds where a test takes none; what is about those seconds overrides this fixture."""
    monkeypatch.setattr(give, "_LEAST_TIME", timedelta(0))
    monkeypatch.setattr(thanks, "_SECONDS_BETWEEN_LOOKS", 0.0)


@pytest.fixture
def visitor(site: Site, new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Donor]]:
    """Open a browser for somebody: `visitor(language="en", **PHONE)`. Afterwards nothing may have gone wrong in it."""
    visitors = []

    def open_browser(language: str = "nl", **arguments: Any) -> Donor:
        # A page that glides to where it should be would make every test wait for it.
        context = new_context(**({"reduced_motion": "reduce"} | DESKTOP | arguments))
        context.set_default_timeout(PATIENCE)
        visitors.append(Donor(context, site, language))
        return visitors[-1]

    yield open_browser
    for each in visitors:
        each.check_nothing_went_wrong()


@pytest.fixture
def donor(visitor: Callable[..., Donor]) -> Donor:
    """Somebody at a desk, with scripts, who reads Dutch."""
    return visitor()


@pytest.fixture
def colleague(site: Site, new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Colleague]]:
    """Open a browser for somebody of the staff: with roles for who has signed in, without for who has yet to.

    `colleague(Role.FINANCE, language="en", **NARROW)`. Afterwards nothing may have gone wrong in it.
    """
    opened = []

    def open_browser(*roles: Role, language: str = "nl", **screen: Any) -> Colleague:
        context = new_context(**({"reduced_motion": "reduce"} | DESKTOP | screen))
        context.set_default_timeout(PATIENCE)
        if roles:
            context.add_cookies([signed_in(site, *roles, language=language)])
        opened.append(Colleague(context, site, language))
        return opened[-1]

    yield open_browser
    for each in opened:
        each.check_nothing_went_wrong()
