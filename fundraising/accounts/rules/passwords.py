"""Which passwords are too easy to guess, and why: judged by zxcvbn, told in our own words."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from zxcvbn import zxcvbn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

SHORTEST = 10
LONGEST = 128
# Of 0 to 4; 3 takes more than 10^8 guesses, which with Argon2 and a lock-out is out of reach.
LEAST_SCORE = 3
# zxcvbn takes longer and longer over longer texts, and nobody guesses what begins so long.
_JUDGED = 72
# What Dutch people begin with, and what this house is about: zxcvbn knows English words alone.
_OBVIOUS = (
    *("welkom", "wachtwoord", "geheim", "hallo", "toegang", "nederland", "amsterdam", "ajax", "feyenoord"),
    *("lente", "zomer", "herfst", "winter", "januari", "februari", "maart", "april", "juni", "juli", "augustus"),
    *("september", "oktober", "november", "december", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag"),
    *("gevangenzorg", "gevangenis", "gevangenen", "herstelwerk", "achterblijvers", "stichting", "kerk", "giften"),
)


class PasswordFault(StrEnum):
    """What is wrong with a password."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    # It is built upon the name, the address or what the charity is about.
    ABOUT_YOU = "about_you"
    COMMON = "common"
    ROW = "row"
    REPEATED = "repeated"
    KEYBOARD = "keyboard"
    DATE = "date"
    GUESSABLE = "guessable"


_PATTERNS = {
    "sequence": PasswordFault.ROW,
    "repeat": PasswordFault.REPEATED,
    "spatial": PasswordFault.KEYBOARD,
    "date": PasswordFault.DATE,
}


def password_fault(password: str, about: Iterable[str]) -> PasswordFault | None:
    """What is wrong with a password, or None. `about` is what others know of its owner: name, address, charity."""
    if len(password) < SHORTEST:
        return PasswordFault.TOO_SHORT
    if len(password) > LONGEST:
        return PasswordFault.TOO_LONG
    judged = zxcvbn(password[:_JUDGED], user_inputs=[*_words(about), *_OBVIOUS])
    return None if judged["score"] >= LEAST_SCORE else _reason(judged["sequence"])


def _words(about: Iterable[str]) -> Iterator[str]:
    for text in about:
        yield from (word for word in re.split(r"[\W_]+", text.casefold()) if len(word) > 2)  # noqa: PLR2004  initials


def _reason(sequence: Iterable[Mapping[str, Any]]) -> PasswordFault:
    """The fault of the longest piece that was recognised."""
    pieces = sorted(sequence, key=lambda piece: len(piece["token"]), reverse=True)
    for piece in pieces:
        if piece["pattern"] == "dictionary":
            return PasswordFault.ABOUT_YOU if piece["dictionary_name"] == "user_inputs" else PasswordFault.COMMON
        if piece["pattern"] in _PATTERNS:
            return _PATTERNS[piece["pattern"]]
    return PasswordFault.GUESSABLE
