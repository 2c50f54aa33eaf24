"""Donors at their browsers, several at once, who are as patient as people: what does not answer is tried again."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from fundraising import clock
from fundraising.giving.simulator import lifecycle
from fundraising.web.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundraising.giving.simulator.world import World

PATIENCE_SECONDS = 40
CHECKOUT = re.compile(r"/checkout/(tr_\w+)")


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str


@dataclass
class Donor:
    """One donor with one filled-in form. The form was opened a while ago, as a form is that a person fills in."""

    number: int
    site: str
    token: str
    paid: str = ""

    @property
    def form(self) -> dict[str, str]:
        return {
            "token": self.token,
            "via": "",
            "website": "",
            "amount": "500.00",
            "kind": "person",
            "salutation": "unknown",
            "given_name": "A.",
            "surname": f"Donor-{'abcdefghijklmnopqrstuvwxyz'[self.number]}",
            "email": f"donor{self.number}@example.nl",
            "method": "choose",
        }

    def give(self, world: World) -> None:
        """Give, pay and come back; every third asks some of it back."""
        reference = self._submit()
        self.paid = self._pay(reference, world)
        if self.number % 3 == 0:
            lifecycle.refund(world, self.paid, lifecycle.RefundOrder(cents=10_000, status="processing"))
        if self.number % 2:
            self._ask("GET", f"/bedankt/{reference}")

    def _submit(self) -> str:
        answer = self._ask("POST", "/steun/herstelwerk", self.form)
        assert answer.status == 303, answer
        return answer.location.rpartition("/")[2]

    def _pay(self, reference: str, world: World) -> str:
        while True:
            found = CHECKOUT.search(self._ask("GET", f"/betaling/{reference}").text)
            if found:
                lifecycle.reach(world, found[1], "paid")
                return found[1]
            self._ask("POST", f"/bedankt/{reference}/opnieuw", {})
            time.sleep(0.05)

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Answer:
        """Ask, and ask again while nobody answers."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                return self._ask_once(method, path, form)
            except (OSError, HTTPException):
                time.sleep(0.05)
        raise TimeoutError(path)

    def _ask_once(self, method: str, path: str, form: dict[str, str] | None) -> Answer:
        connection = HTTPConnection(urlsplit(self.site).netloc, timeout=20)
        try:
            # Each donor has an address of their own, as seen by a proxy that is trusted.
            headers = {"X-Forwarded-For": f"203.0.113.{self.number + 1}"}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, urlencode(form or {}), headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("Location") or "", answer.read().decode())
        finally:
            connection.close()


@dataclass
class Crowd:
    """Donors who give at the same time."""

    donors: list[Donor]
    world: World
    troubles: list[BaseException] = field(default_factory=list)

    @contextmanager
    def giving(self) -> Iterator[None]:
        """All of them give while the body runs; at its end they are waited for."""
        threads = [threading.Thread(target=self._give, args=(donor,), daemon=True) for donor in self.donors]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join()
        assert self.troubles == []

    def _give(self, donor: Donor) -> None:
        try:
            donor.give(self.world)
        except BaseException as trouble:  # noqa: BLE001  told to the test, which stands in another thread
            self.troubles.append(trouble)


def crowd(number: int, site: str, secret_key: str, world: World) -> Crowd:
    """Donors who opened their forms a minute ago."""
    tokens = Tokens(secret_key, "giving-form")
    with clock.standing_still(clock.now() - timedelta(minutes=1)):
        return Crowd([Donor(each, site, tokens.issue()) for each in range(number)], world)
