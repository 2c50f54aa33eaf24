"""What a benchmark can ask for: the house in processes of its own, databases as in earnest, a place for figures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest

from config import Config
from fundraising.operations.cli.processes import free_port
from tests.benchmarks.donors import open_up
from tests.benchmarks.figures import SCALE, Figures
from tests.benchmarks.house import Processes
from tests.databases import PostgresqlDatabases, postgresql_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

_FIGURES = pytest.StashKey[Figures]()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Everything in this folder measures."""
    item.add_marker(pytest.mark.benchmark)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave benchmarks out unless they are asked for: they take minutes, and a machine that does nothing else."""
    if "benchmark" in config.option.markexpr:
        return
    measuring = [item for item in items if item.get_closest_marker("benchmark")]
    config.hook.pytest_deselected(items=measuring)
    items[:] = [item for item in items if not item.get_closest_marker("benchmark")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures of the run."""
    figures = config.stash.get(_FIGURES, None)
    if figures is not None:
        terminalreporter.section("figures" if SCALE == 1 else f"figures at {SCALE} of the size: only a try")
        terminalreporter.write_line(
            f"{os.cpu_count()} processors; a load far above that says that others worked here too"
        )
        for line in figures.table():
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """Where figures are kept until the end of the run."""
    return pytestconfig.stash.setdefault(_FIGURES, Figures())


@pytest.fixture(scope="session")
def postgresql_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlDatabases]:
    """A server that really waits for its disk, as one with money in it does; other tests need not wait."""
    with postgresql_server() as url:
        if "TEST_POSTGRESQL_URL" not in os.environ:
            with psycopg.connect(url, autocommit=True) as connection:
                for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
                    connection.execute(f"ALTER SYSTEM RESET {setting}")
                connection.execute("SELECT pg_reload_conf()")
        databases = PostgresqlDatabases(url, tmp_path_factory.mktemp("postgresql"), restoring=False)
        yield databases
        databases.close()


@pytest.fixture
def web_port() -> int:
    return free_port(0)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[str]:
    """The address of a simulated Mollie in a process of its own."""
    with Processes({}, tmp_path).simulator() as url:
        yield url


@pytest.fixture
def environment(database_url: str, tmp_path: Path, web_port: int, simulator: str) -> dict[str, str]:
    """The settings of an installation behind a proxy, so that each donor can come from an address of their own."""
    return {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path / "var"),
        "PUBLIC_URL": f"http://localhost:{web_port}",
        "SECRET_KEY": "a-secret-for-tests-that-nobody-need-keep",
        "MOLLIE_API_URL": simulator,
        "ALERT_EMAIL": "beheer@example.nl",
        "ORGANISATION_RSIN": "123456782",
        "ORGANISATION_ADDRESS": "Voorbeeldstraat 1, 1234 AB Voorbeeldstad",
        "TRUSTED_PROXIES": "1",
    }


@pytest.fixture
def config(environment: dict[str, str]) -> Config:
    return Config.from_env(environment)


@pytest.fixture
def house(app: Flask) -> Flask:
    """The application with programmes and payment methods. Afterwards the ledger must agree."""
    open_up(app)
    return app


@pytest.fixture
def processes(environment: dict[str, str], tmp_path: Path) -> Processes:
    return Processes(environment, tmp_path)
