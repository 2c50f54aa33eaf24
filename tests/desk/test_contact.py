"""The page of a contact: what it tells, to whom, through every merge, in the same number of queries however long."""

from datetime import date, timedelta

import pytest

from fundraising.accounts.rules import Actor, ActorKind, Role, Subject
from fundraising.accounts.services.audit import acting_as, record
from fundraising.clock import now
from fundraising.contacts.models import (
    Affiliation,
    ChurchDetails,
    Consent,
    Contact,
    ContactNote,
    ContactPhone,
    Household,
    HouseholdMember,
    OrganisationLink,
    PostalAddress,
)
from fundraising.contacts.rules import ConsentState, OrganisationKind
from fundraising.contacts.rules.organisations import Denomination
from fundraising.db import session, transaction
from fundraising.mailer import Message, enqueue
from fundraising.money import Euro
from tests.factories.contacts import organisation, person
from tests.factories.gifts import gift, refund
from tests.web.page_client import text_of


def note(contact_id, text, *, days_ago=0):
    at = now() - timedelta(days=days_ago)
    session().add(ContactNote(contact_id=contact_id, text=text, written_at=at, written_by="Sanne de Boer"))


@pytest.fixture
def known(app, programmes):
    """A person of whom everything is known, and who was two contacts once; the ids by name."""
    with app.app_context(), transaction():
        ids = {"person": person(email="a@example.nl", proven_iban="NL91ABNA0417164300")}
        ids["partner"] = person(given_name="K.")
        ids["loser"] = person(email="oud@example.nl", merged_into_id=ids["person"])
        ids["church"] = organisation()
        ids["diaconie"] = organisation(organisation_kind=OrganisationKind.DIACONIE, organisation_name="Diaconie")
        session().add_all(
            [
                ContactPhone(contact_id=ids["person"], number="+31612345678", created_at=now()),
                PostalAddress(
                    contact_id=ids["loser"],
                    street="Kade",
                    house_number="1",
                    postcode="2801 AB",
                    town="Gouda",
                    created_at=now(),
                ),
                ChurchDetails(contact_id=ids["church"], denomination=Denomination.CGK, town="Gouda", members=1300),
                OrganisationLink(organisation_id=ids["diaconie"], parent_id=ids["church"], created_at=now()),
                Affiliation(
                    person_id=ids["person"],
                    organisation_id=ids["church"],
                    role="scriba",
                    valid_until=date(2020, 1, 1),
                    created_at=now(),
                ),
                Affiliation(
                    person_id=ids["loser"],
                    organisation_id=ids["diaconie"],
                    role="penningmeester",
                    is_primary=True,
                    created_at=now(),
                ),
                Consent(
                    contact_id=ids["loser"],
                    purpose="newsletter",
                    channel="email",
                    state=ConsentState.GRANTED,
                    source="form",
                    recorded_at=now(),
                ),
            ]
        )
        household = Household(addressee="Familie De Vries", greeting="Geachte familie", created_at=now())
        session().add(household)
        session().flush()
        for member in ("person", "partner"):
            session().add(HouseholdMember(contact_id=ids[member], household_id=household.id, created_at=now()))
        gift(contact_id=ids["person"], amount=Euro.of(1300), received_on=date(2026, 3, 14))
        partly = gift(contact_id=ids["loser"], amount=Euro.of(100), received_on=date(2024, 3, 14))
        assert partly
        note(ids["person"], "Belt liever <'s avonds>")
        enqueue(Message("thank_you", "oud@example.nl", "Dank voor uw gift", "Dank"))
        with acting_as(Actor(ActorKind.USER, "Kees Bakker")):
            record("contact.changed", Subject("contact", ids["person"]), after={"town": "Gouda"})
    return ids


@pytest.fixture
def shown(known, staff_pages):
    return lambda *roles, who="person", **kw: staff_pages(*roles, **kw).get(f"/desk/relaties/{known[who]}")


def test_who_it_is_and_how_to_reach_them(shown):
    page = shown(Role.RELATIONS)
    assert page.heading == "J. de Vries"
    for words in ("a@example.nl", "oud@example.nl", "06 12345678", "Kade 1", "2801 AB", "NL91 ABNA", "Gouda"):
        assert words in page.response.get_data(as_text=True).replace("\n", " "), words
    assert "Familie De Vries" in page.text
    assert "K. de Vries" in page.text
    assert "Nieuwsbrief per e-mail: akkoord" in page.text


def test_roles_that_stand_come_before_those_that_ended(shown, known):
    page = shown(Role.RELATIONS)
    roles = [text_of(li) for li in page.all("li") if "penningmeester" in text_of(li) or "scriba" in text_of(li)]
    assert roles == ["Diaconie penningmeester eerste aanspreekpunt", "Dorpskerk scriba tot en met 1 jan 2020"]
    assert page.link("Dorpskerk") == f"/desk/relaties/{known['church']}"


def test_who_died_is_marked_where_a_church_names_them(app, shown, known):
    with app.app_context(), transaction():
        session().get_one(Contact, known["person"]).deceased_on = date(2026, 1, 2)
    assert "J. de Vries overleden scriba" in shown(Role.RELATIONS, who="church").text


