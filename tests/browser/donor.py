"""Somebody at a browser who gives, and whatever goes wrong there without being seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request, Response

    from tests.browser.site import Site

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
NARROW = {"viewport": {"width": 360, "height": 740}}

ANSWERS = {
    "given_name": "Anna",
    "name_prefix": "van der",
    "surname": "Sluis",
    "email": "a.vandersluis@example.nl",
}
# The browser says so of every page that answers 4xx; whether that page was right is for the test to say.
_ANSWERED_NO = "Failed to load resource: the server responded with a status of 4"


class Donor:
    """One browser window. `faults` holds errors of scripts, blocked or failed loads, and requests to anyone else."""

    def __init__(self, context: BrowserContext, site: Site, language: str = "nl") -> None:
        self.site = site
        self.language = language
        self.faults: list[str] = []
        self.visited: list[str] = []
        self._prefix = "/en" if language == "en" else ""
        self._ours = {urlsplit(site.url).netloc, urlsplit(site.mollie.url).netloc}
        self._listen(context)
        self.page = context.new_page()
        self.page.on("framenavigated", lambda frame: self.visited.append(urlsplit(frame.url).path))

    # --- words and places

    def say(self, message: str, **values: object) -> str:
        """What this donor's pages say for a message of the catalogue."""
        return self.site.say(self.language, message, **values)

    def go(self, path: str) -> None:
        """Open a page of ours in this donor's language."""
        self.page.goto(f"{self.site.url}{self._prefix}{path}")

    def at(self, path: str) -> None:
        """Wait until a page of ours whose path begins so has come."""
        self.page.wait_for_url(re.compile(rf"^{re.escape(self.site.url + self._prefix + path)}"))

    def heading(self, message: str) -> None:
        """Wait until the page is headed by this message."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.say(message))

    def button(self, message: str) -> Locator:
        return self.page.get_by_role("button", name=self.say(message))

    @property
    def reference(self) -> str:
        """The reference in the address of the page."""
        return urlsplit(self.page.url).path.rpartition("/")[2]

    # --- giving

    def find_programme(self, code: str) -> None:
        """From the front page to a programme's, by its button."""
        name = self.site.programme(code, self.language).name
        self.go("/")
        self.page.get_by_role("link", name=self.say("Support %(programme)s", programme=name)).click()
        self.at(f"/steun/{code}")

    def choose(self, amount: str) -> None:
        """Choose one of the amounts of the page, `1000.00`, or `other`."""
        self.page.locator(f"[name=amount][value='{amount}']").check()

    def other_amount(self, typed: str) -> None:
        self.choose("other")
        self.page.locator("#other_amount").fill(typed)

    def pay_by(self, method: str) -> None:
        self.page.locator(f"[name=method][value='{method}']").check()

    def fill_in(self, **answers: str) -> None:
        """Fill in what every donor fills in, with changes."""
        for name, answer in (ANSWERS | answers).items():
            self.page.locator(f"#{name}").fill(answer)

    def add(self, **answers: str) -> None:
        """Fill in what is folded away: phone, iban, message."""
        folded = self.page.locator("details:has(#iban)")
        if folded.get_attribute("open") is None:
            folded.locator("summary").click()
        for name, answer in answers.items():
            self.page.locator(f"#{name}").fill(answer)

    def send(self) -> None:
        """Press the button to give."""
        self.page.locator("#give").click()

    def give(self, code: str = "herstelwerk", amount: str = "1000.00", **answers: str) -> None:
        """Fill in and send the form of a programme, as far as the checkout."""
        self.go(f"/steun/{code}")
        self.choose(amount)
        self.fill_in(**answers)
        self.send()
        self.at_checkout()

    # --- paying

    def at_checkout(self) -> None:
        """Wait until Mollie asks for the money."""
        self.page.wait_for_url(re.compile(rf"^{re.escape(self.site.mollie.url)}/checkout/"))

    def finish(self, status: str) -> None:
        """Do at the checkout what brings the payment to a state, and come back."""
        self.page.locator(f"button[name=status][value={status}]").click()
        self.at("/bedankt/")

    # --- what nobody sees

    def check_nothing_went_wrong(self) -> None:
        """No fault, and nothing left behind in the browser."""
        assert self.faults == []
        assert self.page.context.cookies() == []

    def _listen(self, context: BrowserContext) -> None:
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("request", self._asked)
        context.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_ANSWERED_NO):
            self.faults.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc not in self._ours:
            self.faults.append(f"asked elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and response.request.resource_type != "document"):
            self.faults.append(f"{response.status}: {response.url}")
