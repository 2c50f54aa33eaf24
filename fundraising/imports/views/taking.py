"""Files to take along: rows that were refused, with the reasons, and samples to begin with."""

from __future__ import annotations

import csv
import io
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

import xlsxwriter
from flask import Response, abort, send_file

from fundraising.accounts.rules import Subject
from fundraising.accounts.services.audit import record
from fundraising.db import transaction
from fundraising.imports.queries import every_row
from fundraising.imports.rules import Outcome
from fundraising.imports.services.runs import SUBJECT
from fundraising.imports.views.looking import its_run
from fundraising.resources import resource
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundraising.imports.queries import RunView
    from fundraising.imports.views.kinds import ImportPages

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": _XLSX}
_IN_MEMORY = 8 * 1024 * 1024
# A cell that begins so is a formula to a spreadsheet, and could do anything there.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")


def refused(pages: ImportPages, number: int, extension: str) -> Response:
    """The rows that were refused as they stood, with the line and the reasons in front."""
    found = its_run(pages, number)
    if extension not in _TYPES:
        abort(404)
    with transaction():
        record("import.refused_rows_taken", Subject(SUBJECT, number), after={"rows": found.refused})
    file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  send_file closes it
    (_write_csv if extension == "csv" else _write_xlsx)(file, _table(pages, found))
    file.seek(0)
    return send_file(
        file, mimetype=_TYPES[extension], as_attachment=True, download_name=f"import-{number}-geweigerd.{extension}"
    )


def sample(pages: ImportPages, name: str) -> Response:
    """A file to begin with."""
    if name not in pages.samples:
        abort(404)
    return send_file(resource("samples") / name, mimetype=_TYPES[name.rpartition(".")[2]], as_attachment=True)


def _table(pages: ImportPages, found: RunView) -> Iterator[list[str]]:
    yield [str(_("Line")), str(_("Reason")), *found.headers]
    for row in every_row(found.run_id, outcome=Outcome.ERROR):
        why = "; ".join(pages.words.reason(each.code, each.column, each.value) for each in row.reasons)
        yield [str(row.line), why, *row.cells]


def _write_csv(file: IO[bytes], table: Iterator[list[str]]) -> None:
    # The mark lets Excel read it as UTF-8.
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    writer = csv.writer(text, delimiter=";")
    for cells in table:
        writer.writerow([_harmless(cell) for cell in cells])
    text.flush()
    text.detach()


def _write_xlsx(file: IO[bytes], table: Iterator[list[str]]) -> None:
    # Written row by row, and every cell as text: nothing is a formula, a number or a link.
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    for number, cells in enumerate(table):
        for column, cell in enumerate(cells):
            sheet.write_string(number, column, cell)
    book.close()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_SIGNS) else cell
