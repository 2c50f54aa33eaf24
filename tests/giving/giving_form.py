"""A donor at the giving form: opens the page, takes the time that a person takes, sends it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fundraising import clock
from tests.web.page_client import PageClient

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.web.page_client import Page

HERSTELWERK = "/steun/herstelwerk"
ACHTERBLIJVERS = "/steun/achterblijvers"
ANSWERS: dict[str, Any] = {
    "salutation": "mrs",
    "given_name": "A.",
    "name_prefix": "van der",
    "surname": "Sluis",
    "email": "a.sluis@example.nl",
}


class Visitor:
    """Somebody with a browser without scripts."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.pages = PageClient(app.test_client())

    def send(self, address: str = HERSTELWERK, *, seconds: int = 20, **answers: Any) -> TestResponse:
        """Open a giving page, fill it in and send it; the bare answer."""
        form = self.pages.get(address).form(address.partition("?")[0])
        with clock.standing_still(clock.now() + timedelta(seconds=seconds)):
            return self.pages.send(form, ANSWERS | answers)

    def submit(self, address: str = HERSTELWERK, *, status: int = 200, **answers: Any) -> Page:
        """The same, followed to the page where it ends."""
        form = self.pages.get(address).form(address.partition("?")[0])
        with clock.standing_still(clock.now() + timedelta(seconds=20)):
            return self.pages.submit(form, ANSWERS | answers, status=status)

    def give(self, address: str = HERSTELWERK, **answers: Any) -> str:
        """Send a form that is taken; the reference of the donation."""
        answer = self.send(address, **answers)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return urlsplit(answer.headers["Location"]).path.rpartition("/")[2]
