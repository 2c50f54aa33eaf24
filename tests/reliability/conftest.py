"""The house under trouble, on both databases: the programmes loaded and a simulated Mollie beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundraising.db import db, transaction
from fundraising.giving.simulator.server import RunningSimulator, running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask


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
