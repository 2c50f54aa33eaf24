"""A process that is killed at any step of a refund, from the question to the donor's mail, and what a restart finds."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fundraising import clock
from fundraising.accounts.rules import Actor, ActorKind, Role
from fundraising.accounts.services import acting_as
from fundraising.db import session, transaction
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.checks import findings
from fundraising.giving.jobs import start_payment, sweep, sync_payment
from fundraising.giving.jobs.refunds import ask_due_refunds
from fundraising.giving.models import Payment
from fundraising.giving.queries.refunds import refund_request
from fundraising.giving.rules.refunds import RequestState
from fundraising.giving.services.donations import submit_donation
from fundraising.giving.services.refunds import request_refund
from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.server import RunningSimulator, running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.mailer import MailState, OutgoingMail
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from tests.databases import dispose
from tests.factories import accounts
from tests.reliability.serving import Death, Installation
from tests.reliability.stage import BACK, submission
from tests.reliability.truth import booked_lines, expected_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from fundraising.giving.simulator.world import World

pytestmark = pytest.mark.crash

A_THOUSAND_EUROS = 4  # the form with that amount
# Every step from the decision to the mail, in the order of the path.
STEPS = {
    "it is noted that Mollie is asked, not committed": Death("fundraising.giving.jobs.refunds:take_refund", after=True),
    "that is stored, Mollie not asked": Death("fundraising.giving.mollie:MollieDoor.refund"),
    "Mollie has made the refund, its answer is lost": Death("fundraising.giving.mollie:MollieDoor.refund", after=True),
    "its id is written, not committed": Death("fundraising.giving.jobs.refunds:adopt_refund", after=True),
    "its id is stored, nothing looked at": Death("fundraising.giving.jobs.refunds:sync_payment"),
    "Mollie has told, nothing is written": Death("fundraising.giving.jobs:apply_observation"),
    "what Mollie told is written, not committed": Death("fundraising.giving.jobs:apply_observation", after=True),
    "the entry is about to be written": Death("fundraising.giving.services.payments:record_reversal"),
    "the entry is written, not committed": Death("fundraising.giving.services.payments:record_reversal", after=True),
    "the donor's mail is written, not committed": Death("fundraising.giving.services.refunds:_write_donor", after=True),
    "the mail is claimed, not sent": Death("fundraising.mailer.delivery:compose"),
    "the mail is sent, that is not noted": Death("fundraising.mailer.transports:FolderTransport._write", after=True),
}


@pytest.fixture
def mollie() -> Iterator[RunningSimulator]:
    """A simulated Mollie in the test's own process, which outlives ours; it sends webhooks, and soon again."""
    with running_simulator(settings=SimulatorSettings(seed=7, webhook_speed=600)) as running:
        yield running


@contextmanager
def opened(installation: Installation) -> Iterator[Flask]:
    app = installation.app()
    try:
        with app.app_context():
            yield app
            session().rollback()
    finally:
        dispose(app)


def decided(app: Flask, world: World) -> tuple[str, int]:
    """A gift that is booked and thanked, and the number of a refund of it that Mollie is to be asked for."""
    door = app.extensions["mollie"]
    with transaction():
        person = accounts.user(Role.FINANCE)
        given = submit_donation(submission(A_THOUSAND_EUROS, min(programme_names("nl"))), mode=LedgerMode.TEST)
        actor = Actor(ActorKind.USER, person.name, person.id)
    start_payment(door, given.payment_id, redirect_url=BACK)
    with transaction():
        provider_id = session().get_one(Payment, given.payment_id).provider_id
    lifecycle.reach(world, provider_id, "paid")
    sync_payment(door, provider_id)
    app.extensions["deliver_mail"]()
    with transaction(), acting_as(actor):
        number = request_refund(given.payment_id, Euro.of(300), note="", form_key="a-form", approval_above=Euro.of(500))
    return provider_id, number


@contextmanager
def bank(world: World, provider_id: str) -> Iterator[None]:
    """Mollie sends each refund on its way as soon as it has it, as long as the body runs."""
    closing = threading.Event()

    def send() -> None:
        while not closing.wait(0.05):
            for refund in world.refunds(provider_id):
                if refund.status == "pending":
                    lifecycle.move_refund(world, refund.id, "processing")

    working = threading.Thread(target=send, daemon=True)
    working.start()
    try:
        yield
    finally:
        closing.set()
        working.join()


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_a_refund_is_made_booked_and_told_once(processes, mollie, tmp_path, step):
    with opened(processes.installation) as app:
        provider_id, number = decided(app, mollie.world)
    with bank(mollie.world, provider_id):
        dying = processes.start(STEPS[step])
        dying.join(20)
        assert dying.exitcode == -signal.SIGKILL, "the step was never reached"
        processes.start()
        processes.kill()
        with opened(processes.installation) as app:
            go_on(app)
            assert_refunded_once(mollie.world, provider_id, number)
    assert len(list((tmp_path / "var" / "mail").glob("*.eml"))) == 2  # the thanks, and the refund


def go_on(app: Flask) -> None:
    """What the jobs do in the hours after a restart."""
    door = app.extensions["mollie"]
    for later in (timedelta(minutes=3), timedelta(minutes=25), timedelta(hours=5), timedelta(hours=9)):
        with clock.standing_still(clock.now() + later):
            ask_due_refunds(door)
            sweep(door)
            app.extensions["deliver_mail"]()


def assert_refunded_once(world: World, provider_id: str, number: int) -> None:
    (refund,) = world.refunds(provider_id)
    assert (refund.cents, refund.status) == (300_00, "processing")
    assert refund_request(number).state is RequestState.UNDERWAY
    assert refund_request(number).provider_ref == refund.id
    assert booked_lines() == expected_lines(world)
    assert list(findings()) == []
    mails = session().execute(select(OutgoingMail.kind, OutgoingMail.state).order_by(OutgoingMail.id)).all()
    assert [tuple(mail) for mail in mails] == [("thank_you", MailState.SENT), ("refund", MailState.SENT)]
