"""What comes over the line, as the browser itself counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Traffic:
    """Counts from its making on, and afresh from `begin()`. `only` leaves out what others sent."""

    def __init__(self, page: Page, *, only: str = "") -> None:
        self.bytes = 0
        self.paths: list[str] = []
        self._only = only
        self._asked: dict[str, str] = {}
        self._session = session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._will_ask)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def begin(self) -> None:
        """Count again from nothing, as for who comes for the first time."""
        self._session.send("Network.clearBrowserCache")
        self.bytes = 0
        self.paths.clear()
        self._asked.clear()

    def _will_ask(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith(self._only):
            self._asked[event["requestId"]] = event["request"]["url"]
            self.paths.append(urlsplit(event["request"]["url"]).path)

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._asked:
            self.bytes += int(event["encodedDataLength"])
