"""The personal data of imports: rows of files that were brought in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import String, cast, or_, select, update

from fundraising.db import session
from fundraising.imports.models import ImportRow, ImportRun
from fundraising.personal import PersonalData, stands_in
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement

    from fundraising.personal import Afterwards, Degree, Person, Told


def _rows(person: Person) -> Iterator[Told]:
    for row in _told(person):
        yield {"import": row.run_id, "line": row.line, "cells": row.cells}


def _erase_rows(person: Person, _degree: Degree) -> tuple[Afterwards, ...]:
    runs = set()
    for row in _told(person):
        row.label, row.cells, row.reasons, row.plan = "", [], [], None
        runs.add(row.run_id)
    # The first rows of a file are shown beside its columns.
    session().execute(update(ImportRun).where(ImportRun.id.in_(runs)).values(samples=[]))
    return ()


def _told(person: Person) -> list[ImportRow]:
    """Rows in which somebody's e-mail address, number, account or whole name stands."""
    rows = session().scalars(select(ImportRow).where(_may_tell(person)).order_by(ImportRow.run_id, ImportRow.line))
    return [row for row in rows if row.label in person.names or stands_in(person.marks, [row.cells, row.plan])]


def _may_tell(person: Person) -> ColumnElement[bool]:
    """Rows in which a mark stands, perhaps as a part of somebody else's."""
    conditions: list[ColumnElement[bool]] = [ImportRow.label.in_(person.names)]
    for mark in person.marks:
        # JSON may keep a letter with an accent as its number.
        for written in {mark, json.dumps(mark)[1:-1]}:
            conditions.append(cast(ImportRow.cells, String).icontains(written, autoescape=True))
            conditions.append(cast(ImportRow.plan, String).icontains(written, autoescape=True))
    return or_(*conditions)


SOURCES = (
    PersonalData(
        name="imports",
        tables=frozenset({"import_run", "import_row"}),
        title=_("Rows of imported files"),
        purpose=_("To check an import, and to undo it."),
        ground=_("Legitimate interest: a file without mistakes."),
        retention=_("90 days after the import; then the rows and the file go by themselves."),
        ending=_("The rows in which somebody is named are erased at once; the file itself within 90 days."),
        read=_rows,
        erase=_erase_rows,
    ),
)
