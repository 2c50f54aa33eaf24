"""What a part of the house says of the personal data that it keeps: what, why, on what ground, how long, and its end.

Each slice states its own in `personal`; the privacy slice puts them together for a person's file and for erasing. A
kind that is not stated here is a kind that nobody would find again, so a test asks it of every table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from datetime import date

# What stands in one row, each value under its name.
Told: TypeAlias = Mapping[str, Any]
# What is still to be done once the erasure is safely stored, each in a transaction of its own: erasing files.
Afterwards: TypeAlias = Callable[[], object]


class Degree(StrEnum):
    """How far somebody is erased."""

    # Only what must be kept for the tax office is left: name and postal address beside the gifts.
    REDUCED = "reduced"
    # Nothing tells any more who it was.
    ANONYMISED = "anonymised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, by all that they are found under.

    `numbers` are the contact's, the standing one first; mailboxes are case-folded, telephone numbers in E.164, IBANs
    compact. `names` are written as on an envelope.
    """

    numbers: tuple[int, ...]
    names: tuple[str, ...] = ()
    mailboxes: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """What is nobody else's, or of those only with whom they share it."""
        return tuple(key for key in (*self.mailboxes, *self.phones, *self.ibans) if key)

    @property
    def marks(self) -> tuple[str, ...]:
        """What would give somebody away wherever it stands. A surname alone does not: too many bear it."""
        return (*(name for name in self.names if " " in name.strip()), *self.keys)


def stands_in(marks: Sequence[str], value: Any) -> bool:  # noqa: ANN401  whatever JSON knows
    """Whether one of these stands whole in a text, or in a text within: `J. Bos` not in `J. Boskamp` nor `A.J. Bos`."""
    if isinstance(value, str):
        return any(re.search(rf"(?<![\w.-]){re.escape(mark)}(?![\w-])", value, re.IGNORECASE) for mark in marks)
    if isinstance(value, Mapping):
        return stands_in(marks, list(value.values()))
    return isinstance(value, list | tuple) and any(stands_in(marks, each) for each in value)


def erase_nothing(_person: Person, _degree: Degree) -> tuple[()]:
    """The `erase` of what holds no more than a number, and stays."""
    return ()


def _nothing(_person: Person) -> Iterable[str]:
    return ()


def _no_date(_numbers: Sequence[int]) -> Mapping[int, date]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """One kind of personal data. The texts are messages, translated when shown.

    `erase` works in the caller's transaction and returns what is to be done after it. `hindrances` says why somebody
    cannot be erased yet. `needed_until` tells of contacts to what day the law wants their name kept.
    """

    name: str
    tables: frozenset[str]
    title: str
    purpose: str
    ground: str
    retention: str
    ending: str
    read: Callable[[Person], Iterable[Told]]
    erase: Callable[[Person, Degree], Iterable[Afterwards]]
    hindrances: Callable[[Person], Iterable[str]] = field(default=_nothing)
    needed_until: Callable[[Sequence[int]], Mapping[int, date]] = field(default=_no_date)
