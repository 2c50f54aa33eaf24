"""From the press of the button to the redirect, less the time that Mollie takes."""

from __future__ import annotations

import re
import time
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from fundraising.giving.queries import payments
from tests.benchmarks.apps import MOLLIE_TIME
from tests.benchmarks.donors import surname
from tests.benchmarks.figures import milliseconds, percentile, scaled

if TYPE_CHECKING:
    from flask import Flask

    from tests.benchmarks.figures import Figures
    from tests.benchmarks.house import Processes

PAGE = "/steun/herstelwerk"
# Nobody fills in the form sooner, and who seems to is sent back.
LEAST_TIME = 2.5


def test_from_post_to_redirect(house: Flask, processes: Processes, database: str, figures: Figures):
    wanted = scaled(300)
    with processes.serving("timed_house") as url, closing(HTTPConnection(urlsplit(url).netloc, timeout=30)) as browser:
        numbers = count(1)
        tokens = [_token(browser) for _ in range(wanted + 20)]
        time.sleep(LEAST_TIME)
        for token in tokens[:20]:
            _send(browser, token, next(numbers))
        times = [_send(browser, token, next(numbers)) for token in tokens[20:]]
    own = [whole - mollie for whole, mollie in times]
    with house.app_context():
        made = payments(most=wanted + 20)
    assert len({payment.provider_id for payment in made}) == wanted + 20
    assert {str(payment.status) for payment in made} == {"open"}
    figures.note(
        f"POST to redirect without Mollie, {database}",
        milliseconds(own),
        budget="20 ms",
        met=percentile(own, 50) < 0.020,
    )
    figures.note(f"POST to redirect with the simulator, {database}", milliseconds([whole for whole, _ in times]))


def _token(browser: HTTPConnection) -> str:
    browser.request("GET", PAGE)
    found = re.search(r'name="token" value="([^"]+)"', browser.getresponse().read().decode())
    assert found
    return found[1]


def _send(browser: HTTPConnection, token: str, number: int) -> tuple[float, float]:
    """Send a form, each from an address of its own; the seconds that it took, and those of them that Mollie took."""
    form = {
        "token": token,
        "amount": "1000.00",
        "kind": "person",
        "salutation": "mrs",
        "given_name": "A.",
        "surname": surname(number),
        "email": f"donor{number}@example.nl",
        "method": "ideal",
        "iban": "NL91ABNA0417164300",
        "message": "Sterkte met jullie werk!",
    }
    # A client library would count its own time as the server's.
    headers = {
        "X-Forwarded-For": f"10.0.{number // 250}.{number % 250 + 1}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urlencode(form)
    began = time.perf_counter()
    browser.request("POST", PAGE, body, headers)
    answer = browser.getresponse()
    text = answer.read().decode()
    took = time.perf_counter() - began
    assert answer.status == 303, text
    assert "/betaling/" in answer.headers["Location"]
    return took, float(answer.headers[MOLLIE_TIME]) / 1000
