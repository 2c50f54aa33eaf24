"""Webhooks at a hundred a second while the worker looks into them, and nothing else to spare on the machine."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fundraising.db import session
from fundraising.gifts.queries import GiftFilter, gifts
from fundraising.giving.models import WebhookHint
from fundraising.giving.rules import HintState
from tests.benchmarks.donors import open_payment, pay
from tests.benchmarks.figures import milliseconds, percentile, scaled
from tests.benchmarks.load import at_constant_rate, post

if TYPE_CHECKING:
    from flask import Flask

    from tests.benchmarks.figures import Figures
    from tests.benchmarks.house import Processes

PATH = "/webhooks/mollie"
REPEATS = 6
PATIENCE = 120


def test_webhooks_at_100_a_second(
    house: Flask, processes: Processes, web_port: int, simulator: str, database: str, figures: Figures
):
    with house.app_context():
        known = [open_payment(number)[1] for number in range(scaled(300))]
    for provider_id in known:
        pay(simulator, provider_id)
    told = known * REPEATS
    Random(7).shuffle(told)
    with (
        processes.running("-m", "fundraising", "worker"),
        processes.web(web_port) as url,
    ):
        at_constant_rate(url, [post(PATH, f"id={known[0]}")] * 50, per_second=50)
        began = time.monotonic()
        answers = at_constant_rate(url, [post(PATH, f"id={provider_id}") for provider_id in told], per_second=100)
        settled = _wait_until_settled(house) - began
    assert set(answers.statuses) == {200}
    assert len(answers.times) == len(told)
    with house.app_context():
        received = session().scalar(select(func.sum(WebhookHint.received)))
        booked = list(gifts(GiftFilter()))
        session().rollback()
    assert received == len(told) + 50
    assert len(booked) == len(known)
    assert all(gift.thanked_at for gift in booked)
    figures.note(
        f"webhook answers at 100/s, {database}",
        milliseconds(answers.times),
        budget="p99 under 25 ms",
        met=percentile(answers.times, 99) < 0.025,
    )
    figures.note(
        f"{len(told):,} webhooks of {len(known)} payments, {database}", f"all in the ledger after {settled:.0f} s"
    )


def _wait_until_settled(house: Flask) -> float:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with house.app_context():
            undone = session().scalar(
                select(func.count()).select_from(WebhookHint).where(WebhookHint.state != HintState.DONE)
            )
            session().rollback()
        if not undone:
            return time.monotonic()
        time.sleep(0.2)
    raise AssertionError(f"{undone} hints were not looked into")
