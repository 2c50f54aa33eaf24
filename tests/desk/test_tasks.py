"""Tasks that staff close: addresses that givers typed, and what Mollie says that cannot be booked."""

import json

import pytest
from sqlalchemy import select, update

from fundraising.accounts.models import AuditEntry
from fundraising.accounts.rules import Role
from fundraising.clock import now, today
from fundraising.contacts.models import Contact, PostalAddress
from fundraising.contacts.queries import contact
from fundraising.contacts.rules import Address
from fundraising.contacts.services.ways import set_postal_address
from fundraising.db import session, transaction
from fundraising.giving.models import DonorDetails, Payment, WebhookHint
from fundraising.giving.queries import backlog
from fundraising.giving.rules import HintState
from fundraising.giving.services.hints import note_hint
from tests.factories.contacts import person
from tests.factories.giving import donation, donor, payment
from tests.web.page_client import Form

KNOWN = Address("Dorpsstraat", "1", "7471 AA", "Goor")


@pytest.fixture
def moved(app, programmes):
    """The number of somebody who filled in another address with a gift than we know."""
    with app.app_context(), transaction():
        giver = person(surname="Bruning", match_name="bruning")
        set_postal_address(giver, KNOWN)
        typed = donor(street="Lange <b>Weg", house_number="2", postcode="7471 BB", town="Hengelo")
        donation(by=typed, contact_id=giver)
    return giver


class TestAddresses:
    @pytest.fixture
    def relations(self, staff_pages):
        return staff_pages(Role.RELATIONS)

    def addresses_of(self, app, number):
        with app.app_context():
            rows = session().scalars(select(PostalAddress).order_by(PostalAddress.id))
            found = [(row.town, row.valid_from, row.valid_until) for row in rows if row.contact_id == number]
            session().rollback()
        return found

    def test_somebody_who_moved_has_the_new_one_from_today(self, app, relations, moved):
        page = relations.get("/desk/")
        assert "Lange <b>Weg 2, 7471 BB Hengelo" in page.text
        done = relations.submit(relations.get("/desk/adressen").form("/overnemen"))
        assert "Er wacht geen adres op een oordeel" in done.text
        old, new = self.addresses_of(app, moved)
        assert (old[0], new[:2]) == ("Goor", ("Hengelo", today()))
        assert old[2] is not None
        with app.app_context():
            assert contact(moved).address.town == "Hengelo"
            session().rollback()

    def test_what_was_typed_wrongly_is_forgotten(self, app, relations, moved):
        done = relations.submit(relations.get("/desk/adressen").form("/laten"))
        assert "Het bekende adres blijft" in done.text
        assert [row[0] for row in self.addresses_of(app, moved)] == ["Goor"]
        with app.app_context():
            assert session().scalars(select(DonorDetails.street)).all() == [""]
            assert session().scalars(select(AuditEntry.action)).all() == ["contact.address_left"]
            session().rollback()

    def test_nobody_is_asked_where_the_dead_live(self, app, relations, moved):
        with app.app_context(), transaction() as current:
            current.execute(update(Contact).values(deceased_on=today()))
        assert "Lange <b>Weg" not in relations.get("/desk/").text

    def test_the_list_asks_no_more_as_it_grows(self, app, relations, moved, queries):
        with queries() as few:
            relations.get("/desk/adressen")
        with app.app_context(), transaction():
            for number in range(5):
                giver = person(surname=f"Berg{number}", match_name=f"berg{number}")
                set_postal_address(giver, KNOWN)
                donation(by=donor(street="Verweg", house_number=str(number), postcode="7471 BB"), contact_id=giver)
        with queries() as many:
            page = relations.get("/desk/adressen")
        assert page.text.count("Verweg") == 5
        assert len(many) == len(few)

    @pytest.mark.parametrize("deed", ["/overnemen", "/laten"])
    def test_a_second_click_finds_it_judged(self, relations, moved, deed):
        form = relations.get("/desk/adressen").form(deed)
        relations.submit(form)
        assert "Iemand was u voor" in relations.submit(form).text


@pytest.mark.broken_ledger  # its payment was never booked
class TestStuck:
    @pytest.fixture
    def trouble(self, app, programmes):
        with app.app_context(), transaction():
            payment(provider_id="tr_contradicts", error="another amount than was asked", check_failures=6)
            for name in ("tr_contradicts", "tr_lostpromise"):
                note_hint(name)
            for hint in session().scalars(select(WebhookHint)):
                hint.state, hint.error = HintState.PARKED, f"{hint.provider_id} cannot be"
        return app

    def forms(self, page):
        forms = [Form(page, each) for each in page.all("form")]
        return [form for form in forms if form.action.endswith("/niet-te-boeken")]

    def names(self, page):
        return [form.values()["payment"][0] for form in self.forms(page)]

    def test_it_is_put_away_with_a_reason_by_finance(self, trouble, staff_pages):
        finance = staff_pages(Role.FINANCE)
        assert "another amount than was asked" in finance.get("/desk/").text
        page = finance.get("/desk/niet-te-boeken")
        assert self.names(page) == ["tr_contradicts", "tr_lostpromise"]
        again = finance.submit(self.forms(page)[0], {"reason": " "}, status=422)
        assert "Schrijf op wat u eraan hebt gedaan" in again.text
        done = finance.submit(self.forms(page)[0], {"reason": "Mollie heeft het hersteld"})
        assert self.names(done) == ["tr_lostpromise"]
        twice = finance.submit(self.forms(page)[0], {"reason": "nog eens"})
        assert "Iemand was u voor" in twice.text
        with trouble.app_context():
            row = session().scalars(select(Payment)).one()
            assert (row.error, row.check_failures, row.next_check_at) == ("", 0, None)
            assert (backlog().parked_hints, backlog().failing_payments) == (1, 0)
            (entry,) = session().scalars(select(AuditEntry).where(AuditEntry.action == "payment.settled"))
            assert (entry.subject_kind, entry.subject_id) == ("payment", row.id)
            session().rollback()

    def test_it_is_put_away_by_command(self, trouble, runner):
        found = json.loads(runner.invoke(args=["payments", "stuck", "--json"]).stdout)
        assert [each["name"] for each in found] == ["tr_contradicts", "tr_lostpromise"]
        assert "2 stuck" in runner.invoke(args=["payments", "stuck"]).stdout
        done = runner.invoke(args=["payments", "settle", "tr_lostpromise", "--reason", "recorded by hand"])
        assert done.stdout == "settled\n"
        again = runner.invoke(args=["payments", "settle", "tr_lostpromise", "--reason", "again"])
        assert (again.exit_code, "nothing of tr_lostpromise is stuck" in again.stderr) == (1, True)

    def test_news_of_it_brings_it_back(self, trouble, runner):
        runner.invoke(args=["payments", "settle", "tr_lostpromise", "--reason", "recorded by hand"])
        with trouble.app_context(), transaction():
            note_hint("tr_lostpromise")
            (hint,) = session().scalars(select(WebhookHint).where(WebhookHint.provider_id == "tr_lostpromise"))
            assert (hint.state, hint.next_try_at <= now()) == (HintState.WAITING, True)

    @pytest.mark.parametrize("role", [Role.RELATIONS, Role.AUDITOR, Role.ADMINISTRATOR])
    def test_only_finance_decides(self, trouble, staff_pages, role):
        assert staff_pages(role).client.get("/desk/niet-te-boeken").status_code == 403
