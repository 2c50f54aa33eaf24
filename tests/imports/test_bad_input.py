"""Whatever stands in a file, its page answers in plain Dutch, at the place, and nothing is changed."""

from __future__ import annotations

import io
import zipfile
from itertools import count

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from fundraising.accounts.rules import Role
from fundraising.contacts.models import Contact
from fundraising.contacts.services.imports import undoing
from fundraising.db import db, session, transaction
from fundraising.gifts.models import GiftEntry
from fundraising.gifts.rules.history import HISTORY
from fundraising.gifts.services import record_gift
from fundraising.imports.formats.line import FORMULAS
from fundraising.imports.queries import run
from fundraising.imports.rules import ImportState, NotNow, Outcome, RefusedRows, WrongCount
from fundraising.imports.services import ask_to_undo, reading
from tests.contacts.test_imports import bring_in
from tests.factories.contacts import person
from tests.factories.gifts import booking
from tests.factories.sheets import CHURCHES, checked, delimited, work

# What an import itself keeps, and who did what: these say that there was an import, also where it was taken back.
OF_IMPORTS = {"import_run", "import_row", "import_mapping", "contact_import_piece", "contact_import_key"}
OF_THE_HOUSE = {"audit_entry", "audit_content", "audit_seal", "job_state", "staff_user", "user_role", "sign_in_attempt"}
# Words that nobody bears any more find nobody, and go by night.
OF_SEARCHING = {"search_part", "search_key"}
# Count changes, and go on counting when one is taken back.
COUNTERS = {"version", "changed_at"}
HEADS = ["Kerk", "Plaats", "Achternaam", "Functie", "E-mail contactpersoon"]
GIFT_HEADS = ["Datum", "Bedrag", "Doel", "E-mail"]
SCRIPT = '<script>alert("x")</script>'


