"""Whole pages kept in memory for a few seconds, so that a page that a whole country opens costs next to nothing.

A kept page may have one slot, for what differs per visitor: a form token. It is also kept compressed: before and after
the slot as DEFLATE that is ready to send, the slot between them as a stored block, with the checksum over all three
(RFC 1951 and 1952). So the token is never compressed together with the page, which would give it away bit by bit.
"""

from __future__ import annotations

import hashlib
import struct
import time
import zlib
from typing import TYPE_CHECKING, Generic, TypeVar

from flask import Response, request

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")

# Stands in a template where the slot is. No donor's text ever gets into a kept page.
SLOT = "\ue000slot\ue000"
# Magic, deflate, no flags, no time, best compression, from nobody in particular.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_RAW_DEFLATE = -15
_BEST = 9
_LARGEST_STORED_BLOCK = 0xFFFF


class ForAWhile(Generic[K, V]):
    """Remembers what was made for a key, for some seconds. What is empty is not remembered: it may fill any moment."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[K, tuple[float, V]] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value for a key, made anew when it is too old."""
        now = time.monotonic()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            return kept[1]
        value = make()
        if value:
            self._kept[key] = (now + self._seconds, value)
        return value


class KeptPage:
    """A rendered page with at most one slot."""

    def __init__(self, html: str) -> None:
        head, slot, tail = html.partition(SLOT)
        self._has_slot = bool(slot)
        self._head, self._tail = head.encode(), tail.encode()
        self._head_checksum = zlib.crc32(self._head)
        self._packed_head = _GZIP_HEADER + _deflated(self._head, zlib.Z_SYNC_FLUSH)
        self._packed_tail = _deflated(self._tail, zlib.Z_FINISH)
        self._etag = hashlib.sha256(self._head + self._tail).hexdigest()[:16]

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

    def response(self, filling: str = "") -> Response:
        """The page as an answer to this request; one without a slot need not be sent again to who has it."""
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        response = Response(self.packed(filling) if packed else self.body(filling), mimetype="text/html")
        response.headers["Vary"] = "Accept-Encoding"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        if not self._has_slot:
            response.set_etag(f"{self._etag}-gz" if packed else self._etag)
            response.make_conditional(request)
        return response


def _deflated(data: bytes, flush: int) -> bytes:
    compressor = zlib.compressobj(_BEST, zlib.DEFLATED, _RAW_DEFLATE)
    return compressor.compress(data) + compressor.flush(flush)
