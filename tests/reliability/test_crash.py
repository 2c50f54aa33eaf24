"""A process that is killed at any step of the path, with donors in it, and what is found after a restart."""

from __future__ import annotations

import random
import signal
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fundraising import clock
from fundraising.db import session
from fundraising.giving.checks import findings
from fundraising.giving.jobs import sweep
from fundraising.giving.simulator.faults import set_webhook_faults
from fundraising.giving.simulator.server import RunningSimulator, running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.mailer import MailState, OutgoingMail
from tests.databases import dispose
from tests.reliability.conftest import SECRET
from tests.reliability.crowd import Crowd, crowd
from tests.reliability.serving import Death, Installation
from tests.reliability.truth import (
    assert_gifts_are_whole,
    booked_lines,
    expected_lines,
    paid_payments,
    provider_payments,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

pytestmark = pytest.mark.crash

DONORS = 5
# The one step that nobody comes by who hears of everything in time.
UNTOLD = "a look is put off, not begun"
# Every step from the form to the mail, in the order of the path. What every donor comes by is fatal to the third.
STEPS = {
    "the promise is stored": Death("fundraising.giving.public.give:to_checkout", times=3),
    "Mollie is about to be asked": Death("fundraising.giving.mollie:MollieDoor.create_payment", times=3),
    "Mollie has made the payment": Death("fundraising.giving.mollie:MollieDoor.create_payment", after=True, times=3),
    "its id is written, not committed": Death("fundraising.giving.jobs:record_created", after=True, times=3),
    "its id is stored, the donor not told": Death("fundraising.giving.public.checkout:go_to", times=3),
    "a hint is written, not committed": Death("fundraising.giving.public.webhooks:note_hint", after=True, times=2),
    "a hint is stored, Mollie not answered": Death("fundraising.giving.public.webhooks:nudge", times=2),
    "hints are taken, not committed": Death("fundraising.giving.jobs:take_hints", after=True),
    "hints are taken, none is looked into": Death("fundraising.giving.jobs:sync_payment", times=2),
    "Mollie has told, nothing is written": Death("fundraising.giving.jobs:apply_observation", times=3),
    "the gift is written, not thanked": Death("fundraising.giving.services.payments:thank", times=2),
    "gift and thanks are written, not committed": Death(
        "fundraising.giving.services.payments:thank", after=True, times=2
    ),
    "a refund is written, not committed": Death("fundraising.giving.services.payments:record_reversal", after=True),
    "all is written, the hint is not settled": Death("fundraising.giving.jobs:settle_hint", times=2),
    "the hint is settled, nothing is committed": Death("fundraising.giving.jobs:settle_hint", after=True, times=2),
    "all of one hint is stored, the next ones wait": Death("fundraising.giving.jobs:sync_payment", after=True, times=2),
    UNTOLD: Death("fundraising.giving.jobs:_taken", after=True),
    "a mail is claimed, not sent": Death("fundraising.mailer.delivery:compose", times=2),
    "a mail is sent, that is not noted": Death(
        "fundraising.mailer.transports:FolderTransport._write", after=True, times=2
    ),
}


@pytest.fixture
def mollie() -> Iterator[RunningSimulator]:
    """A simulated Mollie in the test's own process, which outlives ours; it sends webhooks, and soon again."""
    with running_simulator(settings=SimulatorSettings(seed=7, webhook_speed=600)) as running:
        yield running


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_each_gift_is_booked_once_and_thanked_once(processes, mollie, tmp_path, step):
    donors = crowd(DONORS, processes.installation.url, SECRET, mollie.world)
    if step == UNTOLD:
        set_webhook_faults(mollie.world.store, {"lose_next": 1000})
    dying = processes.start(STEPS[step])
    with donors.giving():
        dying.join(60)
        assert dying.exitcode == -signal.SIGKILL, "the step was never reached"
        processes.start()
    processes.kill()
    assert_all_is_well(processes.installation, donors, tmp_path)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_again_and_again_at_any_moment(processes, mollie, tmp_path, seed):
    chance = random.Random(seed)
    donors = crowd(DONORS * 2, processes.installation.url, SECRET, mollie.world)
    processes.start()
    with donors.giving():
        for _ in range(4):
            time.sleep(chance.uniform(0.05, 0.6))
            processes.kill()
            processes.start()
    processes.kill()
    assert_all_is_well(processes.installation, donors, tmp_path)


@contextmanager
def closing_afterwards(app: Flask) -> Iterator[None]:
    try:
        yield
    finally:
        dispose(app)


def assert_all_is_well(installation: Installation, donors: Crowd, folder: Path) -> None:
    """After a restart, a sweep and a delivery: each donor gave once, and was thanked by one mail."""
    restarted = installation.app()
    with closing_afterwards(restarted), restarted.app_context():
        for later in (timedelta(minutes=3), timedelta(minutes=25), timedelta(hours=5)):
            with clock.standing_still(clock.now() + later):
                sweep(restarted.extensions["mollie"])
                restarted.extensions["deliver_mail"]()
        world = donors.world
        # A form that was sent again, because nobody answered, never became a second payment.
        assert sorted(payment.id for payment in provider_payments(world)) == sorted(each.paid for each in donors.donors)
        assert len(paid_payments(world)) == len(donors.donors)
        assert booked_lines() == expected_lines(world)
        assert_gifts_are_whole(world)
        assert list(findings()) == []
        assert set(session().scalars(select(OutgoingMail.state))) == {MailState.SENT}
        # The same mail sent twice has the same Message-ID, and so is one file.
        assert len(list((folder / "var" / "mail").glob("*.eml"))) == len(donors.donors)
        session().rollback()
