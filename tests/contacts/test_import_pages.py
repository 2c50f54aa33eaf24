"""The pages on which a list of contacts comes in, from the upload to the undoing."""

from __future__ import annotations

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from fundraising.accounts.models import AuditEntry
from fundraising.accounts.rules import Role
from fundraising.contacts.models import Affiliation, Contact, ContactPhone
from fundraising.db import session
from fundraising.imports.views import acting
from fundraising.resources import resource
from tests.factories.sheets import CHURCHES, delimited, work, workbook

LIST = "/desk/importeren"


@pytest.fixture
def staff(staff_pages):
    return staff_pages(Role.RELATIONS, language="en")


def upload(staff, contents, name="lijst.csv"):
    """Upload a file and let the worker look at it; the page that follows."""
    form = staff.get(LIST).form("/importeren")
    answer = staff.client.post(
        form.action,
        data={"csrf_token": form.values()["csrf_token"][0], "bestand": (io.BytesIO(contents), name)},
    )
    assert answer.status_code == 303
    work()
    return staff.get(answer.location, follow=True)


def checked(staff, contents, name="lijst.csv", **answers):
    """Choose the columns as they are proposed, and let the worker check the rows."""
    columns = upload(staff, contents, name)
    page = staff.submit(columns.form("/kolommen"), {"keuze-kind": "church"} | answers)
    assert "Being checked" in page.text
    work()
    return staff.get(page.address.split("?")[0])


def test_a_sample_comes_in_and_goes_out_again(app_context, staff):
    contents = (resource("samples") / "kerken-en-scholen.xlsx").read_bytes()
    given = {"keuze-consent_source": "relatiedag maart 2026"}
    page = checked(staff, contents, "kerken-en-scholen.xlsx", **given)
    assert "Waiting for approval" in page.text
    wrong = staff.submit(page.form("/aanvaarden"), {"aantal": "12"}, status=422)
    assert "not the one that you expected" in wrong.text
    page = staff.submit(wrong.form("/aanvaarden"), {"aantal": "13"})
    assert "Being brought in" in page.text
    work()
    page = staff.get(page.address)
    assert "Brought in" in page.text
    assert len(session().scalars(select(Contact)).all()) == 22
    asked = staff.get(page.link("Undo this import"))
    staff.submit(asked.form("/terugdraaien"))
    work()
    assert "Undone" in staff.get(page.address).text
    assert session().scalars(select(Contact)).all() == []
    actions = session().scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "import")).all()
    assert actions == [f"import.{deed}" for deed in ("uploaded", "accepted", "brought_in", "undo_asked", "undone")]


def test_refused_rows_can_be_taken_along_without_becoming_formulas(app_context, staff):
    table = [*CHURCHES, [*CHURCHES[1][:6], "=cmd|'/c calc'!A1", *CHURCHES[1][7:]]]
    page = checked(staff, delimited(table))
    assert "is not a complete e-mail address" in page.text
    with staff.client.get(page.link("Excel")) as taken:
        [headers, row] = list(load_workbook(io.BytesIO(taken.data)).active.iter_rows())
    assert [cell.value for cell in headers][:3] == ["Line", "Reason", "Kerk"]
    assert (row[8].data_type, row[8].value) == ("s", "=cmd|'/c calc'!A1")
    assert ";'=cmd|" in staff.client.get(page.link("CSV")).text
    assert "import.refused_rows_taken" in session().scalars(select(AuditEntry.action)).all()
    refused = staff.submit(page.form("/aanvaarden"), {"aantal": "4"}, status=422)
    assert "Rows with an error: 1" in refused.text
    staff.submit(refused.form("/aanvaarden"), {"aantal": "4", "zonder-fouten": "1"})
    work()
    assert "Brought in" in staff.get(page.address).text


@pytest.mark.parametrize("shape", ["csv", "xlsx"])
def test_refused_rows_that_were_mended_come_in_with_the_columns_as_they_were_chosen(app_context, staff, shape):
    table = [["A", "B", "C", "D"], ["Dorpskerk", "Ede", 42005, "+31612345678"], ["Sionskerk", "Urk", "soon", 612345678]]
    meant = {"kolom-0": "name", "kolom-1": "whole_name", "kolom-2": "role_from", "kolom-3": "person_phone"}
    page = checked(staff, workbook(table), "lijst.xlsx", **meant)
    assert "“soon” is not a date" in page.text
    with staff.client.get(f"{page.address}/geweigerd.{shape}") as taken:
        mended = taken.data.replace(b"soon", b"1-1-2015") if shape == "csv" else with_cell(taken.data, "E2", "42005")
    again = checked(staff, mended, f"verbeterd.{shape}")
    assert "Waiting for approval" in again.text
    staff.submit(again.form("/aanvaarden"), {"aantal": "1"})
    work()
    assert "Brought in" in staff.get(again.address).text
    began = session().scalars(select(Affiliation.valid_from)).all()
    phones = session().scalars(select(ContactPhone.number)).all()
    assert (began, phones) == ([date(2015, 1, 1)], ["+31612345678"])


def with_cell(contents, place, value):
    book = load_workbook(io.BytesIO(contents))
    book.active[place] = value
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def test_a_file_that_is_no_spreadsheet_is_refused_in_words(app_context, staff):
    page = upload(staff, b"%PDF-1.7 not a sheet", "lijst.xlsx")
    assert "This is not a spreadsheet" in page.text
    assert "Nothing was changed" in page.text
    staff.submit(page.form("/weggooien"))


def test_columns_that_cannot_be_used_are_said_to_be(app_context, staff):
    columns = upload(staff, delimited(CHURCHES))
    page = staff.submit(columns.form("/kolommen"), {"kolom-1": "name"}, status=422)
    assert "Two columns cannot both be" in page.text
    nobody = {f"kolom-{index}": "" for index in range(len(CHURCHES[0]))}
    assert "One column has to be the name" in staff.submit(page.form("/kolommen"), nobody, status=422).text


def test_the_meaning_of_columns_is_remembered_for_the_next_file_of_that_shape(app_context, staff):
    columns = upload(staff, delimited(CHURCHES))
    staff.submit(columns.form("/kolommen"), {"kolom-12": "", "keuze-kind": "diaconie"})
    work()
    again = upload(staff, delimited(CHURCHES[:2])).form("/kolommen").values()
    assert "kolom-12" not in again or again["kolom-12"] == [""]
    assert again["keuze-kind"] == ["diaconie"]


@pytest.mark.parametrize(("typed", "count"), [("50.000", 50_000), (" 50 000 ", 50_000), ("vijf", -1), ("", -1)])
def test_a_number_of_rows_may_be_typed_as_pages_show_it(typed, count):
    assert acting._count(typed) == count


def test_markup_in_a_cell_is_shown_and_never_obeyed(app_context, staff):
    table = [["Kerk", "Plaats", "E-mail"], ["<script>alert(1)</script>", "Ede", "a@example.nl"]]
    page = checked(staff, delimited(table))
    assert "does not look like a name" in page.text
    assert page.all("script", src="") == []


@pytest.mark.parametrize("role", [Role.FINANCE, Role.ADMINISTRATOR, Role.AUDITOR])
def test_others_may_not(staff_pages, role):
    assert staff_pages(role).client.get(LIST).status_code == 403


def test_what_is_not_there_is_not_found(staff):
    for address in (f"{LIST}/99", f"{LIST}/99/kolommen", f"{LIST}/voorbeeld/../config.py", f"{LIST}/voorbeeld/x.csv"):
        assert staff.client.get(address).status_code == 404
