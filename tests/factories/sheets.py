"""Spreadsheets, and imports of them up to where a person has to look."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import xlsxwriter

from fundraising.db import session, transaction
from fundraising.documents import store
from fundraising.imports.jobs import work_on
from fundraising.imports.queries import RunView, at_work, remembered, run
from fundraising.imports.rules import Columns, proposals
from fundraising.imports.services import choose_columns, kind_named, upload
from fundraising.imports.services.reading import AREA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Table = Iterable[Sequence[Any]]

_HEADERS = "Kerk;Kerkgenootschap;Plaats;Postcode;Huisnummer;Straat;E-mail;Voorletters;Tussenvoegsel;Achternaam"
_SION = "Sionskerk;CGK;Urk;8321 BB;12;Wijk 3;sion@example.nl;P.;de;Boer;predikant;p.deboer@example.nl"
_DORP = "Dorpskerk;PKN;Ede;6711 AA;1;Kerkplein;info@dorpskerk.example"
CHURCHES = [
    line.split(";")
    for line in (
        f"{_HEADERS};Functie;E-mail contactpersoon;Leden;RSIN",
        f"{_DORP};J.;van der;Berg;scriba;j.vanderberg@example.nl;420;",
        f"{_DORP};M.;;Jansen;penningmeester;m.jansen@example.nl;420;",
        f"{_SION};1.200;123456782",
    )
]


def delimited(table: Table, *, delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    """A table as text."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(table)
    return text.getvalue().encode(encoding)


def workbook(table: Table, *, sheet: str = "Blad1") -> bytes:
    """A table as an Excel workbook."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True, "default_date_format": "dd-mm-yyyy"})
    page = book.add_worksheet(sheet)
    for number, row in enumerate(table):
        page.write_row(number, 0, row)
    book.close()
    return held.getvalue()


def uploaded(kind: str, contents: bytes, filename: str = "lijst.csv") -> int:
    """An import whose file is stored, and no more."""
    stored = store(io.BytesIO(contents), area=AREA, most=1 << 30)
    with transaction():
        return upload(kind, filename, stored)


def looked_at(kind: str, contents: bytes, filename: str = "lijst.csv") -> int:
    """An import whose columns are known, or that is refused."""
    run_id = uploaded(kind, contents, filename)
    work()
    return run_id


def checked(
    kind: str,
    contents: bytes,
    *,
    choices: Mapping[str, str] | None = None,
    mapping: Mapping[int, str] | None = None,
) -> RunView:
    """An import that was checked, with the columns that are proposed or those that are given."""
    run_id = looked_at(kind, contents)
    meant = mapping or proposed(run_id)
    with transaction():
        choose_columns(run_id, meant, choices or {"kind": "church"})
    work()
    return run(run_id)


def proposed(run_id: int) -> Mapping[int, str]:
    """What the columns of an import that was looked at probably mean, or meant the last time."""
    found = run(run_id)
    known = remembered(found.kind, found.shape)
    columns = Columns(found.headers, found.samples)
    return known.mapping if known else proposals(columns, kind_named(found.kind).meanings)


def work() -> None:
    """Do all that there is to do."""
    while waiting := at_work():
        session().rollback()
        for run_id, state in waiting:
            work_on(run_id, state)
    session().rollback()
