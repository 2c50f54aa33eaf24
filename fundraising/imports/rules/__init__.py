"""What an import is: its states, how its file is described, how columns are recognised. Pure rules."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from fundraising.marks import without_heaps

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence

# What a cell holds: text, a number, a date, or what a program could not work out. Text is never read as a formula.
Value = str | Decimal | date

MOST_ROWS = 200_000
MOST_COLUMNS = 200
# In a cell; longer than any text that we keep, so that a row can say what is wrong with it.
LONGEST_CELL = 20_000


class ImportState(StrEnum):
    """Where an import stands."""

    # Stored; the job looks what its columns are.
    UPLOADED = "uploaded"
    # Somebody has to say what the columns mean.
    READ = "read"
    # The job reads it and works out what would happen.
    CHECKING = "checking"
    # Somebody may look, and accept.
    CHECKED = "checked"
    # Accepted; the job brings it in, in one transaction.
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    # Somebody asked to undo it; the job begins, or says why not.
    UNDOING = "undoing"
    # The job takes it back, a part in each transaction.
    TAKING_BACK = "taking_back"
    UNDONE = "undone"
    # The file cannot be read.
    REFUSED = "refused"
    DISCARDED = "discarded"


FOLLOWS: dict[ImportState, frozenset[ImportState]] = {
    ImportState.UPLOADED: frozenset({ImportState.READ, ImportState.REFUSED, ImportState.DISCARDED}),
    ImportState.READ: frozenset({ImportState.CHECKING, ImportState.DISCARDED}),
    ImportState.CHECKING: frozenset({ImportState.CHECKED, ImportState.REFUSED, ImportState.DISCARDED}),
    # Checked again with other columns.
    ImportState.CHECKED: frozenset({ImportState.CHECKING, ImportState.ACCEPTING, ImportState.DISCARDED}),
    # What it was checked against has changed since: checked again.
    ImportState.ACCEPTING: frozenset({ImportState.ACCEPTED, ImportState.CHECKING}),
    ImportState.ACCEPTED: frozenset({ImportState.UNDOING}),
    ImportState.UNDOING: frozenset({ImportState.TAKING_BACK, ImportState.ACCEPTED}),
    ImportState.TAKING_BACK: frozenset({ImportState.UNDONE}),
    ImportState.UNDONE: frozenset(),
    ImportState.REFUSED: frozenset({ImportState.DISCARDED}),
    ImportState.DISCARDED: frozenset(),
}
# What the job has work on.
AT_WORK = frozenset(
    {
        ImportState.UPLOADED,
        ImportState.CHECKING,
        ImportState.ACCEPTING,
        ImportState.UNDOING,
        ImportState.TAKING_BACK,
    }
)


def may_follow(state: ImportState, then: ImportState, *, undoable: bool = True) -> bool:
    """Whether an import may go from one state to another. What is not `undoable` is closed once it is accepted."""
    return then in FOLLOWS[state] and (undoable or then is not ImportState.UNDOING)


class Outcome(StrEnum):
    """What happens, or happened, to a row."""

    NEW = "new"
    CHANGED = "changed"
    # Adds nothing: all of it is known, or stands on an earlier row.
    DUPLICATE = "duplicate"
    # Is not brought in.
    ERROR = "error"


class SheetFault(StrEnum):
    """Why a file cannot be read."""

    EMPTY = "empty"
    NO_ROWS = "no_rows"
    NOT_A_SHEET = "not_a_sheet"
    OLD_EXCEL = "old_excel"
    OPEN_DOCUMENT = "open_document"
    DAMAGED = "damaged"
    INFLATES = "inflates"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    LONG_CELL = "long_cell"
    BROKEN_LINE = "broken_line"
    UNKNOWN_SIGNS = "unknown_signs"


class UnreadableSheet(ValueError):
    """A file that is no spreadsheet that we can read: why, and where; `line` is 0 where it is the file as a whole."""

    def __init__(self, fault: SheetFault, line: int = 0) -> None:
        super().__init__(f"{fault.value}, line {line}" if line else fault.value)
        self.fault = fault
        self.line = line


class ImportRefusal(Exception):
    """An import refuses what is asked of it; nothing was changed."""


class UnknownImport(ImportRefusal):
    """There is no such import."""


class NotNow(ImportRefusal):
    """This cannot be done to an import in this state, which is `state`; somebody else may have been first."""

    def __init__(self, state: ImportState) -> None:
        super().__init__(state.value)
        self.state = state


class WrongCount(ImportRefusal):
    """The number of rows that was expected, or a total, is not what the file has."""

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(f"{what}: expected {expected}, found {found}")
        self.what, self.expected, self.found = what, expected, found


class RefusedRows(ImportRefusal):
    """Rows would be left out, and nobody agreed to that; `count` is how many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} rows have errors")
        self.count = count


class BadMapping(ImportRefusal):
    """Columns that cannot mean what was chosen: `problem` is a word that the pages know, `meaning` which column."""

    def __init__(self, problem: str, meaning: str = "") -> None:
        super().__init__(f"{problem} {meaning}".strip())
        self.problem, self.meaning = problem, meaning