def everything():
    """Every row of every table of the database but those."""
    session().rollback()
    tables = [
        table for table in db.metadata.sorted_tables if table.name not in OF_IMPORTS | OF_THE_HOUSE | OF_SEARCHING
    ]
    return {
        table.name: [
            tuple(value for name, value in row._mapping.items() if name not in COUNTERS)
            for row in session().execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in tables
    }


@pytest.fixture
def marianne(app_context, staff_pages):
    return staff_pages(Role.RELATIONS, language="nl")


def uploaded(staff, contents, name="lijst.csv", path="/desk/importeren"):
    """The page on which a file is answered, and its address."""
    form = staff.get(path).form(path)
    token = form.values()["csrf_token"][0]
    answer = staff.client.post(form.action, data={"csrf_token": token, "bestand": (io.BytesIO(contents), name)})
    work()
    return staff.get(answer.location, follow=True), answer.location


def looked(staff, *lines, heads=HEADS):
    """The page of a list that was checked with the columns that were proposed."""
    page, address = uploaded(staff, delimited([heads, *lines]))
    staff.submit(page.form("/kolommen"), {"keuze-kind": "church"})
    work()
    return staff.get(address)


def zipped(parts):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in parts.items():
            archive.writestr(name, contents)
    return held.getvalue()


class TestAFile:
    def test_that_is_no_list_is_refused_with_the_reason(self, marianne):
        before = everything()
        for contents, told in (
            (b"", "Er staat niets in dit bestand"),
            (b"Kerk;Plaats\n", "maar geen regels eronder"),
            (b"%PDF-1.7 kerken", "Dit is geen spreadsheet"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1oud", "oude soort (.xls)"),
            (zipped({"xl/workbook.xml": b"<x/>", "xl/b.bin": b"\0" * 60_000_000}), "veel te groot"),
            (zipped({"content.xml": b"<x/>"}), "OpenDocument"),
            (zipped({"xl/workbook.xml": b"<x/>"}), "beschadigd"),
            (b'Kerk;Plaats\n"A;Ede\n', "Zie regel 2"),
            (b"Kerk;Plaats\n\x81\x8d;Ede\n", "Zie regel 2"),
            (b"Kerk;Plaats\n" + b"x" * 30_000 + b";Ede\n", "meer dan 20.000 tekens"),
        ):
            page, _ = uploaded(marianne, contents, "lijst.xlsx")
            assert told in page.text
            assert "Er is niets gewijzigd" in page.text
            assert everything() == before

    def test_of_two_hundred_thousand_rows_is_read_and_one_more_is_refused(self, app_context, monkeypatch):
        monkeypatch.setattr(reading, "MOST_ROWS", 20)
        lines = [[f"Kerk {number}", "Ede", "", "", ""] for number in range(20)]
        assert checked("contacts", delimited([HEADS, *lines])).row_count == 20
        before = everything()
        found = checked("contacts", delimited([HEADS, *lines, ["Een te veel", "Ede", "", "", ""]]))
        assert (found.state, found.problem["code"]) == (ImportState.REFUSED, "too_many_rows")
        assert everything() == before

    def test_the_bounds_are_those_that_the_page_tells(self, marianne):
        assert reading.MOST_ROWS == 200_000
        assert "200.000 regels" in marianne.get("/desk/importeren").text

    def test_with_two_encodings_and_headers_that_stand_twice_is_read_and_told(self, marianne):
        mixed = "Kerk;E-mail;E-mail;Plaats\nBethël;a@x.nl;b@x.nl;Ede\n".encode() + "Zoë;;;Urk\n".encode("cp1252")
        page, address = uploaded(marianne, mixed)
        assert "E-mail (2)" in page.text
        marianne.submit(page.form("/kolommen"))
        work()
        assert "met een andere codering" in marianne.get(address).text

    def test_with_formulas_counts_their_values_and_never_brings_a_formula_along(self, app_context):
        held = io.BytesIO()
        book = xlsxwriter.Workbook(held, {"in_memory": True})
        page = book.add_worksheet()
        page.write_row(0, 0, HEADS)
        page.write_row(1, 0, ["Dorpskerk", "Ede"])
        page.write_formula(1, 2, '=HYPERLINK("http://x";"y")', value="Smit")
        book.close()
        found = bring_in(checked("contacts", held.getvalue()))
        assert found.notes == {FORMULAS: 1}
        assert session().scalars(select(Contact.surname).order_by(Contact.id)).all() == ["", "Smit"]


class TestACell:
    def test_with_script_in_it_is_shown_as_text(self, marianne):
        before = everything()
        for column in range(len(HEADS)):
            line = ["Dorpskerk", "Ede", "Smit", "scriba", "s@example.nl"]
            line[column] = SCRIPT
            page = looked(marianne, line)
            assert SCRIPT not in page.response.text
            # A town, which may be called anything, is kept and not shown here.
            assert "&lt;script&gt;" in page.response.text or column == HEADS.index("Plaats")
            assert everything() == before

    def test_with_ten_thousand_letters_is_told_at_its_row(self, marianne):
        before = everything()
        for column in (0, 2):
            line = ["Dorpskerk", "Ede", "Smit", "scriba", ""]
            line[column] = "Ab" * 5_000
            page = looked(marianne, line)
            assert "te lang" in page.text
            assert len(page.response.text) < 60_000
            assert everything() == before

    def test_in_another_direction_or_with_loose_accents_is_kept(self, app_context):
        bring_in(
            checked("contacts", delimited([HEADS, ["Kerk Noe\u0308l", "Ede", "\u05d3\u05d5\u05d3\u202e", "", ""]]))
        )
        contacts = session().execute(select(Contact.organisation_name, Contact.surname).order_by(Contact.id)).all()
        assert contacts == [("Kerk Noël", ""), ("", "\u05d3\u05d5\u05d3")]

    def test_of_a_gift_that_cannot_be_leaves_the_whole_file_out(self, app_context, staff_pages):
        app_context.test_cli_runner().invoke(args=["programmes", "load"])
        finance = staff_pages(Role.FINANCE, language="nl")
        lines = [
            ["31-02-2023", "10,00", "herstelwerk", ""],
            ["14-03-2023", SCRIPT, "herstelwerk", ""],
            ["14-03-2023", "=10+10", "herstelwerk", ""],
            ["14-03-2023", "12,50", "herstelwerk", ""],
        ]
        before = everything()
        page, address = uploaded(finance, delimited([GIFT_HEADS, *lines]), path="/desk/giften/importeren")
        finance.submit(page.form("/kolommen"))
        work()
        page = finance.get(address)
        assert "31-02-2023" in page.text
        assert SCRIPT not in page.response.text
        assert "Regels met een fout: 3" in page.text
        with pytest.raises(RefusedRows):
            bring_in(run(int(address.rsplit("/", 1)[1])), expected_totals={"2023": 1250})
        assert everything() == before


class TestTwoAtOnce:
    def test_who_judge_one_import_bring_it_in_once_and_the_second_is_told(self, marianne, staff_pages):
        first = looked(marianne, ["Dorpskerk", "Ede", "Smit", "scriba", ""])
        kees = staff_pages(Role.RELATIONS, language="nl", name="Kees Bakker")
        address = first.form("/aanvaarden").action.removesuffix("/aanvaarden")
        seen_by_kees = kees.get(address)
        marianne.submit(first.form("/aanvaarden"), {"aantal": "1"})
        work()
        told = kees.submit(seen_by_kees.form("/aanvaarden"), {"aantal": "1"}, follow=True)
        assert "Dat kan nu niet" in told.text
        thrown = kees.submit(seen_by_kees.form("/weggooien"), follow=True)
        assert "Dat kan nu niet" in thrown.text
        assert session().scalar(select(func.count()).select_from(Contact)) == 2

    def test_who_accepts_what_another_had_checked_anew_is_shown_that_first(self, marianne, staff_pages):
        page = looked(marianne, ["Dorpskerk", "Ede", "Smit", "scriba", ""])
        address = page.form("/aanvaarden").action.removesuffix("/aanvaarden")
        kees = staff_pages(Role.RELATIONS, language="nl", name="Kees Bakker")
        kees.submit(kees.get(f"{address}/kolommen").form("/kolommen"), {"kolom-2": "", "kolom-3": ""})
        work()
        told = marianne.submit(page.form("/aanvaarden"), {"aantal": "1"}, status=422)
        assert "intussen opnieuw gecontroleerd" in told.text
        assert session().scalar(select(func.count()).select_from(Contact)) == 0
        marianne.submit(told.form("/aanvaarden"), {"aantal": "1"})
        work()
        assert session().scalar(select(func.count()).select_from(Contact)) == 1

    def test_undoing_twice_and_after_something_was_built_upon_it(self, app_context):
        before = everything()
        found = bring_in(checked("contacts", delimited(CHURCHES)))
        giver = session().scalars(select(Contact.id)).first()
        with transaction():
            record_gift(booking(contact_id=giver))
        standing = everything()
        with transaction():
            ask_to_undo(found.run_id)
        with pytest.raises(NotNow), transaction():
            ask_to_undo(found.run_id)
        work()
        assert run(found.run_id).problem["reasons"] == [["built_upon", "gift_entry", f"1: {giver}"]]
        assert everything() == standing
        second = bring_in(checked("contacts", delimited([HEADS, ["Bethelkerk", "Urk", "Bos", "scriba", ""]])))
        for _ in range(2):
            if run(second.run_id).state is ImportState.ACCEPTED:
                with transaction():
                    ask_to_undo(second.run_id)
            work()
        with pytest.raises(NotNow), transaction():
            ask_to_undo(second.run_id)
        assert everything() == standing != before


NAMES = st.sampled_from(["Dorpskerk", "Sionskerk", "dorpskerk", "Diaconie Dorpskerk", ""])
LINE = st.tuples(
    st.sampled_from(["Kerk", "Diaconie", ""]),
    NAMES,
    st.sampled_from(["Ede", "Urk", ""]),
    st.sampled_from(["Dorpskerk", "Sionskerk", "1", "", ""]),
    st.sampled_from(["420", "480", ""]),
    st.sampled_from(["Smit", "de Vries", "Vries", ""]),
    st.sampled_from(["scriba", "diaken", ""]),
    st.sampled_from(["1-9-2011", "1-9-2019", ""]),
    st.sampled_from(["31-8-2015", ""]),
    st.sampled_from(["a@x.nl", "b@x.nl", ""]),
    st.sampled_from(["NL91ABNA0417164300", ""]),
)
LINE_HEADS = [
    "Soort",
    "Kerk",
    "Plaats",
    "Diaconie van",
    "Leden",
    "Achternaam",
    "Functie",
    "Functie sinds",
    "Functie tot",
]
LINE_HEADS += ["E-mail contactpersoon", "IBAN"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(LINE, min_size=1, max_size=7), second=st.lists(LINE, min_size=1, max_size=7))
def test_an_import_that_is_undone_leaves_every_table_as_it_was(app_context, first, second, monkeypatch):
    monkeypatch.setattr(undoing, "_AT_ONCE", 1)
    bring_in(checked("contacts", delimited([LINE_HEADS, *first])))
    before = everything()
    found = bring_in(checked("contacts", delimited([LINE_HEADS, *second])))
    with transaction():
        ask_to_undo(found.run_id)
    work()
    assert run(found.run_id).state is ImportState.UNDONE
    assert everything() == before


_numbers = count(1)
GIFT = st.tuples(
    st.sampled_from(["14-03-2022", "2-1-2023", "2024-12-31"]),
    st.integers(min_value=1, max_value=10_000_000).map(lambda cents: f"{cents // 100},{cents % 100:02}"),
    st.sampled_from(["herstelwerk", "achterblijvers"]),
    st.sampled_from(["bruning@example.nl", ""]),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gifts=st.lists(GIFT, min_size=1, max_size=6), miss=st.integers(min_value=-1, max_value=1))
def test_gifts_go_in_to_the_cent_or_leave_every_table_as_it_was(app_context, gifts, miss):
    app_context.test_cli_runner().invoke(args=["programmes", "load"])
    with transaction():
        if session().scalar(select(Contact.id).limit(1)) is None:
            person(surname="Bruning", name_prefix="", match_name="bruning", email="bruning@example.nl")
    before = everything()
    # A file of its own each time: the very same one is not taken twice.
    lines = [[*gift, str(next(_numbers))] for gift in gifts]
    found = checked(
        "gifts", delimited([[*GIFT_HEADS, "Volgnr"], *lines]), choices={"programme": "", "method": "transfer"}
    )
    totals = {year: cents + (miss if year == min(found.totals) else 0) for year, cents in found.totals.items()}
    if miss:
        with pytest.raises(WrongCount):
            bring_in(found, expected_totals=totals)
        assert everything() == before
        return
    new = found.outcomes.get(Outcome.NEW, 0)
    assert bring_in(found, expected_totals=totals).state is ImportState.ACCEPTED
    entries = select(GiftEntry.amount).where(GiftEntry.source_system == HISTORY)
    mine = entries.where(GiftEntry.source_ref.startswith(f"{found.run_id}:"))
    assert len(session().scalars(mine).all()) == new
    if new == len(gifts):
        assert sum(amount.cents for amount in session().scalars(mine)) == sum(totals.values())
