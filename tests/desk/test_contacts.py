"""The list of contacts: what is asked of it, whatever that is, and never more queries for a longer list."""

from datetime import date

import pytest

from fundraising.accounts.rules import Role
from fundraising.clock import now
from fundraising.contacts.models import ChurchDetails, Contact, ContactEmail, PostalAddress
from fundraising.contacts.rules import OrganisationKind
from fundraising.contacts.rules.organisations import Denomination
from fundraising.db import session, transaction
from tests.factories.contacts import organisation, person
from tests.web.page_client import text_of


def address(contact_id, town):
    session().add(
        PostalAddress(
            contact_id=contact_id, street="Kade", house_number="1", postcode="2801 AB", town=town, created_at=now()
        )
    )


@pytest.fixture
def people(app):
    """Some of every kind; `Vos` was merged into `Aalbers`."""
    with app.app_context(), transaction():
        aalbers = person(surname="Aalbers", name_prefix="", match_name="aalbers", email="aalbers@example.nl")
        address(aalbers, "Gouda")
        person(surname="Bos", name_prefix="", match_name="bos", deceased_on=date(2026, 1, 2), language="en")
        church = organisation(organisation_name="Sint-Janskerk", match_name="sintjanskerk", email="scriba@example.nl")
        session().add(ChurchDetails(contact_id=church, denomination=Denomination.PKN, town="Gouda"))
        mailbox = session().query(ContactEmail).filter_by(contact_id=church).one()
        mailbox.undeliverable_at = now()
        school = organisation(
            organisation_kind=OrganisationKind.SCHOOL, organisation_name="De Brug", match_name="debrug"
        )
        session().get(Contact, school).do_not_contact = True
        vos = person(surname="Vos", name_prefix="", match_name="vos", merged_into_id=aalbers, email="vos@example.nl")
        address(vos, "DELFT")
    return app


def names(page):
    return [text_of(next(iter(cell.iter("a")))) for cell in page.all("td", class_="lead")]


ALL = ["J. Aalbers", "J. Bos", "De Brug", "Sint-Janskerk"]


@pytest.fixture
def listed(people, staff_pages):
    pages = staff_pages(Role.RELATIONS)
    return lambda query="": names(pages.get(f"/desk/relaties{query}"))


def test_everyone_stands_in_order_of_name_and_a_merged_one_once(listed):
    assert listed() == ALL
    assert listed("?sorteer=-naam") == ALL[::-1]


def test_the_newest_first(listed):
    assert listed("?sorteer=-sinds") == ["De Brug", "Sint-Janskerk", "J. Bos", "J. Aalbers"]


def test_a_filter_finds_who_fits_it(listed):
    for query, found in (
        ("?soort=person", ALL[:2]),
        ("?organisatie=school", ["De Brug"]),
        ("?kerkgenootschap=pkn", ["Sint-Janskerk"]),
        ("?plaats=gouda", ["J. Aalbers", "Sint-Janskerk"]),
        ("?plaats=Delft", ["J. Aalbers"]),
        ("?taal=en", ["J. Bos"]),
        ("?mail=wel", ["J. Aalbers", "Sint-Janskerk"]),
        ("?mail=geen", ["J. Bos", "De Brug"]),
        ("?mail=onbestelbaar", ["Sint-Janskerk"]),
        ("?stand=overleden", ["J. Bos"]),
        ("?stand=niet-benaderen", ["De Brug"]),
        ("?stand=te-benaderen", ["J. Aalbers", "Sint-Janskerk"]),
        ("?soort=organisation&plaats=Gouda&mail=wel", ["Sint-Janskerk"]),
    ):
        assert listed(query) == found, query


def test_what_makes_no_sense_is_not_asked(listed):
    for query in (
        "?soort=onzin&organisatie=%27OR+1=1&pagina=-1&sorteer=onzin",
        "?pagina=99999999999999999999&soort=",
        "?plaats=%00&taal=xx",
        "?mail=x&stand=y&onbekend=z",
    ):
        assert listed(query) == ALL, query


def test_a_filter_that_nobody_fits_says_what_to_do(people, staff_pages):
    page = staff_pages(Role.RELATIONS).get("/desk/relaties?plaats=" + "x" * 5000)
    assert "Geen relatie past bij dit filter" in page.text
    assert page.link("Alle relaties tonen") == "/desk/relaties"


def test_without_anyone_it_says_where_contacts_come_from(app, staff_pages):
    assert "Er zijn nog geen relaties" in staff_pages(Role.AUDITOR).get("/desk/relaties").text


def test_the_filter_shows_what_was_chosen(people, staff_pages):
    page = staff_pages(Role.RELATIONS, language="en").get("/desk/relaties?soort=person&plaats=Gouda")
    assert page.form("/desk/relaties").values()["soort"] == ["person"]
    assert page.form("/desk/relaties").values()["plaats"] == ["Gouda"]


def test_a_longer_list_asks_no_more(people, staff_pages, queries):
    pages = staff_pages(Role.RELATIONS)
    with queries() as few:
        pages.get("/desk/relaties")
    with people.app_context(), transaction():
        for number in range(60):
            address(person(email=f"p{number}@example.nl"), "Gouda")
    with queries() as many:
        page = pages.get("/desk/relaties")
    assert len(page.all("td", class_="lead")) == 50
    assert "1–50 van 64" in page.text
    assert len(many) == len(few)
    assert len(names(pages.get(page.link("Volgende")))) == 14


def test_who_may_not_see_contacts_is_refused(app, staff_pages):
    assert staff_pages().client.get("/desk/relaties").status_code == 403
