"""The whole house with a simulated Mollie beside it: real client, real HTTP."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fundraising import clock
from fundraising.contacts.rules import PersonName, Salutation
from fundraising.db import session, transaction
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.jobs import start_payment
from fundraising.giving.models import Payment
from fundraising.giving.mollie import DoorSettings, MollieDoor
from fundraising.giving.rules import Donor, DonorKind, Route, Submission
from fundraising.giving.services.donations import SubmittedDonation, submit_donation
from fundraising.giving.simulator import gate
from fundraising.giving.simulator.server import RunningSimulator, running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

KEY = "test_simulator0000000000000000000000"


@pytest.fixture
def mollie() -> Iterator[RunningSimulator]:
    """A simulated Mollie that sends no webhooks by itself."""
    with running_simulator(settings=SimulatorSettings(seed=7, start_courier=False)) as running:
        yield running


class Hanging:
    """What hangs at the simulator, until `let_go()`: however fast or slow this machine is. `went_on` says whether."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self.went_on = False

    def sleep(self, seconds: float) -> None:
        self._over.wait(seconds)
        self.went_on = True

    def let_go(self) -> None:
        self._over.set()


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    hanging = Hanging()
    monkeypatch.setattr(gate, "time", hanging)
    yield hanging
    hanging.let_go()


@pytest.fixture
def door(mollie: RunningSimulator) -> MollieDoor:
    return MollieDoor(DoorSettings(KEY, mollie.url), sleep=lambda _seconds: None)


@dataclass
class House:
    """The application with its programmes loaded, its door, and the simulator behind the door."""

    app: Flask
    door: MollieDoor
    mollie: RunningSimulator

    def submit(self, **changes: Any) -> SubmittedDonation:
        """Submit a giving form; `donor` may be given as a dictionary of changes."""
        donor = changes.pop("donor", {})
        submission = replace(self.submission(), **changes)
        submission = replace(submission, donor=replace(submission.donor, **donor))
        with transaction():
            return submit_donation(submission, mode=LedgerMode.TEST)

    def submission(self) -> Submission:
        return Submission(
            form_nonce="form-1",
            programme_id=min(programme_names("nl")),
            amount=Euro.of(1000),
            route=Route.ONLINE,
            method="ideal",
            language="nl",
            source_code="",
            donor=Donor(DonorKind.PERSON, PersonName(Salutation.MRS, "A.", "van der", "Sluis"), "a.sluis@example.nl"),
        )

    def give(self, **changes: Any) -> str:
        """Submit a form and have its payment made; Mollie's id of the payment."""
        submitted = self.submit(**changes)
        start_payment(self.door, submitted.payment_id, redirect_url="https://charity.example/bedankt")
        with transaction():
            return session().get_one(Payment, submitted.payment_id).provider_id


@pytest.fixture
def house(app: Flask, door: MollieDoor, mollie: RunningSimulator) -> Iterator[House]:
    app.extensions["mollie"] = door
    with app.app_context():
        with transaction():
            load_programmes(read_folder(resource("programmes/data")))
        yield House(app, door, mollie)
        session().rollback()


@pytest.fixture
def later() -> Any:
    """Let time go by: `with later(days=2): …`."""
    return lambda **by: clock.standing_still(clock.now() + timedelta(**by))
