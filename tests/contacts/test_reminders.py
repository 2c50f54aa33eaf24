"""Notes to come back to: on their day they stand on Today, until somebody is done with them."""

from datetime import timedelta

import pytest

from fundraising.accounts.rules import Role
from fundraising.clock import now, standing_still, today
from fundraising.contacts.queries.record import record
from fundraising.contacts.queries.reminders import due_notes
from fundraising.contacts.services.merging import merge
from fundraising.contacts.services.notes import add_note, change_note
from fundraising.db import transaction
from tests.factories.contacts import person
from tests.web.page_client import text_of

CALLED = "Belde: wil in mei een avond in de kerk."


@pytest.fixture(autouse=True)
def one_day():
    """It does not become midnight while a test goes on."""
    with standing_still(now()):
        yield


@pytest.fixture
def anna(app_context):
    with transaction():
        return person(given_name="Anna")


@pytest.fixture
def desk(staff_pages):
    return staff_pages(Role.RELATIONS)


def write(desk, anna, day, *, status=200):
    form = desk.get(f"/desk/relaties/{anna}/notities/nieuw").form("/notities/nieuw")
    return desk.submit(form, {"note": CALLED, "remind_on": day.strftime("%d-%m-%Y")}, status=status)


def on_today(desk):
    return [text_of(row) for row in desk.get("/desk/").all("li") if CALLED in text_of(row)]


def test_it_comes_on_its_day_and_stays_until_it_is_done(desk, anna):
    assert "Er is vandaag niets waar u op terug moet komen." in desk.get("/desk/").text
    assert "Herinnering op" in write(desk, anna, today()).text
    assert due_notes(today() - timedelta(days=1), most=9) == []
    assert "Anna de Vries" in on_today(desk)[0]
    done = desk.submit(desk.get("/desk/").form("/gedaan"))
    assert done.heading == "Vandaag"
    assert on_today(desk) == []
    assert ": afgehandeld" in desk.get(f"/desk/relaties/{anna}").text
    desk.submit(done.form("/weer"))
    assert len(on_today(desk)) == 1
    assert "Herinnering afgehandeld of weer open" in desk.get(f"/desk/relaties/{anna}").text


def test_a_day_that_is_over_is_refused_but_one_that_stood_is_kept(desk, anna):
    yesterday = today() - timedelta(days=1)
    page = write(desk, anna, yesterday, status=422)
    assert "Kies een dag vanaf vandaag" in page.text
    assert CALLED in page.text
    with transaction():
        row = add_note(anna, CALLED, remind_on=yesterday)
    desk.submit(desk.get(f"/desk/relaties/{anna}/notities/{row}").form(f"/{row}"), {"note": "Anders"})
    assert [(note.text, note.remind_on) for note in record(anna).notes] == [("Anders", yesterday)]


def test_another_day_is_to_be_done_anew(desk, anna):
    write(desk, anna, today())
    desk.submit(desk.get("/desk/").form("/gedaan"))
    (note,) = record(anna).notes
    assert note.done_at is not None
    with transaction():
        change_note(anna, note.row_id, CALLED, version=record(anna).version, remind_on=today() + timedelta(days=7))
    assert record(anna).notes[0].done_at is None


def test_what_is_removed_by_mistake_reminds_again(desk, anna):
    write(desk, anna, today())
    (note,) = record(anna).notes
    path = f"/desk/relaties/{anna}/notities/{note.row_id}/verwijderen"
    removed = desk.submit(desk.get(path).form("/verwijderen"))
    assert on_today(desk) == []
    desk.submit(removed.form("/terug"))
    assert len(on_today(desk)) == 1


def test_after_a_merge_it_is_about_the_one_that_stands(anna, app_context):
    with transaction():
        other = person(given_name="A.")
        add_note(other, CALLED, remind_on=today())
    with transaction():
        merge(anna, other, chosen={}, versions=(record(anna).version, record(other).version))
    assert [contact_id for contact_id, _note in due_notes(today(), most=9)] == [anna]
