"""Whole pages kept in memory for a few seconds, so that a page that a whole country opens costs next to nothing.

A kept page may have one slot, for what differs per visitor: a form token. It is also kept compressed: before and after
the slot as DEFLATE that is ready to send, the slot between them as a stored block, with the checksum over all three
(RFC 1951 and 1952). So the token is never compressed together with the page, which would give it away bit by bit.

The shelf on which they stand is in front of Flask: for such a page, routing and the contexts of a request would be most
of the work.
"""

from __future__ import annotations

import hashlib
import struct
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from flask import current_app

from fundraising.web.headers import PAGE_CACHING
from fundraising.web.locale import carried

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")

# Stands in a template where the slot is. No donor's text ever gets into a kept page.
SLOT = "\ue000slot\ue000"
# Where the log finds which page was taken from the shelf.
ENDPOINT = "fundraising.endpoint"
# How long a page, and what it is made from, is new enough for everybody.
SECONDS_KEPT = 10.0
# A page is some 40 kB; few links to it are in use at one moment.
_MOST_LINKS = 100

_EXTENSION = "shelf"
# Magic, deflate, no flags, no time, best compression, from nobody in particular.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_RAW_DEFLATE = -15
_BEST = 9
_LARGEST_STORED_BLOCK = 0xFFFF


class ForAWhile(Generic[K, V]):
    """Remembers what was made for a key, for some seconds. What is empty is not remembered: it may fill any moment.

    While one makes it anew the others get what was there, where that is not twice as old: they would all make it.
    """

    def __init__(self, seconds: float = SECONDS_KEPT, *, most: int | None = None) -> None:
        """Begin with nothing, and keep no more than `most` at a time: what is asked for may be made up."""
        self._seconds = seconds
        self._most = most
        self._kept: dict[K, tuple[float, V]] = {}
        self._making: set[K] = set()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value for a key, made anew when it is too old."""
        value = self.look(key)
        if value is None:
            self._making.add(key)
            try:
                value = make()
            finally:
                self._making.discard(key)
            if value and self._has_room(key):
                self._kept[key] = (time.monotonic() + self._seconds, value)
        return value

    def look(self, key: K) -> V | None:
        """The value for a key, where there is one that is not too old."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        grace = self._seconds if key in self._making else 0.0
        return kept[1] if kept[0] + grace > time.monotonic() else None

    def _has_room(self, key: K) -> bool:
        if self._most is None or key in self._kept or len(self._kept) < self._most:
            return True
        now = time.monotonic()
        self._kept = {kept: value for kept, value in list(self._kept.items()) if value[0] > now}
        return len(self._kept) < self._most


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page is besides its HTML. `fill` gives what goes into the slot of a page that nothing was asked of."""

    endpoint: str
    language: str
    fill: Callable[[], str] | None = None


class KeptPage:
    """A rendered page with at most one slot, ready to be sent."""

    def __init__(self, html: str, facts: PageFacts) -> None:
        head, _slot, tail = html.partition(SLOT)
        self.facts = facts
        self._head, self._tail = head.encode(), tail.encode()
        self._head_checksum = zlib.crc32(self._head)
        self._packed_head = _GZIP_HEADER + _deflated(self._head, zlib.Z_SYNC_FLUSH)
        self._packed_tail = _deflated(self._tail, zlib.Z_FINISH)
        self._etag = f'W/"{hashlib.sha256(self._head + self._tail).hexdigest()[:16]}"' if facts.fill is None else ""
        self._headers = self._standing_headers()

    def body(self, filling: str = "") -> bytes:
        """The page as it is."""
        return b"".join((self._head, filling.encode(), self._tail))

    def packed(self, filling: str = "") -> bytes:
        """The page as one gzip member. Raises ValueError for a filling that does not fit a stored block."""
        filled = filling.encode()
        if len(filled) > _LARGEST_STORED_BLOCK:
            raise ValueError("the filling of a slot is at most 65,535 bytes")
        stored = b"\x00" + struct.pack("<HH", len(filled), len(filled) ^ _LARGEST_STORED_BLOCK) + filled
        checksum = zlib.crc32(self._tail, zlib.crc32(filled, self._head_checksum))
        size = len(self._head) + len(filled) + len(self._tail)
        return b"".join((self._packed_head, stored, self._packed_tail, struct.pack("<II", checksum, size)))

    def with_filling(self, filling: str) -> WSGIApplication:
        """The page with something of its own in the slot, as a view returns it."""
        return lambda environ, start_response: self._send(environ, start_response, filling)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the page; a view may return it as it is."""
        return self._send(environ, start_response, self.facts.fill() if self.facts.fill else "")

    def _send(self, environ: WSGIEnvironment, start_response: StartResponse, filling: str) -> Iterable[bytes]:
        if self._etag and self._etag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 Not Modified", self._headers)
            return []
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            body = self.packed(filling)
            encoding = [("Content-Encoding", "gzip")]
        else:
            body, encoding = self.body(filling), []
        start_response("200 OK", [*self._headers, *encoding, ("Content-Length", str(len(body)))])
        return [body]

    def _standing_headers(self) -> list[tuple[str, str]]:
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Language", self.facts.language),
            ("Cache-Control", PAGE_CACHING),
            ("Vary", "Accept-Encoding"),
        ]
        return [*headers, ("ETag", self._etag)] if self._etag else headers


class Shelf:
    """The kept pages by their path, in front of the application that makes them."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self.pages: ForAWhile[str, KeptPage] = ForAWhile()
        self.by_link: ForAWhile[tuple[str, tuple[tuple[str, str], ...]], KeptPage] = ForAWhile(most=_MOST_LINKS)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the page that is asked for, or let the application make it."""
        page = None
        if environ["REQUEST_METHOD"] == "GET" and not environ.get("QUERY_STRING"):
            page = self.pages.look(environ["PATH_INFO"])
        if page is None:
            return self._app(environ, start_response)
        environ[ENDPOINT] = page.facts.endpoint
        return page(environ, start_response)


def init(app: Flask) -> None:
    """Put an empty shelf in front of an application."""
    shelf = Shelf(app.wsgi_app)
    app.wsgi_app = shelf  # type: ignore[method-assign]
    app.extensions[_EXTENSION] = shelf


def kept_page(path: str, make: Callable[[], KeptPage]) -> KeptPage:
    """The page with this path, from the shelf or made and put there.

    With what came with a giving link it is another page, which is kept too, but behind Flask: a link in a newsletter is
    opened by everybody at once.
    """
    shelf = cast("Shelf", current_app.extensions[_EXTENSION])
    if came_along := tuple(carried().items()):
        return shelf.by_link.get((path, came_along), make)
    return shelf.pages.get(path, make)


def _deflated(data: bytes, flush: int) -> bytes:
    compressor = zlib.compressobj(_BEST, zlib.DEFLATED, _RAW_DEFLATE)
    return compressor.compress(data) + compressor.flush(flush)
