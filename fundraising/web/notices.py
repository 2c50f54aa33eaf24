"""What a page says once about what was just done, on the page where that leads, with a way back where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from flask import flash, get_flashed_messages

if TYPE_CHECKING:
    from collections.abc import Mapping

_CATEGORY = "notice"


class Tone(StrEnum):
    """Whether it went well. The word is also the class of the notice."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say. `undo` is the address that takes it back when it is posted to; empty where there is none."""

    text: str
    tone: Tone
    undo: str


def notice(text: str, *, tone: Tone = Tone.GOOD, undo: str = "") -> None:
    """Say this on the next page that is shown."""
    # A session keeps whatever JSON can.
    flash(cast("str", {"text": str(text), "tone": tone.value, "undo": undo}), _CATEGORY)


def notices() -> list[Notice]:
    """What there is to say, which is then said; also what a library says with `flash()`."""
    said = cast("list[tuple[str, str | Mapping[str, str]]]", get_flashed_messages(with_categories=True))
    return [_read(category, words) for category, words in said]


def _read(category: str, said: str | Mapping[str, str]) -> Notice:
    if isinstance(said, str):
        return Notice(said, Tone.BAD if category == "error" else Tone.GOOD, "")
    return Notice(said["text"], Tone(said["tone"]), said["undo"])
