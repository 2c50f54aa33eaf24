"""Taking lists along: what is in them, who may, and that it is written down."""

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from urllib.parse import urlsplit

import openpyxl
import pytest
from sqlalchemy import select

from fundraising.accounts.models import AuditContent, AuditEntry
from fundraising.accounts.rules import Role
from fundraising.clock import now, today
from fundraising.contacts.models import (
    Affiliation,
    ContactEmail,
    ContactPhone,
    Household,
    HouseholdMember,
    PostalAddress,
)
from fundraising.contacts.queries import letterheads
from fundraising.contacts.queries.letterheads import exported_contacts
from fundraising.contacts.queries.listed import ListFilter
from fundraising.contacts.rules import Salutation
from fundraising.contacts.rules.mailings import Purpose
from fundraising.contacts.rules.organisations import Channel
from fundraising.contacts.services.consents import grant_consent, unsubscribe
from fundraising.db import session, transaction
from fundraising.desk.views import exports
from tests.factories import contacts, gifts

pytestmark = pytest.mark.usefixtures("app_context")


def lives(person, street="Dorpsstraat", **changes):
    values = {"street": street, "house_number": "3", "postcode": "1234 AB", "town": "Ons Dorp", "created_at": now()}
    session().add(PostalAddress(contact_id=person, **(values | changes)))


@pytest.fixture
def people():
    with transaction():
        one = contacts.person(surname="Berg", match_name="berg", name_prefix="van der", salutation=Salutation.MR)
        church = contacts.organisation(organisation_name='=HYPERLINK("http://x")', match_name="hyperlink")
        left = contacts.person(surname="Stil", match_name="stil", do_not_contact=True)
        late = contacts.person(surname="Laat", match_name="laat", deceased_on=date(2026, 3, 14))
        lives(one)
        session().add(ContactPhone(contact_id=one, number="+31612345678", created_at=now()))
        session().add(Affiliation(person_id=one, organisation_id=church, role="scriba", created_at=now()))
    return one, church, left, late


def taken(pages, address, button=("vorm", "csv"), **answers):
    return pages.send(pages.get(address).form("/exporteren"), answers, button=button)


def rows_of(answer):
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def told():
    entries = select(AuditEntry.action, AuditContent.body).join(AuditContent, AuditContent.entry_id == AuditEntry.id)
    row = session().execute(entries.order_by(AuditEntry.id.desc())).first()
    return row.action, json.loads(row.body)["after"]


@pytest.mark.parametrize(
    ("role", "listed", "query"),
    [
        (Role.RELATIONS, "/desk/relaties", "soort=person&taal=nl&endpoint=x&_external=1"),
        (Role.FINANCE, "/desk/relaties", "organisatie=church&plaats=Ons+Dorp"),
        (Role.FINANCE, "/desk/giften", "jaar=2026&endpoint=x"),
    ],
)
def test_the_list_leads_to_its_export_with_its_filter_and_back(people, staff_pages, role, listed, query):
    pages = staff_pages(role)
    address = pages.get(f"{listed}?{query}").link("Exporteren")
    assert address == f"{listed}/exporteren?{query}"
    assert pages.get(address).link("Terug naar de lijst") == f"{listed}?{query}"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_may_not_export_is_not_led_there(people, staff_pages, role):
    assert "exporteren" not in staff_pages(role).get("/desk/relaties").text.casefold()


