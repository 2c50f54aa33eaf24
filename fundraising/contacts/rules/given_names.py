"""Initials and first names: when two of them can be one person's, and what they tell together."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import zip_longest

from fundraising.contacts.rules.folding import folded, has_vowel

TOGETHER = re.compile(r"\s*(?:&|\+|/|,|\ben\b|\band\b)\s*", re.IGNORECASE)
PART = re.compile(r"(-?)([^\W\d_]+)(\.?)")
_LONGEST_INITIALS = 3  # in capitals without dots: `AJ`, `AJM`


@dataclass(frozen=True, slots=True)
class _Given:
    """An initial or a first name, folded, and as it was written."""

    letters: str
    shortened: bool
    written: str = field(compare=False)


def told(given_name: str) -> bool:
    """Whether there is an initial or a first name in it."""
    return bool(_people(given_name))


def fit(one: str, other: str) -> bool:
    """Whether two can be the same person's, or the same couple's: `J.` can be `Jan` and `J.P.`, but not `M.`."""
    first, second = _people(one), _people(other)
    return len(first) == len(second) and all(map(_person_fits, first, second))


def joined(known: str, said: str) -> str:
    """What two that fit tell together: of each initial and name the longest form, and all of them.

    As it was written, where one of the two tells it all. Raises ValueError where they are not of as many people.
    """
    old, new = _people(known), _people(said)
    if not old or not new:
        return said if new else known
    both = [_join(*each) for each in zip(old, new, strict=True)]
    if both in (old, new):
        return known if both == old else said
    return " en ".join(map(_written, both))


def _people(given_name: str) -> list[list[_Given]]:
    """The given names of each person in `J. en M.`, in order."""
    composed = unicodedata.normalize("NFC", given_name)
    return [parts for each in TOGETHER.split(composed) if (parts := _parts(each))]


def _parts(given_name: str) -> list[_Given]:
    parts: list[_Given] = []
    for hyphen, letters, dot in PART.findall(given_name):
        name = folded(letters)
        if not dot and 1 < len(name) <= 4 and name.isascii() and not has_vowel(name):  # noqa: PLR2004  `JP`, `PJM`
            parts += _initials(name)
        elif name:
            shortened = bool(dot) or len(name) == 1
            parts.append(_Given(name, shortened, hyphen + letters + "." * shortened))
    return parts


def _initials(letters: str) -> list[_Given]:
    return [_Given(letter, shortened=True, written=f"{letter.upper()}.") for letter in letters]


def _person_fits(first: list[_Given], second: list[_Given]) -> bool:
    return all(_fit(a, b) for a, b in zip(first, second, strict=False))


def _fit(a: _Given, b: _Given) -> bool:
    if a.letters == b.letters:
        return True
    return (a.shortened and b.letters.startswith(a.letters)) or (b.shortened and a.letters.startswith(b.letters))


def _join(known: list[_Given], said: list[_Given]) -> list[_Given]:
    pairs = zip_longest(_spelled_out(known, beside=said), _spelled_out(said, beside=known))
    return [a if b is None or (a is not None and _tells(a) >= _tells(b)) else b for a, b in pairs]


def _tells(part: _Given) -> tuple[int, bool]:
    return len(part.letters), not part.shortened


def _spelled_out(parts: list[_Given], *, beside: list[_Given]) -> list[_Given]:
    """`AJ` as the initials that it turns out to be beside `A.J.`; alone it can be a first name."""
    typed, initials = parts[0], "".join(each.letters for each in beside if len(each.letters) == 1)
    if len(parts) > 1 or len(beside) == 1 or len(initials) != len(beside):
        return parts
    if not typed.written.isupper() or len(typed.letters) > _LONGEST_INITIALS:
        return parts
    alike = typed.letters.startswith(initials) or initials.startswith(typed.letters)
    return _initials(typed.letters) if alike else parts


def _written(parts: list[_Given]) -> str:
    """`J.P.` and `Th.P.` close together, `Jan P.` apart, and a hyphen where there was one."""
    text = ""
    for part in parts:
        close = part.written.startswith("-") or (text.endswith(".") and len(part.letters) == 1)
        text += part.written if close else f" {part.written}"
    return text.lstrip(" -")
