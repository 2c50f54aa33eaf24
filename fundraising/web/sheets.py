"""Tables that people take along: a spreadsheet (XLSX) or CSV, written row by row so that memory does not grow.

What somebody else typed never becomes a formula: in a spreadsheet every text is a text, in CSV an apostrophe stands
before what a spreadsheet program would calculate (OWASP, "CSV Injection"). Amounts and dates are real ones in XLSX; in
CSV they stand as the Dutch write them, since that is how a Dutch spreadsheet program reads them.
"""

from __future__ import annotations

import csv
import re
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from io import StringIO
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import xlsxwriter
from flask import Response, send_file, stream_with_context
from flask_babel import gettext as _

from fundraising.clock import AMSTERDAM, aware
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

# A moment is written in Amsterdam time; None leaves the cell empty.
Cell: TypeAlias = str | int | bool | Euro | date | datetime | None

# Excel's own limits: characters in a cell, and rows on a sheet, one of which holds the heads.
LONGEST_TEXT = 32_767
ROWS_ON_A_SHEET = 1_048_575
_LONGEST_SHEET_NAME = 31
_NOT_IN_A_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
# The last four are how Japanese keyboards type the first four, and count as the same.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠|%]|[\t\r\n]")
_CSV_ROWS_AT_A_TIME = 200
_WIDTHS: Mapping[type, int] = {date: 12, datetime: 17, Euro: 14, int: 9}


class SheetFormat(StrEnum):
    """In what shape a table is taken along; the word is also how a file's name ends."""

    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, and of what kind its cells are: `str`, `int`, `Euro`, `date` or `datetime`."""

    label: str
    kind: type = str
    # In characters; 0 for what suits the kind.
    width: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be written. `name` is the sheet's name and the beginning of the file's; rows are read once."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]


def as_download(sheet: Sheet, shape: SheetFormat) -> Response:
    """An answer that a browser keeps as a file. CSV leaves row by row; XLSX once it is written to a temporary file."""
    if shape is SheetFormat.CSV:
        answer = Response(stream_with_context(_to_the_end(csv_lines(sheet))), mimetype="text/csv")
        answer.headers.set("Content-Disposition", "attachment", filename=f"{_file_name(sheet)}.csv")
        return answer
    file = tempfile.TemporaryFile()  # noqa: SIM115  sent, and then closed by the server
    write_xlsx(sheet, file)
    file.seek(0)
    return send_file(
        file,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=f"{_file_name(sheet)}.xlsx",
        etag=False,
        max_age=0,
    )


def csv_lines(sheet: Sheet) -> Iterator[bytes]:
    """The table as CSV in UTF-8 with a mark before it, so that Excel knows; between the cells stands `;`."""
    some = StringIO()
    writer = csv.writer(some, delimiter=";", lineterminator="\r\n")
    writer.writerow([harmless(str(column.label)) for column in sheet.columns])
    yield b"\xef\xbb\xbf"
    for number, row in enumerate(sheet.rows, start=1):
        writer.writerow([_as_text(cell) for cell in row])
        if number % _CSV_ROWS_AT_A_TIME == 0:
            yield _taken(some)
    yield _taken(some)


def _to_the_end(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines, and where they break off a last one that says so: a browser takes the half for the whole."""
    try:
        yield from lines
    except Exception:
        told = _("This file is not complete: something went wrong here. Please take it again.")
        yield f"\r\n*** {told} ***\r\n".encode()
        raise


def write_xlsx(sheet: Sheet, file: IO[bytes]) -> int:
    """Write the table as a spreadsheet and return how many rows it has. What does not fit on a sheet begins another."""
    settings = {"constant_memory": True, "default_date_format": "dd-mm-yyyy"}
    count = 0
    with xlsxwriter.Workbook(file, settings) as book:
        shapes = _shapes(book)
        page: _Page | None = None
        for row in sheet.rows:
            if page is None or page.line == ROWS_ON_A_SHEET:
                page = _Page(book, sheet, shapes, len(book.worksheets()) + 1)
            page.write(row)
            count += 1
        if page is None:
            _Page(book, sheet, shapes, 1)
    return count


def harmless(text: str) -> str:
    """A text that no spreadsheet program takes for a formula: where it could, an apostrophe stands before it."""
    return f"'{text}" if _FORMULA.match(text) else text


class _Page:
    """One sheet of a workbook, with its heads. In constant memory each row is done with when the next begins."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Sheet, shapes: Mapping[type, Format], number: int) -> None:
        self._page: Worksheet = book.add_worksheet(_sheet_name(sheet.name, number))
        self._shapes = shapes
        self._writers = self._by_kind()
        self.line = 0
        for place, column in enumerate(sheet.columns):
            width = column.width or _WIDTHS.get(column.kind, 22)
            self._page.set_column(place, place, width)
            self._page.write_string(0, place, str(column.label), shapes[str])
        self._page.freeze_panes(1, 0)

    def write(self, row: Sequence[Cell]) -> None:
        self.line += 1
        for place, cell in enumerate(row):
            if cell is not None and cell != "":
                self._writers[type(cell)](self.line, place, cell)

    def _by_kind(self) -> dict[type, Callable[[int, int, Any], object]]:
        page, shapes = self._page, self._shapes
        return {
            str: lambda line, place, text: page.write_string(line, place, text[:LONGEST_TEXT]),
            bool: lambda line, place, truth: page.write_number(line, place, int(truth)),
            int: page.write_number,
            Euro: lambda line, place, euro: page.write_number(line, place, euro.cents / 100, shapes[Euro]),
            date: lambda line, place, day: page.write_datetime(line, place, day, shapes[date]),
            datetime: lambda line, place, at: page.write_datetime(line, place, _in_amsterdam(at), shapes[datetime]),
        }


def _shapes(book: xlsxwriter.Workbook) -> dict[type, Format]:
    return {
        str: book.add_format({"bold": True, "bottom": 1}),
        Euro: book.add_format({"num_format": "#,##0.00"}),
        date: book.add_format({"num_format": "dd-mm-yyyy"}),
        datetime: book.add_format({"num_format": "dd-mm-yyyy hh:mm"}),
    }


def _as_text(cell: Cell) -> str:
    # A truth is a number too, and a moment a date: the narrower kind is asked for first.
    match cell:
        case bool():
            return str(int(cell))
        case Euro():
            whole, cents = divmod(abs(cell.cents), 100)
            return f"{'-' if cell.cents < 0 else ''}{whole},{cents:02}"
        case datetime():
            return f"{_in_amsterdam(cell):%d-%m-%Y %H:%M}"
        case date():
            return f"{cell:%d-%m-%Y}"
    return harmless(cell) if isinstance(cell, str) else str("" if cell is None else cell)


def _in_amsterdam(instant: datetime) -> datetime:
    return aware(instant).astimezone(AMSTERDAM).replace(tzinfo=None)


def _taken(some: StringIO) -> bytes:
    text = some.getvalue()
    some.seek(0)
    some.truncate()
    return text.encode()


def _sheet_name(name: str, number: int) -> str:
    ending = f" {number}" if number > 1 else ""
    return _NOT_IN_A_SHEET_NAME.sub(" ", name)[: _LONGEST_SHEET_NAME - len(ending)] + ending


def _file_name(sheet: Sheet) -> str:
    return re.sub(r"[^\w-]+", "-", sheet.name.lower()).strip("-")
