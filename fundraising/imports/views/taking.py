"""Files to take along: rows that were refused, with the reasons, and samples to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, abort, send_file
from flask_babel import gettext as _

from fundraising.accounts.rules import Subject
from fundraising.accounts.services.audit import record
from fundraising.db import transaction
from fundraising.imports.queries import every_row
from fundraising.imports.rules import Columns, Outcome, named
from fundraising.imports.services.runs import SUBJECT, remember
from fundraising.imports.views.looking import its_run
from fundraising.resources import resource
from fundraising.web.sheets import Column, Sheet, SheetFormat, as_download

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundraising.imports.queries import RunView
    from fundraising.imports.views.kinds import ImportPages


def refused(pages: ImportPages, number: int, extension: str) -> Response:
    """The rows that were refused as they stood, with the line and the reasons in front."""
    found = its_run(pages, number)
    if extension not in set(SheetFormat):
        abort(404)
    before = [Column(_("Line"), int), Column(_("Reason"), str, 50)]
    heads = [*before, *(Column(header) for header in found.headers)]
    # Mended, it comes back: then nobody has to say once more what its columns mean.
    shape = Columns(named([head.label for head in heads]), ()).shape
    meant = {index + len(before): code for index, code in found.mapping.items()}
    with transaction():
        record("import.refused_rows_taken", Subject(SUBJECT, number), after={"rows": found.refused})
        remember(found.kind, shape, meant, found.choices)
    return as_download(Sheet(f"import-{number}-geweigerd", heads, _refused(pages, found)), SheetFormat(extension))


def sample(pages: ImportPages, name: str) -> Response:
    """A file to begin with."""
    if name not in pages.samples:
        abort(404)
    return send_file(resource("samples") / name, as_attachment=True)


def _refused(pages: ImportPages, found: RunView) -> Iterator[list[str | int]]:
    for row in every_row(found.run_id, outcome=Outcome.ERROR):
        why = "; ".join(pages.words.reason(each.code, each.column, each.value) for each in row.reasons)
        yield [row.line, why, *row.cells]
