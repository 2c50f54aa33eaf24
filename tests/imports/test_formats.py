"""Reading spreadsheets: whatever a program or a person makes of one, it is read right or refused with a reason."""

from __future__ import annotations

import contextlib
import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundraising.imports.formats import open_sheet
from fundraising.imports.formats.line import FORMULAS, MAC_ENCODING, MIXED_ENCODING, OTHER_SHEETS
from fundraising.imports.rules import Columns, Meaning, SheetFault, UnreadableSheet, header_row, named, proposals
from tests.factories.sheets import delimited, workbook

TABLE = [["Naam", "Plaats", "E-mail"], ["Café Zoë", "Ede", "a@example.nl"], ["Bäcker; en zoon", 'De "Ark"', "b@x.nl"]]
_WHOLE = workbook(TABLE)


def read(contents):
    with open_sheet(io.BytesIO(contents)) as sheet:
        lines = [(line.number, list(line.cells)) for line in sheet.lines()]
        return lines, dict(+sheet.notes)


def fault(contents):
    with pytest.raises(UnreadableSheet) as refused, open_sheet(io.BytesIO(contents)) as sheet:
        list(sheet.lines())
    return refused.value.fault, refused.value.line


class TestText:
    @pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
    def test_any_delimiter_and_encoding(self, delimiter, encoding):
        lines, _ = read(delimited(TABLE, delimiter=delimiter, encoding=encoding))
        assert [cells for _, cells in lines] == TABLE

    def test_what_excel_says_of_the_delimiter_counts(self):
        lines, _ = read(b"sep=,\r\nNaam,Plaats\r\nA;B,Ede\r\n")
        assert lines == [(2, ["Naam", "Plaats"]), (3, ["A;B", "Ede"])]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_lines_end_as_they_do_anywhere(self, end):
        assert read(end.join(["Naam;Plaats", "", "A;Ede", ""]).encode())[0] == [
            (1, ["Naam", "Plaats"]),
            (3, ["A", "Ede"]),
        ]

    def test_a_cell_may_hold_lines(self):
        assert read(b'Naam;Adres\nA;"Straat 1\nEde"\nB;x\n')[0][1:] == [(2, ["A", "Straat 1\nEde"]), (4, ["B", "x"])]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_what_ends_a_line_in_some_alphabets_ends_no_row(self, encoding):
        lines, _ = read("Naam;Plaats\r\nDorps\u2028kerk\x0b;Ede\r\n".encode(encoding))
        assert lines == [(1, ["Naam", "Plaats"]), (2, ["Dorps\u2028kerk", "Ede"])]

    def test_files_that_were_pasted_together_are_read_line_by_line(self):
        lines, notes = read("Naam;Plaats\nZoë;Ede\n".encode() + "Renée;Urk\n".encode("cp1252"))
        assert [cells[0] for _, cells in lines] == ["Naam", "Zoë", "Renée"]
        assert notes == {MIXED_ENCODING: 1}

    def test_a_file_of_an_older_mac_is_read_as_such_and_says_so(self):
        rows = "Naam;Plaats\nZoë Brontë;Ede\nRené’s zo’n café;België\nJürgen Schröder;Goor\n"
        lines, notes = read(rows.encode("mac_roman"))
        assert [cells[0] for _, cells in lines[1:]] == ["Zoë Brontë", "René’s zo’n café", "Jürgen Schröder"]
        assert notes == {MAC_ENCODING: 3}

    @pytest.mark.parametrize("name", ["Zoë", "Tomaš Renée", "zo’n ‘huis’ – ‹Œuvre›", "Van ’t Hoff… € 5", "België"])
    def test_what_windows_wrote_is_not_taken_for_a_mac(self, name):
        lines, notes = read(f"Naam;Plaats\n{name};Ede\n".encode("cp1252"))
        assert lines[1][1][0] == name
        assert not notes

    def test_one_column_is_a_table_too(self):
        assert [cells for _, cells in read(b"Naam\nA\nB\n")[0]] == [["Naam"], ["A"], ["B"]]

    @pytest.mark.parametrize(
        ("contents", "expected"),
        [
            (b"", (SheetFault.EMPTY, 0)),
            (b"%PDF-1.7\n", (SheetFault.NOT_A_SHEET, 0)),
            (b"\x89PNG\r\n\x1a\n", (SheetFault.NOT_A_SHEET, 0)),
            (b"Naam;Plaats\nA\0B;x\n", (SheetFault.NOT_A_SHEET, 2)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", (SheetFault.OLD_EXCEL, 0)),
            (b'Naam;Plaats\n"A;Ede\n', (SheetFault.BROKEN_LINE, 2)),
            (b'Naam;Plaats\n"A"b;Ede\n', (SheetFault.BROKEN_LINE, 2)),
            (b"Naam;Plaats\n" + b"x" * 30_000 + b";Ede\n", (SheetFault.LONG_CELL, 2)),
            (b";".join([b"k"] * 300), (SheetFault.TOO_MANY_COLUMNS, 1)),
            (b"Naam;Plaats\n\x81\x8d;Ede\n", (SheetFault.UNKNOWN_SIGNS, 2)),
            (b"PK\x03\x04 not a zip", (SheetFault.DAMAGED, 0)),
        ],
    )
    def test_what_cannot_be_read_is_refused_with_the_place(self, contents, expected):
        assert fault(contents) == expected


class TestWorkbooks:
    def test_text_numbers_and_dates_are_told_apart(self):
        table = [["Naam", "Leden", "Bedrag", "Datum"], ["00123", 420, 12.35, date(2023, 3, 14)]]
        assert read(workbook(table))[0][1] == (2, ["00123", Decimal(420), Decimal("12.35"), date(2023, 3, 14)])

    def test_empty_rows_are_left_out_and_lines_keep_their_numbers(self):
        assert [number for number, _ in read(workbook([["Naam"], [], ["A"], ["", ""], ["B"]]))[0]] == [1, 3, 5]

    def test_of_a_formula_the_stored_value_counts_and_it_is_said(self):
        lines, notes = read(_with_cell('<c r="A2"><f>HYPERLINK("http://x")</f><v>7</v></c>'))
        assert lines[1] == (2, [Decimal(7)])
        assert notes == {FORMULAS: 1}

    @pytest.mark.parametrize("cell", ['<c r="A2"><f>1+1</f></c>', '<c r="A2" t="e"><v>#N/A</v></c>'])
    def test_a_formula_without_a_value_and_an_error_are_broken_cells(self, cell):
        with open_sheet(io.BytesIO(_with_cell(cell))) as sheet:
            assert [line.broken for line in sheet.lines()] == [frozenset(), frozenset({0})]

    def test_the_first_sheet_with_something_in_it_counts(self):
        import xlsxwriter

        held = io.BytesIO()
        book = xlsxwriter.Workbook(held, {"in_memory": True})
        book.add_worksheet("leeg")
        for name in ("een", "twee"):
            book.add_worksheet(name).write_string(0, 0, name)
        book.close()
        assert read(held.getvalue()) == ([(1, ["een"])], {OTHER_SHEETS: 1})

    def test_a_row_said_to_stand_far_below_is_not_made_up_in_between(self):
        assert [number for number, _ in read(_with_cell('</row><row r="1048576"><c r="A1048576"><v>1</v></c>'))[0]] == [
            1,
            1048576,
        ]

    def test_a_bomb_is_refused_before_it_is_unpacked(self):
        assert fault(_zip({"xl/workbook.xml": b"<x/>", "xl/media.bin": b"\0" * 60_000_000})) == (SheetFault.INFLATES, 0)

    def test_a_list_of_parts_that_lies_ends_in_a_damaged_file(self):
        honest = workbook(TABLE)
        size = zipfile.ZipFile(io.BytesIO(honest)).getinfo("xl/worksheets/sheet1.xml").file_size
        lying = honest.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))
        assert lying != honest
        assert fault(lying)[0] is SheetFault.DAMAGED

    def test_entities_are_not_expanded_without_end(self):
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12)
        )
        root = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        cell = '<sheetData><row r="1"><c r="A1" t="str"><v>&m;</v></c></row></sheetData></worksheet>'
        part = f"{bomb}]>{root}{cell}"
        assert fault(_replaced("xl/worksheets/sheet1.xml", part.encode()))[0] is SheetFault.DAMAGED

    @given(place=st.floats(0, 1, exclude_max=True), sign=st.integers(0, 255), gone=st.integers(0, 40))
    def test_that_was_damaged_on_its_way_is_read_or_refused_and_nothing_else(self, place, sign, gone):
        contents = bytearray(_WHOLE)
        at = int(place * len(contents))
        contents[at : at + gone + 1] = bytes([sign])
        with contextlib.suppress(UnreadableSheet), open_sheet(io.BytesIO(bytes(contents))) as sheet:
            assert all(line.number for line in sheet.lines())

    @pytest.mark.parametrize(
        ("part", "written", "instead"),
        [
            ("xl/workbook.xml", b"UTF-8", b"UTF-A"),
            ("[Content_Types].xml", b"sheet.main+xml", b"sheet.mail+xml"),
        ],
        ids=["an encoding that there is not", "no workbook in it"],
    )
    def test_whose_parts_are_not_what_they_say_is_refused(self, part, written, instead):
        with zipfile.ZipFile(io.BytesIO(_WHOLE)) as archive:
            parts = {each: archive.read(each) for each in archive.namelist()}
        parts[part] = parts[part].replace(written, instead)
        assert fault(_zip(parts))[0] is SheetFault.DAMAGED

    @pytest.mark.parametrize(
        ("parts", "expected"),
        [
            ({"content.xml": b"<x/>"}, SheetFault.OPEN_DOCUMENT),
            ({"readme.txt": b"hello"}, SheetFault.NOT_A_SHEET),
            ({"xl/workbook.xml": b"<x/>"}, SheetFault.DAMAGED),
            ({"xl/workbook.xml": b"not xml", "[Content_Types].xml": b"<"}, SheetFault.DAMAGED),
        ],
    )
    def test_a_zip_that_is_no_workbook(self, parts, expected):
        assert fault(_zip(parts))[0] is expected

    def test_more_columns_than_a_list_has(self):
        assert fault(workbook([["x"] * 300])) == (SheetFault.TOO_MANY_COLUMNS, 1)


