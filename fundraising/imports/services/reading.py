"""Reading the stored file of an import: its columns, and its rows by what they mean."""

from __future__ import annotations

from contextlib import closing, contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING

from fundraising.documents import open_stored
from fundraising.imports.formats import open_sheet
from fundraising.imports.rules import (
    MOST_ROWS,
    Columns,
    Reason,
    SheetFault,
    SheetRow,
    UnreadableSheet,
    header_row,
    named,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fundraising.imports.formats import Line, Sheet
    from fundraising.imports.models import ImportRun
    from fundraising.imports.rules import Meaning

# Where uploaded spreadsheets stand in the file store.
AREA = "imports"
# Above a table stand a title and such; further down nobody begins one.
_HEAD_LINES = 20
_SAMPLE = 50


@contextmanager
def stored_sheet(digest: str) -> Iterator[Sheet]:
    """The table in a stored file. Raises UnreadableSheet, UnknownDocument."""
    with closing(open_stored(digest, area=AREA)) as file, open_sheet(file) as sheet:
        yield sheet


def read_columns(sheet: Sheet, meanings: tuple[Meaning, ...]) -> tuple[Columns, int]:
    """The columns of a table, and the number of the line with the headers. Raises UnreadableSheet."""
    lines = sheet.lines()
    head = list(islice(lines, _HEAD_LINES))
    if not head:
        raise UnreadableSheet(SheetFault.EMPTY)
    begins = header_row([[shown(cell) for cell in line.cells] for line in head], meanings)
    below = list(chain(head[begins + 1 :], islice(lines, _SAMPLE)))
    if not below:
        raise UnreadableSheet(SheetFault.NO_ROWS)
    headers = named([shown(cell) for cell in head[begins].cells])
    samples = tuple(tuple(_cell(line, index) for line in below) for index in range(len(headers)))
    return Columns(headers, samples), head[begins].number


def read_rows(sheet: Sheet, run: ImportRun) -> Iterator[SheetRow]:
    """The rows below the headers, from behind the last line that was examined. Raises UnreadableSheet."""
    meanings = {int(index): code for index, code in run.mapping.items()}
    count = 0
    for line in sheet.lines():
        if line.number <= run.header_line:
            continue
        count += 1
        if count > MOST_ROWS:
            raise UnreadableSheet(SheetFault.TOO_MANY_ROWS, line.number)
        if line.number > run.last_line:
            yield _row(line, run.headers, meanings)


def _row(line: Line, headers: list[str], meanings: Mapping[int, str]) -> SheetRow:
    width = len(headers)
    cells = tuple(_cell(line, index) for index in range(max(width, len(line.cells))))
    reasons = [Reason("no_value", headers[index], cells[index]) for index in sorted(line.broken & meanings.keys())]
    if len(line.cells) > width:
        reasons.append(Reason("too_many_cells", value=str(len(line.cells))))
    values = {code: line.cells[index] for index, code in meanings.items() if index < len(line.cells)}
    filled = {code: value for code, value in values.items() if value}
    return SheetRow(line.number, filled, cells, tuple(reasons))


def _cell(line: Line, index: int) -> str:
    return shown(line.cells[index]) if index < len(line.cells) else ""
