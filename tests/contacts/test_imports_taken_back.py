"""An import is taken back some contacts at a time: what others do meanwhile, and a worker that dies on the way."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fundraising.contacts.models import Affiliation, Contact
from fundraising.contacts.models.imports import ImportKey, ImportPiece
from fundraising.contacts.queries.search import find
from fundraising.contacts.services.imports import undoing
from fundraising.db import session, transaction
from fundraising.gifts.services import record_gift
from fundraising.imports import jobs
from fundraising.imports.queries import run
from fundraising.imports.rules import ImportState, NotNow
from fundraising.imports.services import accept, ask_to_undo
from tests.contacts.test_imports import bring_in, dump
from tests.factories.gifts import booking
from tests.factories.sheets import CHURCHES, checked, delimited, work


@pytest.fixture
def brought(app_context, monkeypatch):
    monkeypatch.setattr(undoing, "_AT_ONCE", 1)
    return bring_in(checked("contacts", delimited(CHURCHES))).run_id


@pytest.fixture
def after_a_step(monkeypatch):
    """Do something once, between two of the steps in which an import is taken back."""

    def do(something):
        real, left = jobs.take_back, [something]

        def steps(run_id):
            more = real(run_id)
            if left:
                # What stands after the step, as another process sees it.
                session().commit()
                left.pop()()
            return more

        monkeypatch.setattr(jobs, "take_back", steps)

    return do


def ask(run_id):
    with transaction():
        ask_to_undo(run_id)


def number_of(**named):
    return session().scalars(select(Contact.id).filter_by(**named)).one()


def test_goes_on_where_the_worker_was_killed(brought, after_a_step):
    def dies():
        raise SystemExit

    after_a_step(dies)
    ask(brought)
    with pytest.raises(SystemExit):
        work()
    session().rollback()
    assert run(brought).state is ImportState.TAKING_BACK
    assert 0 < len(dump()["contact"]) < 5
    for verb in (ask_to_undo, lambda number: accept(number, expected_rows=3, expected_totals={}, leave_out=True)):
        with pytest.raises(NotNow), transaction():
            verb(brought)
    work()
    assert (run(brought).state, run(brought).problem) == (ImportState.UNDONE, {})
    assert not any(dump().values())
    assert find("Dorpskerk") == find("Berg") == []


def test_a_gift_that_comes_meanwhile_keeps_its_contact_and_what_that_is_tied_to(brought, after_a_step):
    giver = number_of(surname="Berg")

    def gives():
        record_gift(booking(contact_id=giver))

    after_a_step(gives)
    ask(brought)
    work()
    found = run(brought)
    assert (found.state, found.problem["code"]) == (ImportState.UNDONE, "kept")
    assert ["built_upon", "gift_entry", f"1: {giver}"] in found.problem["reasons"]
    church = number_of(organisation_name="Dorpskerk")
    assert {row["id"] for row in dump()["contact"]} == {giver, church}
    assert session().scalars(select(Affiliation.role)).all() == ["scriba"]
    assert {row["address"] for row in dump()["contact_email"]} == {"info@dorpskerk.example", "j.vanderberg@example.nl"}
    assert len(find("Berg")) == len(find("Dorpskerk")) == 1
    for table in (ImportPiece, ImportKey):
        assert session().scalar(select(table.run_id).limit(1)) is None


def test_a_list_that_knows_what_is_being_taken_back_does_not_come_in(brought, after_a_step):
    again = checked("contacts", delimited(CHURCHES))

    def accepts():
        accept(again.run_id, expected_rows=3, expected_totals={}, leave_out=False)
        session().commit()
        jobs.bring_in(again.run_id)

    after_a_step(accepts)
    ask(brought)
    work()
    # It said that all is known already; by now it is all new.
    assert run(again.run_id).problem == {"code": "out_of_date"}
    assert run(again.run_id).outcomes == {"new": 3}
