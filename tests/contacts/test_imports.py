"""A list of churches and schools with their people comes in: whom each row is about, and what it does."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from fundraising.contacts.models import Affiliation, Contact
from fundraising.db import db, session, transaction
from fundraising.imports.queries import rows, run
from fundraising.imports.rules import ImportState, Outcome
from fundraising.imports.services import accept, ask_to_undo
from fundraising.privacy.services.sources import file_of
from tests.factories.contacts import person
from tests.factories.sheets import CHURCHES, checked, delimited, work, workbook

TABLES = [
    *("contact", "church_details", "school_details", "contact_email", "contact_phone", "contact_iban"),
    *("postal_address", "affiliation", "consent", "duplicate_candidate", "organisation_link", "household"),
    *("household_member", "contact_note", "contact_merge", "contact_document"),
]
# Counts changes, so that a page that is out of date is noticed: it goes on counting when a change is taken back.
COUNTERS = {"version", "changed_at"}


def dump() -> dict[str, list[dict[str, object]]]:
    """Every contact, whole."""
    session().rollback()
    tables = [db.metadata.tables[name] for name in TABLES]
    return {
        table.name: [
            {name: value for name, value in row._mapping.items() if name not in COUNTERS}
            for row in session().execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in tables
    }


def bring_in(found, **changes):
    with transaction():
        accept(found.run_id, **{"expected_rows": found.row_count, "expected_totals": {}, "leave_out": True} | changes)
    work()
    return run(found.run_id)


class TestANewList:
    @pytest.mark.parametrize("write", [delimited, workbook])
    def test_makes_organisations_people_and_their_roles(self, app_context, write):
        found = checked("contacts", write(CHURCHES))
        assert found.state is ImportState.CHECKED
        assert found.outcomes == {Outcome.NEW: 3}
        assert dump()["contact"] == []
        assert bring_in(found).state is ImportState.ACCEPTED
        names = session().scalars(select(Contact.organisation_name).where(Contact.organisation_name != "")).all()
        assert sorted(names) == ["Dorpskerk", "Sionskerk"]
        roles = session().scalars(select(Affiliation.role).order_by(Affiliation.role)).all()
        assert roles == ["penningmeester", "predikant", "scriba"]
        assert {row["source"] for row in dump()["contact"]} == {f"import:{found.run_id}"}

    def test_the_same_list_again_adds_nothing(self, app_context):
        bring_in(checked("contacts", delimited(CHURCHES)))
        before = dump()
        again = checked("contacts", workbook(CHURCHES))
        assert again.outcomes == {Outcome.DUPLICATE: 3}
        bring_in(again)
        assert dump() == before

    def test_undone_leaves_everything_as_it_was(self, app_context):
        before = dump()
        found = bring_in(checked("contacts", delimited(CHURCHES)))
        assert dump() != before
        given = session().scalar(select(func.max(Contact.id)))
        with transaction():
            ask_to_undo(found.run_id)
        work()
        assert run(found.run_id).problem == {}
        assert run(found.run_id).state is ImportState.UNDONE
        assert dump() == before
        # What the trail tells of a number is never somebody else's story, and nothing of the rows is kept.
        bring_in(checked("contacts", workbook(CHURCHES)))
        assert session().scalar(select(func.min(Contact.id))) > given
        with transaction():
            newcomer = person()
        [kept] = [kept for kept in file_of(newcomer) if "contact_import_piece" in kept.source.tables]
        assert not kept.rows

    def test_a_later_list_changes_what_it_knows_better_and_can_be_undone(self, app_context):
        bring_in(checked("contacts", delimited(CHURCHES)))
        before = dump()
        later = [row[:] for row in CHURCHES]
        later[1][12] = later[2][12] = "480"
        later[3][6] = "scriba@sion.example"
        found = checked("contacts", delimited(later))
        assert found.outcomes == {Outcome.CHANGED: 2, Outcome.DUPLICATE: 1}
        assert rows(found.run_id, outcome=Outcome.CHANGED)[0].plan["changes"] == [["members", "420", "480"]]
        bring_in(found)
        assert dump() != before
        with transaction():
            ask_to_undo(found.run_id)
        work()
        assert run(found.run_id).state is ImportState.UNDONE
        assert dump() == before
