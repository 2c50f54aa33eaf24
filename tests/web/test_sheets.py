"""Tables that people take along: what is typed never becomes a formula, and memory does not grow."""

import csv
import io
import tracemalloc
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundraising.money import Euro
from fundraising.web import sheets
from fundraising.web.sheets import Column, Sheet, SheetFormat, as_download, csv_lines, harmless, write_xlsx

COLUMNS = [
    Column("Naam"),
    Column("Bedrag", Euro),
    Column("Datum", date),
    Column("Om", datetime),
    Column("Leden", int),
]
ROW = ["Bruning", Euro(-130050), date(2026, 11, 22), datetime(2026, 7, 1, 22, 30, tzinfo=UTC), 412]
EVIL = ["=1+1", "+31612345678", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "＝1", "|calc", "%x"]


def as_csv(sheet):
    text = b"".join(csv_lines(sheet)).decode("utf-8-sig")
    csv.field_size_limit(1_000_000)  # the process has one limit, and imports set theirs
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def as_workbook(sheet):
    file = io.BytesIO()
    count = write_xlsx(sheet, file)
    return count, openpyxl.load_workbook(file)


def test_csv_opens_in_a_dutch_spreadsheet_program():
    written = b"".join(csv_lines(Sheet("Giften", COLUMNS, [ROW])))
    assert written.startswith(b"\xef\xbb\xbfNaam;Bedrag;Datum;Om;Leden\r\n")
    assert written.endswith(b"Bruning;-1300,50;22-11-2026;02-07-2026 00:30;412\r\n")


def test_a_spreadsheet_has_real_numbers_and_dates():
    count, book = as_workbook(Sheet("Giften", COLUMNS, [ROW, [None] * 5]))
    page = book["Giften"]
    assert count == 2
    assert [cell.value for cell in page[1]] == [column.label for column in COLUMNS]
    assert [cell.value for cell in page[2]] == [
        "Bruning",
        -1300.5,
        # As a spreadsheet has them: without a zone.
        datetime.fromisoformat("2026-11-22"),
        datetime.fromisoformat("2026-07-02 00:30"),
        412,
    ]
    assert page["B2"].number_format == "#,##0.00"
    assert [cell.value for cell in page[3]] == [None] * 5


def test_a_table_without_rows_has_its_heads():
    _, book = as_workbook(Sheet("Giften", COLUMNS, []))
    assert [cell.value for cell in book["Giften"][1]] == [column.label for column in COLUMNS]
    assert as_csv(Sheet("Giften", COLUMNS, [])) == [[column.label for column in COLUMNS]]


@pytest.mark.parametrize("text", EVIL)
def test_no_text_is_a_formula(text):
    sheet = Sheet("Alles", [Column(text)], [[text]])
    assert [row[0] for row in as_csv(sheet)] == [f"'{text}"] * 2
    _, book = as_workbook(sheet)
    cells = [row[0] for row in book.active.iter_rows()]
    # openpyxl reads a formula as type f.
    assert [cell.data_type for cell in cells] == ["s", "s"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_whatever_is_typed_is_kept(text):
    assert harmless(text).removeprefix("'") == text or text.startswith("'")
    if "\x00" not in text:
        assert as_csv(Sheet("Alles", [Column("x"), Column("y")], [["-", text]]))[1][1] == harmless(text)


def test_a_text_too_long_for_a_cell_is_cut_in_a_spreadsheet_only():
    long = "a" * (sheets.LONGEST_TEXT + 9)
    _, book = as_workbook(Sheet("Alles", [Column("x")], [[long]]))
    assert len(book.active["A2"].value) == sheets.LONGEST_TEXT
    assert as_csv(Sheet("Alles", [Column("x")], [[long]]))[1] == [long]


def test_what_does_not_fit_on_a_sheet_begins_another(monkeypatch):
    monkeypatch.setattr(sheets, "ROWS_ON_A_SHEET", 2)
    count, book = as_workbook(Sheet("A very long name [of] a sheet: with signs", [Column("x")], [["a"]] * 5))
    assert count == 5
    assert [page.max_row for page in book] == [3, 3, 2]
    assert all(len(name) <= 31 for name in book.sheetnames)


@pytest.mark.parametrize("shape", SheetFormat)
@pytest.mark.sqlite_only
def test_a_download_says_what_it_is(app, shape):
    with app.test_request_context():
        answer = as_download(Sheet("Giften 2026", COLUMNS, [ROW]), shape)
        assert f"giften-2026.{shape}" in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        answer.direct_passthrough = False
        assert len(answer.get_data()) > 50
        answer.close()


@pytest.mark.sqlite_only
def test_a_file_that_breaks_off_says_so_in_its_last_line(app):
    def rows():
        yield from [ROW] * 300
        raise OSError("the disk is gone")

    taken = []
    with app.test_request_context(), pytest.raises(OSError, match="gone"):
        taken.extend(as_download(Sheet("Giften", COLUMNS, rows()), SheetFormat.CSV).response)
    text = b"".join(taken).decode("utf-8-sig")
    assert text.count("Bruning") == 200
    assert "niet volledig" in text.splitlines()[-1]


@pytest.mark.parametrize("shape", SheetFormat)
def test_memory_does_not_grow_with_the_rows(tmp_path, shape):
    def rows(count):
        return ([f"Naam {number}", Euro(number), None, None, number] for number in range(count))

    def peak(count):
        tracemalloc.start()
        if shape is SheetFormat.CSV:
            for _ in csv_lines(Sheet("Groot", COLUMNS, rows(count))):
                pass
        else:
            with (tmp_path / f"{count}.xlsx").open("w+b") as file:
                write_xlsx(Sheet("Groot", COLUMNS, rows(count)), file)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(100)  # what is imported at the first use
    assert peak(6_000) < peak(1_000) + 400_000
