"""Which church a diaconie of a list belongs to, and since when somebody has a role."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from fundraising.clock import now
from fundraising.contacts.models import Affiliation, Contact, OrganisationLink
from fundraising.contacts.rules import OrganisationKind
from fundraising.db import session, transaction
from fundraising.imports.queries import rows
from fundraising.imports.rules import ImportState, Outcome
from tests.contacts.test_imports import bring_in, dump
from tests.contacts.test_imports_oddities import errors, undo
from tests.factories.contacts import organisation
from tests.factories.sheets import checked, delimited

HEADS = ["Soort", "Naam organisatie", "Plaats", "Diaconie van"]
ROLES = ["Kerk", "Plaats", "Achternaam", "Functie", "Functie sinds", "Functie tot"]


def churches(*lines):
    return checked("contacts", delimited([HEADS, *lines]))


def roles(*lines):
    return checked("contacts", delimited([ROLES, *lines]))


def linked():
    """The names of both sides of each link."""
    pairs = session().execute(select(OrganisationLink.organisation_id, OrganisationLink.parent_id)).all()
    names = dict(session().execute(select(Contact.id, Contact.organisation_name)).all())
    return sorted((names[child], names[parent]) for child, parent in pairs)


class TestADiaconie:
    LINES = (["Kerk", "Dorpskerk", "Ede", ""], ["Diaconie", "Diaconie Dorpskerk", "Ede", "Dorpskerk"])

    def test_belongs_to_a_church_further_up_or_one_that_is_known(self, app_context):
        bring_in(churches(*self.LINES))
        assert linked() == [("Diaconie Dorpskerk", "Dorpskerk")]
        bring_in(churches(["Diaconie", "Tweede diaconie", "Ede", "dorpskerk"]))
        assert linked()[1] == ("Tweede diaconie", "Dorpskerk")

    def test_by_number_and_by_town_where_two_have_the_name(self, app_context):
        with transaction():
            number = organisation(organisation_name="Sionskerk", match_name="sionskerk")
        two = (["Kerk", "Dorpskerk", "Ede", ""], ["Kerk", "Dorpskerk", "Urk", ""])
        found = churches(
            *two,
            ["Diaconie", "Diaconie A", "Urk", "Dorpskerk"],
            ["Diaconie", "Diaconie B", "Urk", str(number)],
            ["Diaconie", "Diaconie C", "Goes", "Dorpskerk"],
        )
        assert errors(found)[2:] == [[], [], [("several_churches", "belongs_to")]]
        bring_in(found)
        assert linked() == [("Diaconie A", "Dorpskerk"), ("Diaconie B", "Sionskerk")]

    def test_again_adds_nothing_and_undone_is_gone(self, app_context):
        before = dump()
        found = bring_in(churches(*self.LINES))
        again = churches(*self.LINES)
        assert again.outcomes == {Outcome.DUPLICATE: 2}
        assert undo(found).state is ImportState.UNDONE
        assert dump() == before

    def test_a_church_that_cannot_be_meant_is_an_error(self, app_context):
        wrong = (
            (["Diaconie", "Diaconie X", "Ede", "Bestaat niet"], "unknown_church"),
            (["Diaconie", "Diaconie X", "Ede", "999"], "unknown_church"),
            (["Diaconie", "Diaconie X", "Ede", "Diaconie X"], "unknown_church"),
            (["Kerk", "Sionskerk", "Ede", "Dorpskerk"], "not_a_diaconie"),
            (["Diaconie", "Diaconie Dorpskerk", "Ede", "Sionskerk"], "belongs_elsewhere"),
        )
        bring_in(churches(*self.LINES, ["Kerk", "Sionskerk", "Urk", ""]))
        before = dump()
        found = bring_in(churches(*(line for line, _code in wrong)))
        assert errors(found) == [[(code, "belongs_to")] for _line, code in wrong]
        assert dump() == before

    def test_no_circle_is_made(self, app_context):
        with transaction():
            church = organisation(organisation_name="Dorpskerk", match_name="dorpskerk")
            diaconie = organisation(
                organisation_name="Diaconie", match_name="diaconie", organisation_kind=OrganisationKind.DIACONIE
            )
            session().add(OrganisationLink(organisation_id=church, parent_id=diaconie, created_at=now()))
        heads = ["Relatienummer", *HEADS]
        found = checked("contacts", delimited([heads, [str(diaconie), "Diaconie", "Diaconie", "", "Dorpskerk"]]))
        assert errors(found) == [[("circular", "belongs_to")]]

    def test_a_link_made_meanwhile_is_looked_at_again(self, app_context):
        bring_in(churches(self.LINES[0], [*self.LINES[1][:3], ""]))
        found = churches(self.LINES[1])
        church, diaconie = session().scalars(select(Contact.id).order_by(Contact.id)).all()
        with transaction():
            session().add(OrganisationLink(organisation_id=diaconie, parent_id=church, created_at=now()))
        again = bring_in(found)
        assert (again.state, again.outcomes) == (ImportState.CHECKED, {Outcome.DUPLICATE: 1})


class TestARole:
    def test_has_its_days(self, app_context):
        bring_in(
            roles(
                ["Dorpskerk", "Ede", "Smit", "scriba", "1-9-2019", ""],
                ["Dorpskerk", "Ede", "Bos", "scriba", "2011", ""],
            )
        )
        assert session().execute(select(Affiliation.valid_from, Affiliation.valid_until)).all() == [
            (date(2019, 9, 1), None)
        ]

    def test_that_is_over_and_one_that_holds_are_two_and_stay_two(self, app_context):
        lines = (
            ["Dorpskerk", "Ede", "Smit", "scriba", "1-9-2011", "31-8-2015"],
            ["Dorpskerk", "Ede", "Smit", "scriba", "2019-09-01", ""],
        )
        heads = [*ROLES, "E-mail contactpersoon"]
        sheet = delimited([heads, *([*line, "smit@example.nl"] for line in lines)])
        found = bring_in(checked("contacts", sheet))
        assert len(session().scalars(select(Affiliation.id)).all()) == 2
        assert checked("contacts", sheet).outcomes == {Outcome.DUPLICATE: 2}
        assert undo(found).state is ImportState.UNDONE
        assert dump()["affiliation"] == []

    def test_days_that_cannot_be_are_errors(self, app_context):
        wrong = (
            ("1-9-2019", "31-8-2019", "ends_before_it_begins"),
            ("31-2-2019", "", "not_a_date"),
            ("", "29-02-2023", "not_a_date"),
            ("1-9-19", "", "not_a_date"),
            ("1-9-2204", "", "unlikely_date"),
        )
        before = dump()
        found = bring_in(
            roles(*(["Dorpskerk", "Ede", "Smit", "scriba", begins, ends] for begins, ends, _code in wrong))
        )
        assert [[reason.code for reason in row.reasons] for row in rows(found.run_id)] == [[code] for *_, code in wrong]
        assert dump() == before
