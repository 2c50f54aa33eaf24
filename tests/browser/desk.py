"""The desk with something of everything on it, and somebody of the staff before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from fundraising.accounts.rules import Actor, ActorKind, Subject
from fundraising.accounts.services.audit import acting_as, record
from fundraising.clock import now
from fundraising.contacts.models import (
    Affiliation,
    ChurchDetails,
    ContactEmail,
    ContactNote,
    ContactPhone,
    DuplicateCandidate,
    Household,
    HouseholdMember,
    OrganisationLink,
    PostalAddress,
)
from fundraising.contacts.rules import OrganisationKind
from fundraising.contacts.rules.organisations import Denomination
from fundraising.contacts.services.search_index import reindex
from fundraising.db import session, transaction
from fundraising.gifts.rules import Source
from fundraising.giving.models import RefundRequest
from fundraising.giving.rules import Route
from fundraising.giving.rules.refunds import RequestState
from fundraising.mailer import Message, enqueue
from fundraising.money import Euro
from tests.conftest import StaffPages
from tests.factories.contacts import organisation, person
from tests.factories.gifts import gift, refund
from tests.factories.giving import donation, donor, payment
from tests.factories.programmes import programme

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, BrowserContext, Page, SetCookieParam

    from fundraising.accounts.rules import Role
    from tests.browser.site import Site

PEOPLE = (
    ("Berg", "van der", "J.P."),
    ("Bruning", "", "M."),
    ("Jansen-de Vries", "", "Anna"),
    ("Hart", "'t", "K."),
    ("Wolvega-Hoogeveen tot Westerwoldingerland", "van", "A.B.C."),
)
MESSAGE = "Mijn man deed jarenlang vrijwilligerswerk in de gevangenis. Dit is ter nagedachtenis aan hem."


@dataclass(frozen=True)
class World:
    """Whom there is to look at."""

    person: int
    church: int


def fill(app: Flask) -> World:
    """People and organisations with ties, gifts, mails and notes."""
    with app.app_context(), transaction():
        people = [
            person(
                surname=surname,
                name_prefix=prefix,
                given_name=given,
                match_name=surname.lower().replace("-", "").replace(" ", ""),
                email=f"{surname.split()[0].lower()}@voorbeeld.example",
            )
            for surname, prefix, given in PEOPLE
        ]
        church = organisation(organisation_name="Sint-Janskerk", match_name="sintjanskerk", email="scriba@kerk.example")
        _ties(people, church)
        _gifts(people)
        _tasks(people, church)
        reindex([*people, church])
    return World(people[0], church)


def _ties(people: list[int], church: int) -> None:
    at = now()
    first = people[0]
    kind = OrganisationKind.DIACONIE
    diaconie = organisation(organisation_kind=kind, organisation_name="Diaconie Sint-Janskerk", match_name="diaconie")
    household = Household(addressee="De heer en mevrouw Van der Berg", greeting="Geachte familie", created_at=at)
    session().add(household)
    session().flush()
    place = {"street": "Achter de Kerk", "house_number": "12", "postcode": "2801 AB", "town": "Gouda"}
    terms = {"valid_from": date(2015, 1, 1), "valid_until": date(2021, 12, 31)}
    session().add_all(
        [
            PostalAddress(contact_id=first, created_at=at, **place),
            ContactPhone(contact_id=first, number="+31612345678", created_at=at),
            ChurchDetails(contact_id=church, denomination=Denomination.PKN, town="Gouda", members=1340),
            OrganisationLink(organisation_id=diaconie, parent_id=church, created_at=at),
            Affiliation(
                person_id=first, organisation_id=diaconie, role="penningmeester", is_primary=True, created_at=at
            ),
            Affiliation(person_id=first, organisation_id=church, role="diaken", created_at=at, **terms),
            *(HouseholdMember(contact_id=one, household_id=household.id, created_at=at) for one in (first, people[2])),
        ]
    )


def _gifts(people: list[int]) -> None:
    restoration, families = programme("herstelwerk"), programme("achterblijvers")
    for year in range(2019, 2027):
        gift(
            contact_id=people[0],
            amount=Euro.of(100 + year % 4 * 60),
            received_on=date(year, 3, 14),
            programme_id=restoration,
        )
    partly = Source("test", "partly")
    gift(
        contact_id=people[0],
        amount=Euro.of(1300),
        received_on=date(2026, 6, 20),
        programme_id=families,
        source=partly,
    )
    refund(partly, Euro.of(300), occurred_on=date(2026, 6, 21))
    promised = donation(by=donor(message=MESSAGE))
    gift(contact_id=people[1], reference=promised.reference, received_on=date(2026, 7, 1), programme_id=restoration)


def _tasks(people: list[int], church: int) -> None:
    donation(route=Route.TRANSFER, by=donor(organisation_name="Diaconie De Hoeksteen"), amount=Euro.of(250))
    moved = {
        "street": "Lange Weg van de Heilige Stoel",
        "house_number": "22-bis",
        "postcode": "7471 BB",
        "town": "Goor",
    }
    gave = donation(by=donor(**moved), contact_id=people[0])
    stuck = payment(gave, error="Contradiction: mollie:re_4qqhO89gsT stands as refunded -300.00", check_failures=5)
    asked = {"requested_by": "Joke Vis", "requested_at": now(), "next_try_at": now(), "note": "dubbel betaald"}
    for number, state in enumerate((RequestState.AWAITING_APPROVAL, RequestState.FAILED)):
        keys = {"form_key": f"form-{number}", "idempotency_key": f"key-{number}"}
        session().add(RefundRequest(payment_id=stuck.id, amount=Euro.of(600), state=state, **keys, **asked))
    session().add(DuplicateCandidate(contact_id=people[1], other_id=people[3], reasons="name", found_at=now()))
    mailbox = session().query(ContactEmail).filter_by(contact_id=church).one()
    mailbox.undeliverable_at, mailbox.undeliverable_reason = now(), "550 5.1.1 no such user"
    text = "Belt liever 's avonds. Wil in mei een avond in de kerk organiseren."
    session().add(ContactNote(contact_id=people[0], text=text, written_at=now(), written_by="Sanne de Boer"))
    enqueue(Message("thank_you", "berg@voorbeeld.example", "Dank voor uw gift", "Dank"))
    with acting_as(Actor(ActorKind.USER, "Kees Bakker")):
        record("contact.phone", Subject("contact", people[0]), after={"phone": "+31612345678"})


def signed_in(site: Site, *roles: Role, language: str = "nl") -> SetCookieParam:
    """The cookie of somebody new with these roles, who has proven twice who they are."""
    cookie = StaffPages(site.app)(*roles, language=language).client.get_cookie("desk", path="/desk")
    assert cookie is not None
    return {"name": "desk", "value": cookie.value, "domain": "localhost", "path": "/desk", "httpOnly": True}


def desk_of(browser: Browser, site: Site, *roles: Role, language: str = "nl", **screen: Any) -> Page:
    """A page in a browser of somebody with these roles, who is signed in."""
    context: BrowserContext = browser.new_context(reduced_motion="reduce", **screen)
    context.add_cookies([signed_in(site, *roles, language=language)])
    return context.new_page()
