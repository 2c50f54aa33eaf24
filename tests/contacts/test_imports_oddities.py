"""What a list of contacts does when it is odd, when two act at once, and when a worker dies."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from fundraising.clock import now, standing_still
from fundraising.contacts.models import Affiliation, ChurchDetails, Consent, Contact, DuplicateCandidate
from fundraising.contacts.queries.search import find
from fundraising.contacts.rules import ConsentState, Identity, PersonName
from fundraising.contacts.services.imports import activation, undoing
from fundraising.contacts.services.recognition import find_or_create
from fundraising.db import session, transaction
from fundraising.documents import UnknownDocument, open_stored, path_of
from fundraising.gifts.services import record_gift
from fundraising.imports import jobs
from fundraising.imports.queries import at_work, rows, run
from fundraising.imports.rules import FOLLOWS, ImportState, NotNow, Outcome, RefusedRows, WrongCount, may_follow
from fundraising.imports.services import accept, ask_to_undo, choose_columns, discard
from fundraising.imports.services.reading import AREA
from fundraising.imports.services.staging import Overtaken
from tests.contacts.test_imports import bring_in, dump
from tests.factories.contacts import person
from tests.factories.gifts import booking
from tests.factories.sheets import CHURCHES, checked, delimited, looked_at, proposed, uploaded, work

PEOPLE = ["Voorletters", "Tussenvoegsel", "Achternaam", "E-mail", "Postcode", "Huisnummer", "IBAN", "Nieuwsbrief"]
IBAN = "NL91ABNA0417164300"


def people(*lines, **choices):
    return checked("contacts", delimited([PEOPLE, *lines]), choices={"consent_source": "formulier", **choices})


def errors(found):
    return [[(reason.code, reason.column) for reason in each.reasons] for each in rows(found.run_id)]


def undo(found):
    with transaction():
        ask_to_undo(found.run_id)
    work()
    return run(found.run_id)


class TestWhoItIs:
    @pytest.fixture
    def known(self, app_context):
        with transaction():
            return person(email="j.devries@example.nl", proven_iban=IBAN)

    @pytest.mark.parametrize(
        "line",
        [
            ["J.", "de", "Vries", "J.deVries@example.nl"],
            ["Jan", "", "de Vries", "", "", "", IBAN],
        ],
        ids=["mailbox", "account"],
    )
    def test_a_mailbox_or_an_account_with_a_name_that_agrees_is_one(self, known, line):
        found = people(line)
        assert Outcome.NEW not in found.outcomes
        assert rows(found.run_id)[0].plan.get("contacts", [known]) == [known]

    def test_a_name_at_a_postcode_and_number_is_one(self, app_context):
        bring_in(people(["A.", "", "Bakker", "", "1234 ab", "12-A"]))
        assert people(["A.", "", "Bakker", "", "1234AB", "12a"]).outcomes == {Outcome.DUPLICATE: 1}

    def test_a_mailbox_with_a_like_name_is_a_question_and_never_merged(self, known):
        found = people(["P.", "de", "Vries", "j.devries@example.nl"])
        assert (found.outcomes, found.doubtful) == ({Outcome.NEW: 1}, 1)
        bring_in(found)
        pair = session().scalars(select(DuplicateCandidate)).one()
        assert (pair.contact_id, pair.reasons) == (known, "email,name")

    def test_an_organisation_is_its_number_whatever_its_name(self, app_context):
        heads = ["Kerk", "RSIN", "Plaats"]
        bring_in(checked("contacts", delimited([heads, ["Hervormde Gemeente", "123456782", "Ede"]])))
        found = checked("contacts", delimited([heads, ["Protestantse Gemeente", "123456782", "Ede"]]))
        change = rows(found.run_id)[0].plan["changes"][0]
        assert change == ["organisation_name", "Hervormde Gemeente", "Protestantse Gemeente"]

    def test_a_church_and_its_diaconie_are_two(self, app_context):
        heads = ["Soort", "Naam organisatie", "E-mail", "Plaats"]
        lines = [["Kerk", "Dorpskerk", "a@x.nl", "Ede"], ["Diaconie", "Dorpskerk", "a@x.nl", "Ede"]]
        assert checked("contacts", delimited([heads, *lines])).outcomes == {Outcome.NEW: 2}

    def test_our_number_counts_when_the_name_agrees(self, known):
        heads = ["Relatienummer", "Voorletters", "Achternaam"]
        lines = [[str(known), "J.", "de Vries"], [str(known), "K.", "Bakker"], ["999", "J.", "de Vries"]]
        found = checked("contacts", delimited([heads, *lines]))
        assert errors(found)[1:] == [[("number_of_another", "number")], [("unknown_number", "number")]]

    def test_two_rows_that_contradict_each_other_are_shown_to_a_person(self, app_context):
        lines = [row[:] for row in CHURCHES]
        lines[2][12] = "9"
        assert errors(checked("contacts", delimited(lines)))[1] == [("contradicts", "members")]


class TestConsent:
    def test_comes_with_its_source_and_never_overrules_what_somebody_said(self, app_context):
        bring_in(
            people(["A.", "", "Bakker", "a@x.nl", "", "", "", "ja"], ["B.", "", "Smit", "b@x.nl", "", "", "", "nee"])
        )
        said = session().execute(select(Consent.state, Consent.source).order_by(Consent.state)).all()
        assert said == [(ConsentState.GRANTED, "formulier"), (ConsentState.WITHDRAWN, "formulier")]
        again = people(["B.", "", "Smit", "b@x.nl", "", "", "", "ja"])
        assert errors(again) == [[("consent_known", "newsletter")]]
        assert again.outcomes == {Outcome.DUPLICATE: 1}


class TestOddCells:
    def test_are_refused_with_the_reason(self, app_context):
        odd = (
            (2, "x" * 10_000, "too_long"),
            (2, "<script>alert(1)</script>", "not_a_name"),
            (2, "Vries\x07", "unusable_signs"),
            (3, "=HYPERLINK(1)", "not_an_email"),
            (6, "NL00ABNA0417164300", "not_an_iban"),
            (7, "misschien", "not_a_choice"),
        )
        line = ["J.", "", "Vries", "a@x.nl", "1234 AB", "1", "", ""]
        found = people(*([*line[:column], cell, *line[column + 1 :]] for column, cell, _code in odd))
        for told, (_column, _cell, code) in zip(errors(found), odd, strict=True):
            assert code in {reason for reason, _ in told}

    def test_right_to_left_and_combining_signs_are_kept(self, app_context):
        bring_in(people(["A.", "", "Zoe\u0308", "a@x.nl"], ["B.", "", "\u05d3\u05d5\u05d3", "b@x.nl"]))
        names = session().scalars(select(Contact.surname).order_by(Contact.id)).all()
        assert names == ["Zo\u00eb", "\u05d3\u05d5\u05d3"]

    def test_headers_that_stand_twice_are_two_columns(self, app_context):
        run_id = looked_at("contacts", delimited([["Naam", "E-mail", "E-mail"], ["Jan Bakker", "a@x.nl", "b@x.nl"]]))
        assert run(run_id).headers == ("Naam", "E-mail", "E-mail (2)")

    def test_a_row_with_more_cells_than_headers_is_told(self, app_context):
        assert errors(people(["J.", "", "Vries", "", "", "", "", "", "over"])) == [[("too_many_cells", "")]]

    def test_too_many_rows_change_nothing(self, app_context, monkeypatch):
        from fundraising.imports.services import reading

        monkeypatch.setattr(reading, "MOST_ROWS", 2)
        found = checked("contacts", delimited(CHURCHES))
        assert (found.state, found.problem) == (ImportState.REFUSED, {"code": "too_many_rows", "line": 4})
        assert dump()["contact"] == []


class TestAccepting:
    def test_the_count_must_agree_and_bad_rows_be_left_out_on_purpose(self, app_context):
        found = people(["A.", "", "Bakker"], ["B.", "", "<b>"])
        with pytest.raises(WrongCount):
            bring_in(found, expected_rows=1)
        with pytest.raises(RefusedRows):
            bring_in(found, leave_out=False)
        assert bring_in(found).state is ImportState.ACCEPTED

    def test_two_who_accept_at_once_bring_it_in_once(self, app_context):
        found = people(["A.", "", "Bakker"])
        bring_in(found)
        with pytest.raises(NotNow):
            bring_in(found)
        assert len(dump()["contact"]) == 1

    def test_two_files_that_were_checked_side_by_side_add_up_once(self, app_context):
        first, second = (checked("contacts", delimited(CHURCHES)) for _ in range(2))
        bring_in(first)
        before = dump()
        assert bring_in(second).state is ImportState.CHECKED
        assert run(second.run_id).problem == {"code": "out_of_date"}
        assert bring_in(run(second.run_id)).state is ImportState.ACCEPTED
        assert dump() == before

    def test_somebody_who_gave_meanwhile_is_found_by_a_second_check(self, app_context):
        found = people(["A.", "", "Bakker", "a@x.nl"])
        with transaction():
            find_or_create(
                Identity(PersonName(given_name="A.", surname="Bakker"), "a@x.nl"), proven_iban=None, source="t"
            )
        assert bring_in(found).outcomes == {Outcome.DUPLICATE: 1}
        assert len(dump()["contact"]) == 1

    def test_a_contact_that_was_changed_meanwhile_is_looked_at_again(self, app_context):
        bring_in(checked("contacts", delimited(CHURCHES)))
        later = [row[:] for row in CHURCHES]
        later[1][12] = later[2][12] = "480"
        found = checked("contacts", delimited(later))
        with transaction():
            session().execute(update(ChurchDetails).values(members=500).where(ChurchDetails.members == 420))
        again = bring_in(found)
        assert (again.state, again.problem) == (ImportState.CHECKED, {"code": "out_of_date"})
        assert rows(found.run_id)[0].plan["changes"] == [["members", "500", "480"]]


class TestUndoing:
    def test_is_refused_where_something_was_built_upon_it_and_says_what(self, app_context):
        found = bring_in(people(["A.", "", "Bakker", "a@x.nl"], ["B.", "", "Smit", "b@x.nl"]))
        first, second = session().scalars(select(Contact.id).order_by(Contact.id)).all()
        with transaction():
            record_gift(booking(contact_id=first))
            session().execute(update(Contact).where(Contact.id == second).values(surname="Smid", version=2))
        before = dump()
        refused = undo(found)
        assert refused.state is ImportState.ACCEPTED
        assert {tuple(reason) for reason in refused.problem["reasons"]} == {
            ("changed_since", "contact", f"1: {second}"),
            ("built_upon", "gift_entry", f"1: {first}"),
        }
        assert dump() == before


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_undoing_restores_exactly_whatever_came_in(app_context, data, monkeypatch):
    monkeypatch.setattr(undoing, "_AT_ONCE", data.draw(st.integers(1, 3)))
    names = st.sampled_from(["Bakker", "de Vries", "Vries", "Smit", "van den Berg"])
    line = st.tuples(
        st.sampled_from(["A.", "Anna", "B.", ""]),
        st.just(""),
        names,
        st.sampled_from(["a@x.nl", "b@x.nl", "c@x.nl", ""]),
        st.sampled_from(["1234 AB", "4321 BA", ""]),
        st.sampled_from(["1", "2", ""]),
        st.sampled_from([IBAN, ""]),
        st.sampled_from(["ja", "nee", ""]),
    )
    lists = st.lists(line, min_size=1, max_size=8)
    bring_in(people(*data.draw(lists)))
    before = dump()
    found = bring_in(people(*data.draw(lists)))
    assert undo(found).state is ImportState.UNDONE
    assert dump() == before


class TestTheWorker:
    def test_goes_on_where_it_was_killed(self, app_context, monkeypatch):
        monkeypatch.setattr(jobs, "CHUNK", 1)
        kept, real = [], jobs.keep_rows

        def dies(found, examined, counts):
            if len(kept) == 2:
                raise SystemExit
            real(found, examined, counts)
            kept.append(examined)

        monkeypatch.setattr(jobs, "keep_rows", dies)
        with pytest.raises(SystemExit):
            checked("contacts", delimited(CHURCHES))
        monkeypatch.setattr(jobs, "keep_rows", real)
        [(run_id, _)] = at_work()
        assert run(run_id).row_count == 2
        work()
        found = run(run_id)
        assert (found.state, found.row_count, found.outcomes) == (ImportState.CHECKED, 3, {Outcome.NEW: 3})
        bring_in(found)
        assert session().scalar(select(func.count()).select_from(Affiliation)) == 3

    @pytest.mark.parametrize(
        "place",
        [
            (jobs, "keep_columns"),
            (jobs, "finish_check"),
            (activation, "_number"),
            (activation, "reindex"),
            (jobs, "settled"),
            (undoing, "change_rows"),
        ],
        ids=["reading", "checked", "activating", "brought in", "found by name", "undoing"],
    )
    def test_that_dies_at_any_step_leaves_all_or_nothing_and_another_goes_on(self, app_context, monkeypatch, place):
        before, kept, deaths = dump(), CHURCHES[:3], iter([SystemExit])
        real = getattr(*place)

        def dies(*args, **kwargs):
            done = real(*args, **kwargs)
            for death in deaths:
                raise death
            return done

        monkeypatch.setattr(*place, dies)

        def work_on(count, *, found):
            for _ in range(2):
                with contextlib.suppress(SystemExit):
                    work()
                assert len(dump()["contact"]) in count
            assert len(find("Dorpskerk")) == found
            session().rollback()

        run_id = uploaded("contacts", delimited(kept))
        work_on({0}, found=0)
        with transaction():
            choose_columns(run_id, proposed(run_id), {"kind": "church"})
        work_on({0}, found=0)
        with transaction():
            accept(run_id, expected_rows=2, expected_totals={}, leave_out=False)
        work_on({0, 3}, found=1)
        with transaction():
            ask_to_undo(run_id)
        work_on({0, 3}, found=0)
        assert (run(run_id).state, dump(), next(deaths, None)) == (ImportState.UNDONE, before, None)

    def test_two_workers_never_keep_a_row_twice(self, app_context, monkeypatch):
        real = jobs.keep_rows

        def overtaken(found, examined, counts):
            real(found, examined, counts)
            real(found, examined, counts)

        monkeypatch.setattr(jobs, "keep_rows", overtaken)
        with pytest.raises(Overtaken):
            checked("contacts", delimited(CHURCHES))

    def test_an_import_that_cannot_go_on_keeps_no_other_waiting(self, app_context, monkeypatch):
        first, second = (uploaded("contacts", delimited(CHURCHES)) for _ in range(2))
        real = jobs.work_on

        def fails(run_id, state):
            if run_id == first:
                raise ZeroDivisionError
            real(run_id, state)

        monkeypatch.setattr(jobs, "work_on", fails)
        with pytest.raises(ZeroDivisionError):
            jobs.imports_job()
        assert (run(first).state, run(second).state) == (ImportState.UPLOADED, ImportState.READ)

    def test_what_is_thrown_away_is_gone(self, app_context):
        found = checked("contacts", delimited(CHURCHES))
        with transaction():
            discard(found.run_id)
        assert rows(found.run_id) == []
        with pytest.raises(NotNow), transaction():
            accept(found.run_id, expected_rows=3, expected_totals={}, leave_out=False)


def test_after_ninety_days_rows_and_file_are_gone_and_nothing_is_undone(app_context):
    found = bring_in(people(["A.", "", "Bakker", "a@x.nl"]))
    with standing_still(now() + jobs.KEPT_FOR + timedelta(days=1)):
        jobs.imports_retention_job()
    assert rows(found.run_id) == []
    with pytest.raises(UnknownDocument):
        open_stored(found.digest, area=AREA)
    with pytest.raises(NotNow):
        undo(found)
    assert len(dump()["contact"]) == 1


def test_the_file_of_what_was_thrown_away_goes_and_that_of_another_import_stays(app_context):
    thrown, kept = (checked("contacts", delimited(table)) for table in (CHURCHES, CHURCHES[:2]))
    broken_off = path_of(thrown.digest, area=AREA).parent.parent / ".upload"
    broken_off.write_bytes(b"half a list")
    with transaction():
        discard(thrown.run_id)
    jobs.imports_retention_job()
    open_stored(thrown.digest, area=AREA).close()
    with standing_still(now() + timedelta(days=1)):
        jobs.imports_retention_job()
    with pytest.raises(UnknownDocument):
        open_stored(thrown.digest, area=AREA)
    open_stored(kept.digest, area=AREA).close()
    assert not broken_off.exists()


def test_every_state_is_reached_and_left_by_the_table_alone():
    reached = {ImportState.UPLOADED, *(state for follows in FOLLOWS.values() for state in follows)}
    assert reached == set(ImportState) == set(FOLLOWS)
    assert may_follow(ImportState.ACCEPTED, ImportState.UNDOING)
    assert not may_follow(ImportState.ACCEPTED, ImportState.UNDOING, undoable=False)


def test_the_command_tells_first_and_brings_in_when_told_how_many(app_context, runner, tmp_path):
    file = tmp_path / "kerken.csv"
    file.write_bytes(delimited(CHURCHES))
    command = ["contacts", "import", str(file), "--choose", "kind=church"]
    told = runner.invoke(args=command)
    assert told.exception is None, told.exception
    assert "new        3" in told.output
    assert dump()["contact"] == []
    assert runner.invoke(args=[*command, "--accept", "--count", "4"]).exit_code == 1
    done = runner.invoke(args=[*command, "--accept", "--count", "3"])
    assert done.exit_code == 0, done.output
    assert len(dump()["contact"]) == 5
    bad = tmp_path / "nee.csv"
    bad.write_bytes(b"%PDF-1.7")
    refused = runner.invoke(args=["contacts", "import", str(bad)])
    assert (refused.exit_code, "not_a_sheet" in refused.output) == (1, True)
