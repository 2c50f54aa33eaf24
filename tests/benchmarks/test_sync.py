"""What one paid payment costs from the question to Mollie until contact, ledger and thanks stand."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING

from fundraising.gifts.queries import GiftFilter, gifts
from fundraising.giving.jobs import mollie_door, sync_payment
from tests.benchmarks.donors import open_payment, pay
from tests.benchmarks.figures import milliseconds, scaled

if TYPE_CHECKING:
    import pytest
    from flask import Flask

    from tests.benchmarks.figures import Figures


def test_sync_of_paid_payments(
    house: Flask, simulator: str, database: str, figures: Figures, monkeypatch: pytest.MonkeyPatch
):
    with house.app_context():
        known = [open_payment(number)[1] for number in range(scaled(300) + 20)]
        for provider_id in known:
            pay(simulator, provider_id)
        waited = _stopwatch(monkeypatch)
        times = []
        for provider_id in known:
            began = time.perf_counter()
            assert sync_payment(mollie_door(), provider_id)
            times.append(time.perf_counter() - began)
        booked = list(gifts(GiftFilter()))
    assert len(waited) == len(times)
    whole, own = times[20:], [took - wait for took, wait in zip(times, waited, strict=True)][20:]
    assert len(booked) == len(known)
    assert all(gift.thanked_at for gift in booked)
    figures.note(f"payments synchronised, {database}", f"{len(whole) / sum(whole):,.0f}/s, {milliseconds(whole)} each")
    figures.note(f"of which ours, {database}", f"{milliseconds(own)} each")


def _stopwatch(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long Mollie lets us wait each time."""
    waited: list[float] = []
    original = http.client.HTTPConnection.getresponse

    def timed(connection, *args, **kwargs):
        began = time.perf_counter()
        try:
            return original(connection, *args, **kwargs)
        finally:
            waited.append(time.perf_counter() - began)

    monkeypatch.setattr(http.client.HTTPConnection, "getresponse", timed)
    return waited