def test_an_organisation_shows_its_people_and_what_is_under_it(shown):
    church = shown(Role.RELATIONS, who="church")
    assert "CGK" in church.text
    assert "1.300" in church.text
    assert "Onderdelen Diaconie" in church.text
    assert "J. de Vries scriba" in church.text
    assert "Hoort bij Dorpskerk" in shown(Role.RELATIONS, who="diaconie").text


def test_giving_adds_up_through_a_merge(shown):
    page = shown(Role.FINANCE)
    rows = [text_of(row) for row in page.all("tr") if text_of(row).startswith("20")]
    assert rows == ["2026 € 1.300 € 1.300", "2025 – € 0", "2024 € 100 € 100"]
    assert "€ 1.400" in page.text
    assert len(page.all("{http://www.w3.org/2000/svg}svg", role="img")) == 1


def test_what_went_back_is_not_counted(app, programmes, staff_pages):
    with app.app_context(), transaction():
        giver = person()
        from fundraising.gifts.rules import Source

        source = Source("test", "part")
        gift(contact_id=giver, amount=Euro.of(100), source=source)
        refund(source, Euro.of(30))
    page = staff_pages(Role.FINANCE).get(f"/desk/relaties/{giver}")
    assert "2026 € 70 € 70" in page.text
    assert "€ 30 teruggegaan" in page.text


def test_one_story_newest_first(shown):
    page = shown(Role.RELATIONS)
    days = [text_of(heading) for heading in page.all("h3")]
    assert days[-1] == "14 maart 2024"
    assert len(days) == 3
    story = page.text[page.text.index("Wat er gebeurde") :]
    told = ["Belt liever <'s avonds>", "Relatie gewijzigd", "Kees Bakker", "Dank voor uw gift", "Gift aan"]
    assert all(words in story for words in told)


def test_the_story_tells_what_something_was_before(app, known, staff_pages):
    with app.app_context(), transaction():
        about = Subject("contact", known["church"])
        told = {"before": {"name": "Hervormd Gouda"}, "after": {"name": "Dorpskerk"}}
        record("contact.changed", about, **told)
        record("contact.note", about, before={"note": 1, "text": "Weg hiermee"})
    page = staff_pages(Role.RELATIONS).get(f"/desk/relaties/{known['church']}")
    assert [text_of(each) for each in page.all("del")] == ["Hervormd Gouda"]


def test_who_may_not_see_gifts_sees_none(shown):
    page = shown(Role.ADMINISTRATOR)
    assert "€" not in page.text
    assert "Belt liever" in page.text


def test_a_merged_contact_leads_to_what_it_is_now(known, staff_pages):
    answer = staff_pages(Role.RELATIONS).client.get(f"/desk/relaties/{known['loser']}")
    assert (answer.status_code, answer.location) == (301, f"/desk/relaties/{known['person']}")
    # A merge can be undone, so nobody keeps the answer.
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_unknown_contact_is_not_found(known, staff_pages):
    pages = staff_pages(Role.RELATIONS)
    for number in ("0", "999999", "9223372036854775807", "9223372036854775808", "1e3", "-1", "abc"):
        pages.get(f"/desk/relaties/{number}", status=404)


def test_a_long_story_is_leafed_and_asks_no_more(app, known, staff_pages, queries):
    pages = staff_pages(Role.RELATIONS)
    path = f"/desk/relaties/{known['person']}"
    with queries() as few:
        pages.get(path)
    with app.app_context(), transaction():
        for number in range(40):
            note(known["person"], f"Notitie nummer {number}.", days_ago=1 + number // 2)
            gift(contact_id=known["loser"], received_on=date(2025, 1, 1) + timedelta(days=number))
            other = organisation(organisation_name=f"Kerk {number}")
            session().add(Affiliation(person_id=known["person"], organisation_id=other, role="lid", created_at=now()))
    with queries() as many:
        page = pages.get(path)
    assert len(many) == len(few) <= 28
    # Under which numbers somebody is known is asked once, whatever uses it.
    assert len([each for each in few if "merged_below" in each]) == 1
    assert "Notitie nummer 0." in page.text
    assert "Notitie nummer 39." not in page.text
    seen = []
    while True:
        seen += [text_of(moment) for moment in page.all("li", class_="moment")]
        if not page.all("a", rel="next"):
            break
        page = pages.get(page.link("Volgende"))
    assert len([moment for moment in seen if "Notitie nummer" in moment]) == 40
    assert len(seen) == 40 + 40 + 5


def test_strange_names_do_no_harm(app, staff_pages):
    with app.app_context(), transaction():
        strange = person(given_name="", name_prefix="", surname="<script>alert(1)</script>" + "\u202e" + "é" * 90)
        nameless = organisation(organisation_name="", match_name="")
        session().get(Contact, nameless).organisation_name = " "
    pages = staff_pages(Role.RELATIONS)
    assert "<script>alert(1)</script>" in pages.get(f"/desk/relaties/{strange}").heading
    pages.get(f"/desk/relaties/{nameless}")
    pages.get("/desk/relaties")


def test_english(shown):
    page = shown(Role.RELATIONS, language="en")
    assert page.root.get("lang") == "en"
    assert "How to reach" in page.text
    assert "€1,300" in page.text
