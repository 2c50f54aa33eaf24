"""Stored files: each under the digest of its contents, in `documents` of the data folder.

The same contents are kept once per area, and a name that a person typed never becomes a path. An area belongs to one
slice, which decides who may read its files and when one is forgotten; nothing is served from here.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

FOLDER = "documents"
_CHUNK = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


class TooLarge(ValueError):
    """More bytes than may be kept; `most` is how many that is."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} bytes")
        self.most = most


class UnknownDocument(LookupError):
    """No file with this digest is kept."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept file: the SHA-256 of its contents in hexadecimal, and its size in bytes."""

    digest: str
    size: int


def store(stream: IO[bytes], *, area: str, most: int) -> Stored:
    """Keep what a stream still holds, safely on disk before this returns. Raises TooLarge, OSError."""
    folder = _folder(area)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".")
    try:
        with open(handle, "wb") as file:  # noqa: PTH123  a handle, no path
            kept = _copy(stream, file, most)
        target = path_of(kept.digest, area=area)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        Path(name).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    return kept


def open_stored(digest: str, *, area: str) -> IO[bytes]:
    """A kept file, to be read and closed by the caller. Raises UnknownDocument."""
    try:
        return path_of(digest, area=area).open("rb")
    except FileNotFoundError:
        raise UnknownDocument(digest) from None


def path_of(digest: str, *, area: str) -> Path:
    """Where a kept file stands, for a library that wants a path. Raises UnknownDocument for what is no digest."""
    if not _DIGEST.fullmatch(digest):
        raise UnknownDocument(digest)
    # Two letters of the digest as a folder: none grows so large that listing it takes long.
    return _folder(area) / digest[:2] / digest


def forget(digest: str, *, area: str) -> bool:
    """Remove a kept file to which nothing refers any more; False when it was not there."""
    try:
        path_of(digest, area=area).unlink()
    except FileNotFoundError:
        return False
    return True


def forget_others(used: Collection[str], *, area: str, before: datetime) -> int:
    """Remove the files of an area that were stored before an instant and are none of these; how many.

    So goes what was left by whoever died before it was told of, or before it could tell that it is done with.
    """
    gone = 0
    for file in _folder(area).rglob("*"):
        # Somebody may store something meanwhile, which gets its name last.
        with suppress(FileNotFoundError):
            if file.is_file() and file.name not in used and file.stat().st_mtime < before.timestamp():
                file.unlink()
                gone += 1
    return gone


def _copy(stream: IO[bytes], file: IO[bytes], most: int) -> Stored:
    hashed, size = hashlib.sha256(), 0
    for chunk in _chunks(stream):
        size += len(chunk)
        if size > most:
            raise TooLarge(most)
        hashed.update(chunk)
        file.write(chunk)
    file.flush()
    # A row that refers to it may be committed a moment later.
    os.fsync(file.fileno())
    return Stored(hashed.hexdigest(), size)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _folder(area: str) -> Path:
    return Path(current_app.config["DATA_DIR"]) / FOLDER / area
