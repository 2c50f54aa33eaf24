"""Excel workbooks (Office Open XML, ECMA-376), of which the first sheet with something in it counts.

openpyxl reads them in its mode for large files. What it would do otherwise than we need is done here: a formula is told
from a value, rows that are said to stand far below are not made up in between, and a file that says it will swell is
refused before anything of it is unpacked.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from fundraising.imports.formats.line import FORMULAS, OTHER_SHEETS, Line
from fundraising.imports.rules import LONGEST_CELL, MOST_COLUMNS, SheetFault, UnreadableSheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from fundraising.imports.rules import Value

# All parts together, unpacked. 200,000 rows with thirty columns are some 150 MB.
MOST_UNPACKED = 256 * 1024 * 1024
_MOST_PARTS = 2_000
# Sheets repeat themselves, and pack to a tenth or so; a bomb to a thousandth.
_MOST_SWELLING = 200
_SMALL = 4 * 1024 * 1024
_WORKBOOK = "xl/workbook.xml"
_OPEN_DOCUMENT = "content.xml"
# Raised by openpyxl or by what it stands on where a part is not what it should be: not there, not in the encoding that
# it names, said to have a password.
_DAMAGE = (
    InvalidFileException, ParseError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, LookupError, ValueError,
    TypeError, AttributeError, EOFError, RuntimeError, OverflowError, OSError,
)  # fmt: skip


class Workbook:
    """An open workbook."""

    def __init__(self, workbook: Any) -> None:  # noqa: ANN401  openpyxl's types do not know its reader's own parts
        self._workbook = workbook
        self.notes: Counter[str] = Counter()
        self._sheet = self._first_filled()

    @classmethod
    @contextmanager
    def opened(cls, file: IO[bytes]) -> Iterator[Workbook]:
        """The workbook in a file. Raises UnreadableSheet."""
        _look_inside(file)
        try:
            with catch_warnings():
                simplefilter("ignore")  # about styles and extensions, which do not matter here
                workbook = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except _DAMAGE as wrong:
            raise UnreadableSheet(SheetFault.DAMAGED) from wrong
        with closing(workbook):
            yield cls(workbook)

    def lines(self) -> Iterator[Line]:
        """The lines of the sheet that are not empty."""
        self.notes.pop(FORMULAS, None)
        return self._lines(self._sheet)

    def _first_filled(self) -> Any:  # noqa: ANN401  the same
        sheets = [each for each in self._workbook.worksheets if each.sheet_state == "visible"]
        filled = [sheet for sheet in sheets if next(self._lines(sheet), None) is not None]
        if not filled:
            raise UnreadableSheet(SheetFault.EMPTY)
        self.notes[OTHER_SHEETS] = len(filled) - 1
        return filled[0]

    def _lines(self, sheet: Any) -> Iterator[Line]:  # noqa: ANN401  the same
        parsed, number = self._parsed(sheet), 0
        while True:
            try:
                number, cells = next(parsed, (0, None))
            except _DAMAGE as wrong:
                raise UnreadableSheet(SheetFault.DAMAGED, number + 1) from wrong
            if cells is None:
                return
            line = self._line(number, cells)
            if line is not None:
                yield line

    def _parsed(self, sheet: Any) -> Iterator[tuple[int, list[dict[str, Any]]]]:  # noqa: ANN401  the same
        workbook = self._workbook
        with catch_warnings(), sheet._get_source() as source:  # noqa: SLF001  as openpyxl's own reader does
            simplefilter("ignore")
            parser = _Parser(
                source,
                sheet._shared_strings,  # noqa: SLF001  the same
                data_only=True,
                epoch=workbook.epoch,
                date_formats=workbook._date_formats,  # noqa: SLF001  the same
                timedelta_formats=workbook._timedelta_formats,  # noqa: SLF001  the same
            )
            yield from parser.parse()

    def _line(self, number: int, cells: list[dict[str, Any]]) -> Line | None:
        filled = {cell["column"]: cell for cell in cells if cell["value"] is not None or cell["data_type"] == "e"}
        if not filled:
            return None
        width = max(filled)
        if width > MOST_COLUMNS:
            raise UnreadableSheet(SheetFault.TOO_MANY_COLUMNS, number)
        values: list[Value] = [""] * width
        for column, cell in filled.items():
            values[column - 1] = _value(cell["value"], number)
        self.notes[FORMULAS] += sum(cell.get("formula", False) for cell in filled.values())
        broken = frozenset(column - 1 for column, cell in filled.items() if cell["data_type"] == "e")
        return Line(number, tuple(values), broken) if any(values) else None


class _Parser(WorkSheetParser):
    """Reads the value of a formula, and tells that it was one; one whose value was not stored is an error."""

    def parse_cell(self, element: Element) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if element.find(FORMULA_TAG) is not None:
            cell["formula"] = True
            if cell["value"] is None:
                cell |= {"data_type": "e", "value": "="}
        return cell


def _look_inside(file: IO[bytes]) -> None:
    """Refuse, by the list of parts alone, what is no workbook or would swell beyond reason.

    A part is never unpacked further than this list says, so that a list that lies ends in a damaged file.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, OSError) as wrong:
        raise UnreadableSheet(SheetFault.DAMAGED) from wrong
    names = {part.filename for part in parts}
    if _WORKBOOK not in names:
        raise UnreadableSheet(SheetFault.OPEN_DOCUMENT if _OPEN_DOCUMENT in names else SheetFault.NOT_A_SHEET)
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    swells = unpacked > _SMALL and unpacked > _MOST_SWELLING * max(packed, 1)
    if len(parts) > _MOST_PARTS or unpacked > MOST_UNPACKED or swells:
        raise UnreadableSheet(SheetFault.INFLATES)
    file.seek(0)


def _value(value: object, number: int) -> Value:
    """A cell's value in the terms of the house. Raises UnreadableSheet."""
    match value:
        case datetime():
            return value.date()
        case date():
            return value
        case bool():
            return "1" if value else "0"
        case int() | float():
            # What a person sees in Excel: fifteen digits.
            return Decimal(f"{value:.15g}")
        case time() | timedelta() | str():
            text = str(value).strip()
            if len(text) > LONGEST_CELL:
                raise UnreadableSheet(SheetFault.LONG_CELL, number)
            return text.replace("_x000D_", "")
        case _:
            return "" if value is None else str(value)[:LONGEST_CELL]