@given(st.binary(max_size=400))
def test_no_file_raises_anything_else(contents):
    for head in (b"", b"PK\x03\x04", b"Naam;Plaats\n"):
        try:
            with open_sheet(io.BytesIO(head + contents)) as sheet:
                for _ in sheet.lines():
                    pass
        except UnreadableSheet:
            pass


class TestColumns:
    MEANINGS = (
        Meaning("name", ("naam", "name")),
        Meaning("email", ("e-mail",), __import__("re").compile(r"\S+@\S+")),
        Meaning("person_email", ("e-mail contactpersoon",)),
    )

    def test_headers_get_names_of_their_own(self):
        assert named(["E-mail", "e-mail", "", "E-mail"]) == ("E-mail", "e-mail (2)", "#3", "E-mail (3)")

    def test_a_title_above_the_table_is_no_header(self):
        assert header_row([["Lijst 2026"], ["Naam", "E-mail"], ["A", "a@b.nl"]], self.MEANINGS) == 1

    def test_nor_is_it_where_no_header_is_known(self):
        table = [["Overzicht", "2026"], [], ["Str.", "Nr", "Pc", "Wie", "Wat"], ["Dorp", "1", "", "A", ""]]
        assert header_row(table, self.MEANINGS) == 2
        assert header_row([["Wie"], ["A"]], self.MEANINGS) == 0

    def test_columns_are_known_by_header_or_content(self):
        told = Columns(("Naam", "Contact", "E-mail contactpersoon"), (("A",), ("a@b.nl",), ("b@c.nl",)))
        assert proposals(told, self.MEANINGS) == {0: "name", 1: "email", 2: "person_email"}


def _with_cell(cell):
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1"><c r="A1" t="str"><v>Naam</v></c></row><row r="2">{cell}</row></sheetData></worksheet>'
    )
    return _replaced("xl/worksheets/sheet1.xml", sheet.encode())


def _replaced(name, contents):
    with zipfile.ZipFile(io.BytesIO(workbook(TABLE))) as book:
        return _zip({each: contents if each == name else book.read(each) for each in book.namelist()})


def _zip(parts):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in parts.items():
            archive.writestr(name, contents)
    return held.getvalue()
