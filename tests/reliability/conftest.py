"""The house under trouble, on both databases: the programmes loaded and a simulated Mollie beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundraising.db import db, transaction
from fundraising.giving.simulator.server import RunningSimulator, running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource
from tests.ports import free_port
from tests.reliability.serving import House, Installation, housed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

SECRET = "a-secret-for-tests-that-nobody-need-keep"


@pytest.fixture
def mollie() -> Iterator[RunningSimulator]:
    """A simulated Mollie that sends no webhooks by itself and makes the same ids each time."""
    with running_simulator(settings=SimulatorSettings(seed=7, start_courier=False)) as running:
        yield running


@pytest.fixture
def house(app: Flask) -> Flask:
    """The application with its programmes."""
    with app.app_context():
        with transaction():
            load_programmes(read_folder(resource("programmes/data")))
        db.session.remove()
    return app


@pytest.fixture
def installation(database_url: str, tmp_path: Path, mollie: RunningSimulator, house: Flask) -> Installation:
    """An installation of its own on the migrated database, for processes that may be killed."""
    environment = {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path / "var"),
        "PUBLIC_URL": "http://localhost",
        "SECRET_KEY": SECRET,
        "TRUSTED_PROXIES": "1",
    }
    return Installation(environment, mollie.url, free_port())


@pytest.fixture
def processes(installation: Installation) -> Iterator[House]:
    """Its processes."""
    with housed(installation) as running:
        yield running