class TestContacts:
    def test_as_csv(self, people, staff_pages):
        rows = rows_of(taken(staff_pages(Role.RELATIONS), "/desk/relaties/exporteren"))
        assert [row["Nummer"] for row in rows] == [str(people[0]), str(people[1])]
        one, church = rows
        assert one["Tenaamstelling"] == "De heer J. van der Berg"
        assert one["Aanhef"] == "Geachte heer Van der Berg,"
        assert [one["Adresregel 1"], one["Adresregel 2"]] == ["Dorpsstraat 3", "1234 AB  ONS DORP"]
        assert one["Telefoon"] == "06 12345678"
        assert church["Naam"] == '\'=HYPERLINK("http://x")'
        # That somebody is scriba of a church tells of belief.
        assert "scriba" not in str(rows)
        assert told() == ("contacts.exported", {"rows": 2, "shape": "csv", "weglaten": "ja"})

    def test_as_a_spreadsheet(self, people, staff_pages):
        answer = taken(
            staff_pages(Role.FINANCE), "/desk/relaties/exporteren?soort=person", ("vorm", "xlsx"), weglaten=None
        )
        page = openpyxl.load_workbook(io.BytesIO(answer.get_data())).active
        answer.close()
        heads = [cell.value for cell in page[1]]
        assert page.max_row == 4
        assert page.cell(4, heads.index("Overleden op") + 1).value.date() == date(2026, 3, 14)
        assert page.cell(3, heads.index("Wil niet benaderd worden") + 1).value == "ja"
        assert told()[1] == {"rows": 3, "shape": "xlsx", "filter": {"soort": "person"}}

    def test_for_a_mailing_only_who_may_receive_it_with_a_link_to_stop_it(self, people, pages, staff_pages):
        with transaction():
            willing, unwilling, _mute = (
                contacts.person(surname=name, match_name=name.lower(), email=f"{name}@example.nl", language="en")
                for name in ("Graag", "Liever", "Stom")
            )
            for whom in (willing, unwilling, people[3]):
                grant_consent(whom, purpose=Purpose.NEWSLETTER, channel=Channel.EMAIL, source="test")
            unsubscribe(unwilling, purpose=Purpose.NEWSLETTER, channel=Channel.EMAIL)
            session().query(ContactEmail).filter_by(contact_id=willing).one().undeliverable_at = now()
            session().add(ContactEmail(contact_id=willing, address="g@x.nl", match_address="g@x.nl", created_at=now()))
        staff, address = staff_pages(Role.RELATIONS), "/desk/relaties/exporteren"
        [row] = rows_of(taken(staff, address, mailing="newsletter:email"))
        assert (row["Nummer"], row["E-mail"]) == (str(willing), "g@x.nl")
        assert told() == (
            "contacts.exported",
            {"rows": 1, "shape": "csv", "weglaten": "ja", "mailing": "newsletter:email"},
        )
        page = pages.get(urlsplit(row["Afmeldlink"]).path)
        pages.submit(page.form())
        assert rows_of(taken(staff, address, mailing="newsletter:email")) == []
        # A letter needs no consent, but a place to go to.
        by_post = rows_of(taken(staff, address, mailing="newsletter:post"))
        assert [row["Nummer"] for row in by_post] == [str(people[0])]
        assert "Afmeldlink" not in by_post[0]
        form = staff.get(address).form("/exporteren")
        unheard_of = form.filled({}) | {"mailing": ["newsletter:pigeon"], "vorm": ["csv"]}
        assert staff.client.post(form.action, data=unheard_of).status_code == 400

    def test_people_of_one_household_are_written_to_together(self, people, staff_pages):
        with transaction():
            home = Household(addressee="De heer en mevrouw Van der Berg", greeting="Geachte familie,", created_at=now())
            session().add(home)
            session().flush()
            partner = contacts.person(surname="Berg", name_prefix="van der", given_name="A.", match_name="berg")
            for each in (people[0], partner):
                session().add(HouseholdMember(contact_id=each, household_id=home.id, created_at=now()))
        pages = staff_pages(Role.RELATIONS)
        row = rows_of(taken(pages, "/desk/relaties/exporteren"))[0]
        assert (row["Tenaamstelling"], row["Aanhef"]) == ("De heer en mevrouw Van der Berg", "Geachte familie,")
        with transaction():
            session().get_one(contacts.Contact, partner).deceased_on = today()
        alone = rows_of(taken(pages, "/desk/relaties/exporteren"))[0]
        assert "en mevrouw" not in alone["Tenaamstelling"]
        assert alone["Aanhef"] != "Geachte familie,"

    def test_what_a_merged_contact_had_is_the_standing_ones(self, people, staff_pages):
        with transaction():
            old = contacts.person(email="oud@example.nl")
            session().get_one(contacts.Contact, old).merged_into_id = people[0]
        rows = rows_of(taken(staff_pages(Role.RELATIONS), "/desk/relaties/exporteren"))
        assert [row["E-mail"] for row in rows] == ["oud@example.nl", ""]

    def test_a_long_list_is_csv_only(self, people, staff_pages, monkeypatch):
        pages = staff_pages(Role.RELATIONS)
        form = pages.get("/desk/relaties/exporteren").form("/exporteren")
        monkeypatch.setattr(exports, "MOST_IN_A_SPREADSHEET", 1)
        assert pages.send(form, button=("vorm", "xlsx")).status_code == 422
        assert "Excel" in pages.get("/desk/relaties/exporteren").text
        assert len(rows_of(taken(pages, "/desk/relaties/exporteren"))) == 2

    def test_the_filter_of_the_list_goes_along(self, people, staff_pages):
        pages = staff_pages(Role.RELATIONS)
        page = pages.get(pages.get("/desk/relaties?soort=organisation").link("Exporteren"))
        assert "1 regel" in page.text
        rows = rows_of(pages.send(page.form("/exporteren"), button=("vorm", "csv")))
        assert [row["Nummer"] for row in rows] == [str(people[1])]


