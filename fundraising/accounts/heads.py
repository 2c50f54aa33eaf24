"""The one door to where the head of the audit trail's chain is noted: a file in the data folder, beside the database.

Whoever owns the database alone can cut the end off the chain, but cannot make the note fit what is left.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from fundraising.accounts.rules.chain import Head

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "audit-heads"


def noted_heads() -> list[Head]:
    """The heads that were noted; more than one where an earlier one was found to be gone from the chain."""
    try:
        lines = _path().read_text("ascii").split("\n")
    except FileNotFoundError:
        return []
    return [Head(int(number), digest) for number, digest in (line.split() for line in lines if line)]


def note_heads(heads: Iterable[Head]) -> None:
    """Note these instead of what was noted, whole or not at all. Raises OSError."""
    folder = _path().parent
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{FILE}")
    try:
        with open(handle, "w", encoding="ascii") as file:  # noqa: PTH123  a handle, no path
            file.writelines(f"{head.number} {head.hash}\n" for head in heads)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(_path())
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def forget_heads() -> None:
    """Forget what was noted: after a restore the chain ends where the backup did."""
    _path().unlink(missing_ok=True)


def _path() -> Path:
    return Path(current_app.config["DATA_DIR"]) / FILE
