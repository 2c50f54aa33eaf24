"""The front page: each role sees what it has to do today, a few rows of each."""

from datetime import UTC, datetime, timedelta

import pytest

from fundraising.accounts.rules import Actor, ActorKind, Role, Subject
from fundraising.accounts.services.audit import acting_as, record
from fundraising.clock import now, standing_still
from fundraising.contacts.models import ContactEmail, DuplicateCandidate
from fundraising.db import session, transaction
from fundraising.desk.views.panels import MOST_ROWS
from fundraising.gifts.rules import Source
from fundraising.giving.rules import PaymentStatus, Route
from fundraising.mailer import Message, OutgoingMail, enqueue
from fundraising.mailer.outbox import MailState
from fundraising.money import Euro
from fundraising.operations.models import Alert
from fundraising.tasks import JobState
from tests.factories.contacts import organisation, person
from tests.factories.gifts import gift, refund
from tests.factories.giving import donation, donor, payment

# Its payments stand in tables alone: nobody booked them.
a_promise_of_payment = pytest.mark.broken_ledger


@pytest.fixture
def house(app, programmes):
    """Something of everything that needs an eye."""
    with app.app_context(), transaction():
        promised = donation(by=donor(message="Voor <b>mijn</b> buurvrouw"), amount=Euro.of(1300))
        giver = person(surname="Bruning", match_name="bruning", email="bruning@example.nl")
        gift(contact_id=giver, reference=promised.reference, amount=Euro.of(1300))
        other = person(surname="Bruining", match_name="bruining")
        session().add(DuplicateCandidate(contact_id=giver, other_id=other, reasons="name", found_at=now()))
        lost = organisation(organisation_name="Dorpskerk", email="scriba@kerk.example")
        mailbox = session().query(ContactEmail).filter_by(contact_id=lost).one()
        mailbox.undeliverable_at, mailbox.undeliverable_reason = now(), "550 no such user"
        donation(route=Route.TRANSFER, by=donor(organisation_name="Diaconie Gouda"), amount=Euro.of(250))
        twice = donation(amount=Euro.of(75))
        for attempt in (1, 2):
            payment(twice, attempt=attempt, status=PaymentStatus.PAID, paid_at=now())
        mail_id = enqueue(Message("thank_you", "weg@example.nl", "Dank u wel", "Dank"))
        mail = session().get(OutgoingMail, mail_id)
        mail.state, mail.last_error = MailState.FAILED, "554 refused"
    return app


def headings(page):
    return [heading.text for heading in page.all("h2") if (heading.get("id") or "").startswith("panel-")]


@a_promise_of_payment
def test_relations_see_gifts_with_their_message_and_what_to_mend(house, staff_pages):
    page = staff_pages(Role.RELATIONS).get("/desk/")
    assert page.heading == "Vandaag"
    assert headings(page) == [
        "Herinneringen",
        "Nieuwe giften",
        "Dubbelen om te beoordelen",
        "E-mail die terugkomt",
        "E-mailadressen met een mogelijke typefout",
        "Adressen om te beoordelen",
        "Nieuwe relaties",
    ]
    assert "Voor <b>mijn</b> buurvrouw" in page.text
    assert "J. de Bruning" in page.text
    assert "scriba@kerk.example" in page.text
    assert "550 no such user" in page.text
    assert "weg@example.nl" not in page.text


@a_promise_of_payment
def test_finance_sees_what_is_open_double_or_undelivered(house, staff_pages):
    page = staff_pages(Role.FINANCE).get("/desk/")
    assert headings(page) == [
        "Terugbetalingen die wachten",
        "Toegezegde overboekingen",
        "Dubbel betaald",
        "Niet te boeken",
        "Storingen",
        "Mail die niet bezorgd kon worden",
    ]
    assert "Diaconie Gouda" in page.text
    assert page.text.count("€ 75") == 2
    assert "554 refused" in page.text
    assert "buurvrouw" not in page.text


@a_promise_of_payment
def test_two_roles_see_both(house, staff_pages):
    page = staff_pages(Role.RELATIONS, Role.FINANCE, language="en").get("/desk/")
    assert headings(page)[:3] == ["Reminders", "New gifts", "Duplicates to judge"]
    assert "Paid twice" in headings(page)


@a_promise_of_payment
def test_an_administrator_sees_no_money(house, staff_pages):
    page = staff_pages(Role.ADMINISTRATOR).get("/desk/")
    assert "€" not in page.text
    assert "Nieuwe giften" not in headings(page)


