"""Giving links: their codes and states, as pure rules."""

from __future__ import annotations

import re
import secrets
from enum import StrEnum

# Without what is read for something else (0 and o; 1, i and l; 2 and z; 5 and s; 8 and b; 6 and g; 9 and q; u and v),
# and without vowels, so that no code is a word.
_ALPHABET = "cdfhjkmnprtvwxy347"
_LENGTH = 7
SHORTEST, LONGEST = 3, 40
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class LinkState(StrEnum):
    """Whether a link is in use."""

    ACTIVE = "active"
    # Not spread any more. Gifts that come through an old poster still count.
    ENDED = "ended"


LINK_MOVES: dict[LinkState, frozenset[LinkState]] = {
    LinkState.ACTIVE: frozenset({LinkState.ENDED}),
    LinkState.ENDED: frozenset(),
}


class LinkError(Exception):
    """A giving link cannot be made so; nothing was changed."""


class BadCode(LinkError):
    """A code is of small letters and digits, with single dashes between words."""


class CodeTaken(LinkError):
    """Another link has this code, or had it."""


def new_code() -> str:
    """A code that nobody misreads."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def parse_code(typed: str) -> str:
    """A code as it is stored: `Dorpskerk Zeist` becomes `dorpskerk-zeist`. Raises BadCode."""
    code = re.sub(r"[\s_-]+", "-", typed.strip().casefold()).strip("-")
    if not SHORTEST <= len(code) <= LONGEST or not _CODE.fullmatch(code):
        raise BadCode(typed[:LONGEST])
    return code


def link_after(state: LinkState, wanted: LinkState) -> LinkState:
    """The state after a move, or the same state where the move does not exist."""
    return wanted if wanted in LINK_MOVES[state] else state
