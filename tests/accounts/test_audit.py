"""The audit trail: who did what to which record."""

import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from fundraising import tasks
from fundraising.accounts.models import AuditContent, AuditEntry
from fundraising.accounts.queries.trail import TrailFilter, actions, subject_kinds, trail
from fundraising.accounts.rules import Actor, ActorKind, Role, Subject
from fundraising.accounts.services import acting_as, record, who_acts
from fundraising.clock import standing_still
from fundraising.db import session, transaction
from tests.factories.accounts import user

BEGAN, DAY = datetime(2026, 3, 1, tzinfo=UTC), timedelta(days=1)
pytestmark = pytest.mark.usefixtures("app_context")


def content_of(entry_id):
    return session().get_one(AuditContent, entry_id)


def test_an_entry_tells_who_what_and_which():
    with transaction(), acting_as(Actor(ActorKind.JOB, "job:proef")):
        number = record("contact.changed", Subject("contact", 12), before={"town": "Hengelo"}, after={"town": "Goor"})
    entry = session().get_one(AuditEntry, number)
    assert (entry.actor_kind, entry.action, entry.subject_kind, entry.subject_id) == (
        ActorKind.JOB,
        "contact.changed",
        "contact",
        12,
    )
    told = json.loads(content_of(number).body)
    assert told == {"actor": "job:proef", "before": {"town": "Hengelo"}, "after": {"town": "Goor"}}


def test_the_digest_is_keyed_per_entry():
    with transaction():
        numbers = [record("test.done", Subject("test")) for _ in range(2)]
    first, second = (session().get_one(AuditEntry, number) for number in numbers)
    assert first.digest != second.digest
    assert content_of(first.id).body == content_of(second.id).body
    assert first.digest == hmac.digest(content_of(first.id).key, content_of(first.id).body.encode(), "sha256").hex()


def test_what_is_rolled_back_leaves_no_trace():
    class Oops(Exception):
        pass

    with pytest.raises(Oops), transaction():
        record("test.done", Subject("test"))
        raise Oops
    assert session().query(AuditEntry).count() == 0


def test_text_that_no_database_holds_is_held_all_the_same():
    with transaction():
        number = record("test.done", Subject("test"), after={"name": "\x00 \ud800 \u202e"})
    assert json.loads(content_of(number).body)["after"] == {"name": "\x00 \ud800 \u202e"}


def test_a_job_acts_under_its_name(monkeypatch):
    seen = []
    monkeypatch.setitem(tasks.JOBS, "proef", tasks.Job("proef", lambda: seen.append(who_acts()), DAY, DAY))
    tasks.run_job("proef")
    assert seen == [Actor(ActorKind.JOB, "job:proef")]
    assert who_acts().kind is ActorKind.COMMAND


class TestSearch:
    @pytest.fixture
    def entries(self):
        """Deeds of two colleagues on three days."""
        numbers = []
        with transaction():
            people = [user(name="Anna"), user(name="Bram")]
        for day in range(3):
            for person in people:
                actor = Actor(ActorKind.USER, person.name, person.id)
                with standing_still(BEGAN + day * DAY), transaction(), acting_as(actor):
                    numbers.append(record("contact.changed", Subject("contact", day), after={"by": person.name}))
        return people, numbers

    def test_by_person_record_and_period(self, entries):
        (anna, bram), numbers = entries
        assert [row.id for row in trail(TrailFilter())] == numbers[::-1]
        assert [row.actor for row in trail(TrailFilter(user_id=bram.id))] == ["Bram"] * 3
        assert [row.id for row in trail(TrailFilter(subject_kind="contact", subject_id=2))] == numbers[:3:-1]
        within = TrailFilter(since=BEGAN + DAY, until=BEGAN + 2 * DAY, user_id=anna.id)
        assert [row.id for row in trail(within)] == [numbers[2]]
        assert [row.id for row in trail(TrailFilter(), skipped=1, most=2)] == numbers[-2:-4:-1]
        assert (list(actions()), list(subject_kinds())) == (["contact.changed"], ["contact"])

    def test_what_was_found_is_taken_along_and_that_is_written_down(self, entries, staff_pages):
        (anna, _bram), _numbers = entries
        auditor = staff_pages(Role.AUDITOR)
        page = auditor.get(f"/desk/logboek?wie={anna.id}")
        assert "Deze lijst downloaden" in page.text
        taken = auditor.client.get(f"/desk/logboek.csv?wie={anna.id}").get_data(as_text=True)
        assert taken.count("Relatie gewijzigd") == 3
        assert "Anna" in taken
        assert "Bram" not in taken
        session().rollback()  # the file was read along its way
        newest = trail(TrailFilter())[0]
        assert (newest.action, newest.after) == ("audit.exported", {"shape": "csv", "filter": {"wie": str(anna.id)}})

    def test_it_speaks_as_staff_do(self, app, staff_pages):
        with transaction(), acting_as(Actor(ActorKind.JOB, "job:imports")):
            before = {"valid_until": None, "role": "penningmeester", "amount": "1250.50", "iban": "NL91ABNA0417164300"}
            after = {"valid_until": "2026-03-01", "do_not_contact": True, "totals": {"2020": 12345}, "via": ["app"]}
            record("affiliation.changed", Subject("contact", 1), before=before, after=after)
        auditor = staff_pages(Role.AUDITOR)
        words = ["vanzelf: imports", "1 maart 2026", "penningmeester", "€ 1.250,50", "NL91 ABNA 0417 1643 00"]
        page = auditor.get("/desk/logboek").text.replace("\xa0", " ")
        file = auditor.client.get("/desk/logboek.csv").get_data(as_text=True).replace("\xa0", " ")
        for text in (page, file):
            assert [word for word in [*words, "€ 123,45", "Niet benaderen"] if word not in text] == []
            assert "valid_until" not in text

    def test_the_page_costs_no_more_as_the_trail_grows(self, entries, staff_pages, counted_queries):
        auditor = staff_pages(Role.AUDITOR)
        few = counted_queries(lambda: auditor.get("/desk/logboek"))
        with transaction():
            for number in range(120):
                record(f"test.done{number % 7}", Subject("test", number), after={"x": [1, 2], "y": None, "z": {"a": 1}})
        assert counted_queries(lambda: auditor.get("/desk/logboek?pagina=2")) == few
        assert "1–50" in auditor.get("/desk/logboek?soort=test").text

    def test_nonsense_in_the_address_is_as_if_it_were_not_asked(self, entries, staff_pages):
        pages = staff_pages(Role.AUDITOR, language="en")
        for query in (
            "van=gisteren",
            "van=0001-01-01&tot=9999-12-31",
            "nummer=99999999999999999999",
            "wie=0&actie='",
        ):
            assert "Contact changed" in pages.get(f"/desk/logboek?{query}").text
