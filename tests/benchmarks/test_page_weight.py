"""What a browser fetches to show each public page for the first time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from fundraising.db import session, transaction
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.jobs import mollie_door, sync_payment
from fundraising.giving.rules import Route
from fundraising.giving.services.donations import submit_donation
from fundraising.giving.services.mails import NEWSLETTER
from fundraising.web.tokens import tokens_for
from tests.benchmarks.donors import open_payment, pay, submission

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from playwright.sync_api import BrowserContext

    from tests.benchmarks.figures import Figures
    from tests.benchmarks.house import Processes

MOST_BYTES = 60_000


@pytest.fixture
def addresses(house: Flask, simulator: str) -> dict[str, str]:
    """Every kind of page that donors see, and an address of it."""
    with house.app_context():
        paid, provider_id = open_payment(1)
        pay(simulator, provider_id)
        sync_payment(mollie_door(), provider_id)
        waiting, _ = open_payment(2)
        with transaction():
            transfer = submit_donation(submission(3, Route.TRANSFER), mode=LedgerMode.TEST).reference
        token = tokens_for(NEWSLETTER).issue("1:donation:1")
        session().rollback()
    return {
        "front page": "/",
        "front page, English": "/en/",
        "giving page HerstelWerk": "/steun/herstelwerk",
        "giving page families": "/steun/achterblijvers",
        "giving page families, English": "/en/steun/achterblijvers",
        "to the checkout": f"/betaling/{waiting}",
        "thanks, paid": f"/bedankt/{paid}",
        "thanks, not paid yet": f"/bedankt/{waiting}",
        "own transfer": f"/bank/{transfer}",
        "newsletter": f"/nieuwsbrief/{token}",
        "privacy": "/privacy",
        "ANBI": "/anbi",
        "no such page": "/weg",
    }


@pytest.mark.sqlite_only
def test_page_weight(
    addresses: dict[str, str],
    processes: Processes,
    web_port: int,
    new_context: Callable[..., BrowserContext],
    figures: Figures,
):
    with processes.web(web_port):
        for name, path in addresses.items():
            fetched = _fetched(new_context(), f"http://localhost:{web_port}", path)
            weight = sum(fetched.values())
            assert fetched[path], f"{name} was not fetched"
            figures.note(
                f"weight of {name}",
                f"{weight / 1000:.1f} kB in {len(fetched)} requests",
                budget="60 kB",
                met=weight <= MOST_BYTES,
            )


def _fetched(context: BrowserContext, site: str, path: str) -> Counter[str]:
    """The bytes, heads included, that came for each address of ours."""
    page = context.new_page()
    # The checkout is Mollie's page, not ours.
    page.route(lambda url: not url.startswith(site), lambda route: route.abort())
    developer = context.new_cdp_session(page)
    asked: dict[str, str] = {}
    fetched: Counter[str] = Counter()

    def begun(event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith(site):
            asked[event["requestId"]] = event["request"]["url"].removeprefix(site)

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] in asked:
            fetched[asked[event["requestId"]]] += int(event["encodedDataLength"])

    developer.on("Network.requestWillBeSent", begun)
    developer.on("Network.loadingFinished", finished)
    developer.send("Network.enable")
    page.goto(site + path)
    page.wait_for_load_state("networkidle")
    context.close()
    return fetched
