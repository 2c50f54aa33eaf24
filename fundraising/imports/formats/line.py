"""What every kind of spreadsheet gives: lines of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from fundraising.imports.rules import Value

# What there is to say of a file as a whole.
FORMULAS = "formulas"
OTHER_SHEETS = "other_sheets"
MIXED_ENCODING = "mixed_encoding"
MAC_ENCODING = "mac_encoding"


@dataclass(frozen=True, slots=True)
class Line:
    """A line with something in it: its number in the file from 1, and its cells; an empty cell is an empty text.

    `broken` are the indexes of cells whose value is not known: an error in the sheet, a formula without a value.
    """

    number: int
    cells: tuple[Value, ...]
    broken: frozenset[int] = frozenset()


class Sheet(Protocol):
    """A table in a file. `notes` fills while lines are read: how often there was something to say."""

    notes: Counter[str]

    def lines(self) -> Iterator[Line]:
        """The lines that are not empty, from the first on; may be asked for again. Raises UnreadableSheet."""
