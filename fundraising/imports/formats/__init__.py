"""Reading spreadsheets, XLSX or delimited text, row by row: the one door to openpyxl.

Nothing of a file is executed or fetched: of a formula the value counts that was stored with it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from fundraising.imports.formats.delimited import DelimitedSheet
from fundraising.imports.formats.line import Line, Sheet
from fundraising.imports.formats.workbook import Workbook
from fundraising.imports.rules import SheetFault, UnreadableSheet

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Line", "Sheet", "open_sheet"]

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
# Excel before 2007, and everything that Office locks with a password.
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_OTHERS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"{\\rtf",
    b"\x7fELF",
    b"MZ",
)


@contextmanager
def open_sheet(file: IO[bytes]) -> Iterator[Sheet]:
    """The table in a file, which the caller closes. Raises UnreadableSheet, also while its lines are read."""
    head = file.read(8)
    file.seek(0)
    if not head:
        raise UnreadableSheet(SheetFault.EMPTY)
    if head.startswith(_OLE):
        raise UnreadableSheet(SheetFault.OLD_EXCEL)
    if head.startswith(_OTHERS):
        raise UnreadableSheet(SheetFault.NOT_A_SHEET)
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        with Workbook.opened(file) as workbook:
            yield workbook
    else:
        yield DelimitedSheet(file)
