"""A database of any size for trying out: the same from the same seed, found as typed, and never beside real data."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from fundraising import iban
from fundraising.contacts.models import Affiliation, Contact, ContactIban, OrganisationLink
from fundraising.contacts.services.search_index import drifted
from fundraising.db import session, transaction
from fundraising.gifts.queries import GiftFilter, gift_page
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource
from tests.factories.contacts import person

SOME = ["demo", "--scale", "--contacts", "400", "--gifts", "900"]


@pytest.fixture
def house(app_context):
    with transaction():
        load_programmes(read_folder(resource("programmes/data")))
    return app_context


@pytest.fixture
def run(house, runner):
    def invoke(*arguments):
        answer = runner.invoke(args=[*SOME, *arguments])
        session().rollback()
        return answer

    return invoke


def people():
    rows = session().execute(
        select(Contact.given_name, Contact.surname, Contact.organisation_name).order_by(Contact.id)
    )
    return [tuple(row) for row in rows]


def count(table):
    return session().scalar(select(func.count()).select_from(table))


def test_it_makes_as_many_as_were_asked_for_and_all_of_it_holds(run):
    answer = run()
    assert answer.exit_code == 0, answer.output
    assert "400 contacts and 900 gifts" in answer.output
    assert count(Contact) == 400
    assert count(OrganisationLink) > 0
    assert count(Affiliation) == 2 * count(OrganisationLink)
    assert list(drifted()) == []
    for number in session().scalars(select(ContactIban.iban).limit(100)):
        assert iban.check(number).bank
    assert len(gift_page(GiftFilter(), limit=1000)) == 900


def test_the_next_contact_gets_the_next_number(run):
    run()
    with transaction():
        assert person() == 401


def test_the_same_seed_makes_the_same_and_another_another(run):
    run("--gifts", "0")
    run("--gifts", "0", "--beside")
    run("--gifts", "0", "--beside", "--seed", "2")
    everyone = people()
    assert everyone[:400] == everyone[400:800] != everyone[800:]


def test_it_stays_away_from_data_unless_told_otherwise(run):
    with transaction():
        person()
    answer = run()
    assert answer.exit_code == 1
    assert "there are contacts already" in answer.output
    assert count(Contact) == 1
    assert run("--beside").exit_code == 0


def test_gifts_come_from_somebody(house, runner):
    assert runner.invoke(args=["demo", "--scale", "--contacts", "0", "--gifts", "1"]).exit_code == 2


def test_without_programmes_it_says_what_to_do(app_context, runner):
    answer = runner.invoke(args=SOME)
    assert answer.exit_code == 1
    assert "programmes load" in answer.output