def test_an_administrator_sees_colleagues_and_what_was_done(app, staff_pages):
    with app.app_context(), transaction(), acting_as(Actor(ActorKind.USER, "Kees Bakker")):
        record("contacts.exported", Subject("contacts"))
    page = staff_pages(Role.ADMINISTRATOR, name="Nog Zonder").get("/desk/")
    assert "Nog Zonder" in page.text
    assert "nog geen wachtwoord" in page.text
    assert "Relaties geëxporteerd Kees Bakker" in page.text
    assert {"Storingen", "Taken", "Laatst gedaan"} <= set(headings(page))


def test_what_stalls_is_an_exception(app, staff_pages):
    with app.app_context(), transaction():
        session().add(Alert(name="webhooks-late", detail="Messages wait.", raised_at=now()))
        session().add(Alert(name="mail-late", detail="Mail waits.", raised_at=now(), cleared_at=now()))
        session().add(JobState(name="mail-delivery", failures=2, error="no route to host"))
    page = staff_pages(Role.ADMINISTRATOR).get("/desk/")
    assert "Messages wait." in page.text
    assert "Mail waits." not in page.text
    assert "no route to host" in page.text


def test_who_has_no_role_is_told_so(app, staff_pages):
    assert "Hier is voor u niets te doen" in staff_pages().get("/desk/").text


def test_an_empty_house_says_that_all_is_well(app, staff_pages):
    page = staff_pages(Role.RELATIONS, Role.FINANCE).get("/desk/")
    assert "Er is nog geen gift binnengekomen." in page.text
    assert "Alle mail van de afgelopen maand is bezorgd." in page.text


def test_a_panel_shows_a_few_rows_and_leads_to_the_rest(app, staff_pages, queries):
    pages = staff_pages(Role.RELATIONS)
    with app.app_context(), transaction():
        person()
    with queries() as few:
        pages.get("/desk/")
    with app.app_context(), transaction():
        for _ in range(MOST_ROWS + 5):
            person()
    with queries() as many:
        page = pages.get("/desk/")
    assert page.text.count("J. de Vries") == MOST_ROWS
    assert page.link("Alles tonen") == "/desk/relaties?sorteer=-sinds"
    assert len(many) <= len(few)


def test_a_mail_that_failed_lately_leads_to_whom_it_was_for(app, staff_pages):
    with app.app_context(), transaction():
        known = person(email="Weg@Example.nl")
        for recipient, days in (("weg@example.nl", 3), ("niemand@example.nl", 0), ("oud@example.nl", 40)):
            mail = session().get(OutgoingMail, enqueue(Message("thank_you", recipient, "Dank u wel", "Dank")))
            mail.state, mail.created_at = MailState.FAILED, now() - timedelta(days=days)
    page = staff_pages(Role.FINANCE).get("/desk/")
    assert page.link("weg@example.nl") == f"/desk/relaties/{known}"
    assert "3 dagen geleden" in page.text
    assert "niemand@example.nl Dank u wel vandaag" in page.text
    assert "oud@example.nl" not in page.text


def test_a_mistyped_address_is_a_task_as_long_as_it_is_new(app, staff_pages):
    with app.app_context(), transaction():
        for address in ("anna@gmial.com", "bram@gmail.com", "kees@eigen-domein.example"):
            person(email=address)
        with standing_still(now() - timedelta(days=40)):
            person(email="oud@hotmial.com")
    page = staff_pages(Role.RELATIONS).get("/desk/")
    assert "anna@gmial.com; bedoeld is waarschijnlijk anna@gmail.com" in page.text
    assert page.text.count("bedoeld is waarschijnlijk") == 1


@a_promise_of_payment
def test_a_double_payment_of_which_one_went_back_is_dealt_with(app, staff_pages, programmes):
    with app.app_context(), transaction():
        twice = donation(amount=Euro.of(75))
        for attempt in (1, 2):
            paid = payment(twice, attempt=attempt, status=PaymentStatus.PAID, paid_at=now()).provider_id
            gift(amount=Euro.of(75), source=Source("mollie", paid))
    pages = staff_pages(Role.FINANCE)
    page = pages.get("/desk/")
    assert page.text.count("€ 75") == 2
    rows = [row for row in page.all("li") if "€\u00a075" in "".join(row.itertext())]
    assert len({link.get("href") for row in rows for link in row.iter("a")}) == 2
    with app.app_context(), transaction():
        refund(Source("mollie", paid), Euro.of(75))
    assert "niets dubbel betaald" in pages.get("/desk/").text


@a_promise_of_payment
def test_an_old_double_payment_is_no_news(app, staff_pages, programmes):
    with app.app_context(), transaction():
        twice = donation(created_at=now() - timedelta(days=400))
        for attempt in (1, 2):
            payment(twice, attempt=attempt, status=PaymentStatus.PAID, paid_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert "niets dubbel betaald" in staff_pages(Role.FINANCE).get("/desk/").text
