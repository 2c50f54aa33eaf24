"""A member of staff at a browser, with a telephone that shows codes and a computer that knows passkeys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from fundraising.accounts.security import authenticator
from fundraising.clock import now
from tests.browser.donor import DESKTOP, NARROW, Donor

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, CDPSession, Locator

    from tests.browser.site import Site

PASSWORD = "vier-losse-lantaarns-varen"

on_both_screens = pytest.mark.parametrize("screen", [DESKTOP, NARROW], ids=["desktop", "phone"])


class Colleague(Donor):
    """One browser window at the desk, whose addresses are the same in both languages."""

    def __init__(self, context: BrowserContext, site: Site, language: str = "nl") -> None:
        super().__init__(context, site, language)
        self._prefix = ""

    def at(self, path: str) -> None:
        """Wait until exactly this page has come: the address of the front page begins that of every other."""
        self.page.wait_for_url(re.compile(rf"^{re.escape(self.site.url + path)}(\?[^#]*)?(#.*)?$"))

    def check_nothing_went_wrong(self) -> None:
        """No fault; the one cookie is that of the session, and no other site or page gets it."""
        assert self.faults == []
        kept = {(cookie["name"], cookie["path"], cookie["httpOnly"]) for cookie in self.page.context.cookies()}
        assert kept <= {("desk", "/desk", True)}

    def assert_well_made(self) -> None:
        """Axe finds nothing on this page, and nothing sticks out on the side."""
        found = Axe().run(self.page).response["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == [], self.page.url
        wide, screen = self.page.evaluate(
            "[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]"
        )
        assert wide <= screen, f"{self.page.url} is {wide} px wide on a screen of {screen}"

    def said(self, message: str, **values: str) -> None:
        """Wait until the page says that something was done."""
        expect(self.page.get_by_role("status")).to_contain_text(self.say(message) % values)

    def link(self, message: str) -> Locator:
        return self.page.get_by_role("link", name=self.say(message))

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        self.go("/desk/inloggen")
        self.page.locator("#email").fill(email)
        self.page.locator("#password").fill(password)
        self.button("Sign in").first.click()

    def choose_password(self, link: str) -> None:
        """Follow a link from a mail or a terminal, and choose a password there."""
        self.page.goto(link)
        for field in ("#password", "#again"):
            self.page.locator(field).fill(PASSWORD)
        self.button("Set password").click()
        self.at("/desk/inloggen")

    def telephone(self) -> str:
        """Type the key from the page into an app: the encrypted secret of what it knows now."""
        key = self.page.locator("code.copy").inner_text()
        with self.site.app.app_context():
            return authenticator()._totp(key=re.sub(r"\W", "", key), format="base32").to_json()

    def code(self, secret: str, *, later: float = 0) -> str:
        """What the app shows now, or some seconds later."""
        with self.site.app.app_context():
            return authenticator().code_at(secret, now().timestamp() + later)

    def gets_passkeys(self, *, finger: bool = True) -> CDPSession:
        """From now on this computer makes and uses passkeys, and its owner's finger is there or is not."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": finger,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        return session