class BroughtInBefore(ImportRefusal):
    """The same file was brought in before, as import `number`, and a second time would book everything twice."""

    def __init__(self, number: int) -> None:
        super().__init__(f"import {number} is the same file")
        self.number = number


class CheckedAnew(ImportRefusal):
    """The rows were checked again since somebody saw what they do."""


class OutOfDate(ImportRefusal):
    """What the rows were checked against has changed since; they must be checked again."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is refused, or what there is to say of it: a word that pages know, the column, and what stood there."""

    code: str
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row with what stands under each meaning, and the whole of it by column as it stood. `line` counts from 1."""

    line: int
    values: Mapping[str, Value]
    cells: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedRow:
    """What was worked out for a row. `plan` is what its kind needs to bring it in; `tally` adds to the totals."""

    line: int
    outcome: Outcome
    label: str
    cells: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    doubtful: bool = False
    plan: Mapping[str, object] | None = None
    tally: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column can mean. `words` are how its header is written in Dutch and English; `looks` knows it by content.

    Words are compared without case, accents, spaces and signs.
    """

    code: str
    words: tuple[str, ...]
    looks: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file: their headers, and some of what stands under each."""

    headers: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]

    @property
    def shape(self) -> str:
        """What files with the same columns in the same order share."""
        told = "\x1f".join(plain(header) for header in self.headers)
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class Counts:
    """How many rows of each outcome, how many are doubtful, and totals by name: cents by year, say."""

    outcomes: Counter[str] = field(default_factory=Counter)
    doubtful: int = 0
    totals: Counter[str] = field(default_factory=Counter)

    def add(self, row: StagedRow) -> None:
        """Count a row."""
        self.outcomes[row.outcome.value] += 1
        self.doubtful += row.doubtful
        if row.tally is not None:
            self.totals[row.tally[0]] += row.tally[1]


def plain(text: str) -> str:
    """A header for comparison: small letters and digits only."""
    apart = unicodedata.normalize("NFKD", without_heaps(text).casefold())
    return "".join(each for each in apart if each.isalnum())


def shown(value: Value) -> str:
    """A cell as text: whole numbers without decimals, dates as 2026-11-22."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        # A number that is no amount at all (a NaN, an endless one) is shown as it came.
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return value


def header_row(rows: Sequence[Sequence[str]], meanings: Sequence[Meaning]) -> int:
    """Which of the first rows holds the headers: the one with most words that we know, else the first that is as wide.

    Above a table stands often a title, a date, an empty line: less than half as many cells as a row of the table has.
    """
    known = {plain(word) for meaning in meanings for word in meaning.words}
    hits = [sum(plain(cell) in known for cell in row if cell) for row in rows]
    best = max(hits, default=0)
    if best > 1:
        return hits.index(best)
    filled = [sum(map(bool, row)) for row in rows]
    return next((number for number, count in enumerate(filled) if 2 * count > max(filled)), 0)


def named(cells: Sequence[str]) -> tuple[str, ...]:
    """Headers that each have a name of their own: a second `E-mail` becomes `E-mail (2)`."""
    seen: Counter[str] = Counter()
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())[:80] or f"#{number}"
        seen[plain(name)] += 1
        again = seen[plain(name)]
        names.append(f"{name} ({again})" if again > 1 else name)
    return tuple(names)


_ENOUGH = 0.6


def proposals(columns: Columns, meanings: Sequence[Meaning]) -> dict[int, str]:
    """What each column probably means, by its header or else by its content; each meaning once."""
    proposed: dict[int, str] = {}
    for rank in (_by_whole_header, _by_words_of_header, _by_content):
        for index in range(len(columns.headers)):
            if index not in proposed:
                meaning = rank(columns, index, [each for each in meanings if each.code not in proposed.values()])
                if meaning is not None:
                    proposed[index] = meaning.code
    return proposed


def _by_whole_header(columns: Columns, index: int, meanings: Sequence[Meaning]) -> Meaning | None:
    header = plain(columns.headers[index])
    return next((each for each in meanings if header in {plain(word) for word in each.words}), None)


_LONG_WORD = 5


def _by_words_of_header(columns: Columns, index: int, meanings: Sequence[Meaning]) -> Meaning | None:
    """`E-mailadres van de scriba` holds `e-mailadres`; the longest word that is found counts."""
    header = plain(columns.headers[index])
    found = [
        (len(plain(word)), each)
        for each in meanings
        for word in each.words
        if len(plain(word)) >= _LONG_WORD and plain(word) in header
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _by_content(columns: Columns, index: int, meanings: Sequence[Meaning]) -> Meaning | None:
    filled = [cell for cell in columns.samples[index] if cell]
    for meaning in meanings:
        if filled and meaning.looks is not None and _hits(meaning.looks, filled) >= _ENOUGH * len(filled):
            return meaning
    return None


def _hits(looks: re.Pattern[str], cells: Sequence[str]) -> int:
    return sum(looks.fullmatch(cell) is not None for cell in cells)