def test_a_list_that_changes_while_it_is_taken_along_stands_there_as_it_was(people, app, monkeypatch):
    monkeypatch.setattr(letterheads, "_AT_ONCE", 1)
    export = exports._Export("contacts", "Relaties", 4, [], lambda: exported_contacts(ListFilter()))
    rows = exports._of_one_moment(export)
    taken = [next(rows)]

    def change():
        with app.app_context(), transaction():
            contacts.person(surname="Nieuw", match_name="nieuw")
            session().get_one(contacts.Contact, people[2]).merged_into_id = people[3]

    with ThreadPoolExecutor(1) as other:
        other.submit(change).result()
    taken += rows
    assert [row.letterhead.contact_id for row in taken] == list(people)


def test_whoever_leafs_further_is_written_down(programmes, people, staff_pages):
    with transaction():
        for number in range(60):
            gifts.gift(contact_id=contacts.person(surname=f"Bladeraar{number}"))
    pages = staff_pages(Role.FINANCE)
    for kind, address in (("contacts", "/desk/relaties"), ("gifts", "/desk/giften")):
        pages.get(address)
        session().rollback()
        assert session().scalar(select(AuditEntry.id).where(AuditEntry.action == f"{kind}.leafed")) is None
        pages.get(f"{address}?pagina=2")
        session().rollback()
        action, after = told()
        assert (action, after["page"], after["rows"] > 9) == (f"{kind}.leafed", 2, True)


class TestGifts:
    def test_as_csv(self, people, staff_pages):
        with transaction():
            first = gifts.gift(contact_id=people[0])
            gifts.gift(contact_id=None)
        rows = rows_of(taken(staff_pages(Role.FINANCE), "/desk/giften/exporteren"))
        assert len(rows) == 2
        assert rows[1]["Kenmerk"] == first.reference
        assert rows[1]["Ontvangen"] == "25,00"
        assert rows[1]["Ontvangen op"] == "14-03-2026"
        assert rows[1]["Aanhef"] == "Geachte heer Van der Berg,"
        assert rows[0]["Naam"] == ""
        assert told() == ("gifts.exported", {"rows": 2, "shape": "csv"})

    def test_all_of_them_are_read_whatever_the_size_of_a_step(self, people, staff_pages, monkeypatch):
        from fundraising.gifts.queries import exported

        monkeypatch.setattr(exported, "_AT_ONCE", 2)
        with transaction():
            for _ in range(5):
                gifts.gift(contact_id=people[0])
        rows = rows_of(taken(staff_pages(Role.FINANCE), "/desk/giften/exporteren?jaar=2026"))
        assert len({row["Kenmerk"] for row in rows}) == 5
        assert told()[1]["filter"] == {"jaar": "2026"}


@pytest.mark.parametrize("address", ["/desk/relaties/exporteren", "/desk/giften/exporteren"])
def test_who_may(staff_pages, address):
    allowed = {
        "/desk/relaties/exporteren": {Role.RELATIONS, Role.FINANCE},
        "/desk/giften/exporteren": {Role.FINANCE},
    }[address]
    for role in Role:
        assert (staff_pages(role).client.get(address).status_code == 200) is (role in allowed)
