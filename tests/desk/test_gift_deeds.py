"""What staff do to a gift: correct, refund, thank."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from fundraising import clock
from fundraising.accounts.models import AuditEntry
from fundraising.accounts.rules import Role
from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import PersonName, Salutation
from fundraising.contacts.services.search_index import reindex
from fundraising.contacts.services.ways import change_email
from fundraising.db import session, transaction
from fundraising.gifts.queries import corrections, entries, gift_by_reference
from fundraising.gifts.rules import Correction, LedgerMode, Reason, Source
from fundraising.gifts.services import close_year, correct
from fundraising.giving.jobs import start_payment, sync_payment
from fundraising.giving.jobs.refunds import ask_due_refunds
from fundraising.giving.models import Payment
from fundraising.giving.mollie import DoorSettings, MollieDoor
from fundraising.giving.rules import Donor, DonorKind, Route, Submission
from fundraising.giving.services.donations import submit_donation
from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.faults import add_api_fault
from fundraising.giving.simulator.server import running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.mailer import outbox
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from tests.factories.contacts import person
from tests.factories.gifts import gift

KEY = "test_simulator0000000000000000000000"


@pytest.fixture
def finance(programmes, staff_pages):
    return staff_pages(Role.FINANCE, name="Kees Smit")


@pytest.fixture
def made(app, programmes):
    with app.app_context(), transaction():
        return gift(amount=Euro.of(25), received_on=date(2025, 12, 31), contact_id=None, source=Source("bank", "1"))


def now_standing(app, reference):
    with app.app_context():
        found = gift_by_reference(reference)
        session().rollback()
        return found


def correcting(pages, reference, fact, answers, **more):
    """Fill in a correction and look at what it will book."""
    page = pages.get(f"/desk/giften/{reference}/corrigeren?wat={fact}")
    return pages.submit(page.form("/corrigeren"), answers, **more)


class TestCorrecting:
    def test_a_date_with_a_preview_and_a_way_back(self, app, finance, made):
        preview = correcting(finance, made.reference, "datum", {"received_on": "2026-01-02", "note": "valuta"})
        assert "Dit wordt geboekt" in preview.text
        assert now_standing(app, made.reference).received_on == date(2025, 12, 31)
        done = finance.submit(preview.form("/boeken"))
        assert "De correctie is geboekt" in done.text
        assert now_standing(app, made.reference).received_on == date(2026, 1, 2)
        back = finance.submit(done.form("/terug"))
        assert "De correctie is teruggedraaid" in back.text
        assert now_standing(app, made.reference).received_on == date(2025, 12, 31)

    def test_it_is_written_down_with_before_and_after(self, app, finance, made):
        finance.submit(correcting(finance, made.reference, "bedrag", {"amount": "30,50"}).form("/boeken"))
        with app.app_context():
            (entry,) = session().scalars(select(AuditEntry).where(AuditEntry.action == "gift.corrected"))
            found = gift_by_reference(made.reference)
            (act,) = corrections(found.gift_id)
            assert (found.standing, entry.subject_id) == (Euro(3050), found.gift_id)
            assert act.recorded_by == f"staff:{entry.actor_id}"
            session().rollback()

    def test_a_contact_by_its_name_or_number(self, app, finance, made):
        with app.app_context(), transaction():
            number = person(surname="Sluis", given_name="A.", name_prefix="van der", match_name="sluis")
            reindex([number])
        page = finance.get(f"/desk/giften/{made.reference}/corrigeren?wat=relatie")
        choosing = finance.submit(page.form("/corrigeren"), {"who": "sluis"}, status=422)
        preview = finance.submit(choosing.form("/corrigeren"), {"chosen": str(number)})
        finance.submit(preview.form("/boeken"))
        assert now_standing(app, made.reference).contact_id == number

    def test_a_closed_year_is_explained(self, app, finance, made):
        with app.app_context(), transaction():
            close_year(2025, "test")
        preview = correcting(finance, made.reference, "bedrag", {"amount": "30"})
        assert "2025 is afgesloten" in preview.text
        finance.submit(preview.form("/boeken"))
        assert now_standing(app, made.reference).standing == Euro.of(30)

    def test_a_stale_page_books_nothing(self, app, finance, made):
        preview = correcting(finance, made.reference, "bedrag", {"amount": "30"})
        with app.app_context(), transaction():
            change = Correction(
                gift_id=made.gift_id, reason=Reason.WRONG_AMOUNT, recorded_by="test", amount=Euro.of(40)
            )
            correct(change)
        page = finance.submit(preview.form("/boeken"), status=409)
        assert "niet geboekt" in page.text
        assert "Blijft over € 40" in page.text
        assert page.form("/corrigeren").values()["amount"] == ["30"]
        assert now_standing(app, made.reference).standing == Euro.of(40)

    def test_a_second_click_books_once(self, app, finance, made):
        preview = correcting(finance, made.reference, "bedrag", {"amount": "30"})
        finance.submit(preview.form("/boeken"))
        finance.submit(preview.form("/boeken"), status=409)
        assert len(corrections_of(app, made)) == 1

    def test_what_cannot_be_booked_is_said_and_nothing_is(self, app, finance, made):
        for fact, answers in (
            ("bedrag", {"amount": "25"}),
            ("bedrag", {"amount": "0"}),
            ("bedrag", {"amount": "1,300"}),
            ("bedrag", {"amount": "x" * 10_000}),
            ("datum", {"received_on": "2026-02-30"}),
            ("datum", {"received_on": "2999-01-01"}),
            ("datum", {"received_on": ""}),
            ("relatie", {"who": "Niemand Bekend"}),
            ("relatie", {"who": ""}),
            ("bedrag", {"amount": "30", "note": "x" * 10_000}),
        ):
            again = correcting(finance, made.reference, fact, answers, status=422)
            assert again.by_id("errors") is not None, answers
            assert corrections_of(app, made) == [], answers

    def test_only_finance_corrects(self, staff_pages, made):
        for role in (Role.RELATIONS, Role.AUDITOR, Role.ADMINISTRATOR):
            client = staff_pages(role).client
            assert client.get(f"/desk/giften/{made.reference}/corrigeren").status_code == 403


def corrections_of(app, made):
    with app.app_context():
        found = corrections(made.gift_id)
        session().rollback()
        return found


class TestRefunding:
    @pytest.fixture
    def mollie(self):
        with running_simulator(settings=SimulatorSettings(seed=7, start_courier=False)) as running:
            yield running

    @pytest.fixture
    def door(self, app, mollie):
        app.extensions["mollie"] = MollieDoor(DoorSettings(KEY, mollie.url), sleep=lambda _seconds: None)
        return app.extensions["mollie"]

    @pytest.fixture
    def online(self, app, programmes, door, mollie):
        """The reference and Mollie's id of an online gift of € 1.000."""
        with app.app_context():
            donor = Donor(DonorKind.PERSON, PersonName(Salutation.MRS, "A.", "", "Sluis"), "a.sluis@example.nl")
            with transaction():
                submitted = submit_donation(
                    Submission(
                        "form-1",
                        min(programme_names("nl")),
                        Euro.of(1000),
                        Route.ONLINE,
                        "ideal",
                        "nl",
                        "",
                        donor,
                    ),
                    mode=LedgerMode.TEST,
                )
            start_payment(door, submitted.payment_id, redirect_url="https://charity.example/bedankt")
            provider_id = session().get_one(Payment, submitted.payment_id).provider_id
            lifecycle.reach(mollie.world, provider_id, "paid")
            sync_payment(door, provider_id)
        return submitted.reference, provider_id

    def refund(self, pages, reference, amount, **more):
        page = pages.get(f"/desk/giften/{reference}/terugbetalen")
        return pages.submit(page.form("/terugbetalen"), {"amount": amount}, **more)

    def test_in_part_and_the_page_shows_what_became_of_it(self, app, finance, door, mollie, online):
        reference, provider_id = online
        page = self.refund(finance, reference, "300")
        assert "Mollie betaalt het terug" in page.text
        (refund,) = mollie.world.refunds(provider_id)
        lifecycle.move_refund(mollie.world, refund.id, "processing")
        with app.app_context():
            sync_payment(door, provider_id)
        text = finance.get(f"/desk/giften/{reference}").text.replace("\u00a0", " ")
        assert "€ 700 blijft staan" in text
        assert "Terugbetaling onderweg" in text
        assert refund.id in text

    @pytest.mark.parametrize("how", ["failed", "refused"])
    def test_one_that_did_not_go_waits_until_it_is_put_aside(self, app, finance, door, mollie, online, how):
        reference, provider_id = online
        if how == "refused":
            add_api_fault(mollie.world.store, {"kind": "status", "status": 503, "method": "POST"})
        self.refund(finance, reference, "300")
        if how == "refused":
            lifecycle.refund(mollie.world, provider_id, lifecycle.RefundOrder(cents=1000_00))
        else:
            (refund,) = mollie.world.refunds(provider_id)
            for state in ("processing", "failed"):
                lifecycle.move_refund(mollie.world, refund.id, state)
        with app.app_context():
            sync_payment(door, provider_id)
            with clock.standing_still(clock.now() + timedelta(minutes=5)):
                ask_due_refunds(door)
        waiting = finance.get("/desk/terugbetalingen")
        assert "€ 300" in finance.get("/desk/").text.replace("\u00a0", " ")
        done = finance.submit(waiting.form("/afhandelen"))
        assert "De terugbetaling is terzijde gelegd." in done.text
        assert "niet terugbetaald, afgehandeld" in done.text.lower()
        assert not finance.get("/desk/terugbetalingen").all("form", action="/afhandelen")

    def test_the_amount_is_not_corrected_while_a_refund_is_under_way(self, finance, mollie, online):
        reference, _provider_id = online
        preview = correcting(finance, reference, "bedrag", {"amount": "800"})
        self.refund(finance, reference, "300")
        refused = finance.submit(preview.form("/boeken"), status=422)
        assert "Er loopt een terugbetaling van deze gift" in refused.text
        assert "€ 1.000" in finance.get(f"/desk/giften/{reference}").text.replace("\u00a0", " ")
        page = finance.get(f"/desk/giften/{reference}/corrigeren?wat=bedrag")
        assert "Er loopt een terugbetaling" in page.text
        assert finance.submit(page.form("/corrigeren"), {"amount": "800"}, status=422).by_id("errors") is not None
        moved = correcting(finance, reference, "datum", {"received_on": "2026-01-02"})
        finance.submit(moved.form("/boeken"))

    def test_a_large_one_takes_somebody_else(self, staff_pages, finance, mollie, online):
        reference, provider_id = online
        page = self.refund(finance, reference, "600")
        assert "iemand anders moet akkoord geven" in page.text
        assert not page.all("form", action="/goedkeuren")
        other = staff_pages(Role.FINANCE, name="Joke Vis")
        waiting = other.get("/desk/terugbetalingen")
        done = other.submit(waiting.form("/goedkeuren"))
        assert "Mollie betaalt het terug" in done.text
        assert len(mollie.world.refunds(provider_id)) == 1

    def test_nobody_agrees_to_their_own(self, finance, mollie, online):
        reference, provider_id = online
        page = self.refund(finance, reference, "600")
        number = page.form("/intrekken").action.split("/")[-2]
        token = page.form("/intrekken").values()["csrf_token"]
        answer = finance.client.post(
            f"/desk/terugbetalingen/{number}/goedkeuren", data={"csrf_token": token}, follow_redirects=True
        )
        assert "u hebt deze terugbetaling zelf aangevraagd" in answer.text
        assert mollie.world.refunds(provider_id) == []

    def test_too_low_a_balance_is_told_and_the_refund_withdrawn(self, finance, mollie, online):
        lifecycle.set_balance(mollie.world, 0)
        page = self.refund(finance, online[0], "300")
        assert "saldo te laag" in page.text
        page = finance.submit(page.form("/intrekken"))
        assert "De terugbetaling is ingetrokken" in page.text

    def test_a_second_click_refunds_once(self, finance, mollie, online):
        reference, provider_id = online
        form = finance.get(f"/desk/giften/{reference}/terugbetalen").form("/terugbetalen")
        finance.submit(form, {"amount": "300"})
        finance.submit(form, {"amount": "300"})
        assert len(mollie.world.refunds(provider_id)) == 1

    def test_an_amount_that_cannot_be_refunded_is_said(self, finance, mollie, online):
        for amount in ("1000,01", "0", "-5", "", "1,300", "NaN"):
            page = self.refund(finance, online[0], amount, status=422)
            assert page.by_id("errors") is not None, amount
            assert mollie.world.refunds(online[1]) == [], amount

    def test_a_gift_from_the_bank_is_not_refunded_here(self, finance, made):
        finance.get(f"/desk/giften/{made.reference}/terugbetalen", status=404)

    def test_a_refund_that_is_not_there(self, finance, made):
        page = finance.get(f"/desk/giften/{made.reference}")
        token = page.form("/bedanken").values()["csrf_token"]
        answer = finance.client.post("/desk/terugbetalingen/9/goedkeuren", data={"csrf_token": token})
        assert answer.status_code == 404

    def test_thanks_go_no_more_where_they_were_typed_wrong(self, app, finance, online):
        with app.app_context(), transaction():
            known = record(gift_by_reference(online[0]).contact_id)
            change_email(known.contact_id, known.emails[0].row_id, "goed@example.nl", version=known.version)
        page = finance.get(f"/desk/giften/{online[0]}")
        with clock.standing_still(clock.now() + timedelta(minutes=2)):
            assert "goed@example.nl" in finance.submit(page.form("/bedanken")).text

    def test_only_finance_refunds(self, staff_pages, online):
        for role in (Role.RELATIONS, Role.AUDITOR, Role.ADMINISTRATOR):
            client = staff_pages(role).client
            for address in (f"/desk/giften/{online[0]}/terugbetalen", "/desk/terugbetalingen"):
                assert client.get(address).status_code == 403


class TestThanking:
    def test_again_to_the_contact(self, app, finance, made):
        with app.app_context(), transaction():
            known = gift(contact_id=person(email="m.bruning@example.nl"))
        page = finance.get(f"/desk/giften/{known.reference}")
        page = finance.submit(page.form("/bedanken"))
        assert "m.bruning@example.nl" in page.text
        page = finance.submit(page.form("/bedanken"))
        assert "zojuist" in page.text
        with clock.standing_still(clock.now() + timedelta(minutes=2)):
            finance.submit(page.form("/bedanken"))
        with app.app_context():
            assert [mail.kind for mail in outbox()] == ["thank_you", "thank_you"]
            assert len(entries(known.gift_id)) == 1
            session().rollback()

    def test_nobody_who_died_is_thanked(self, app, finance, made):
        with app.app_context(), transaction():
            late = person(email="m.bruning@example.nl", deceased_on=date(2026, 1, 2))
            known = gift(contact_id=late)
        page = finance.get(f"/desk/giften/{known.reference}")
        assert "overleden" in finance.submit(page.form("/bedanken")).text
        with app.app_context():
            assert outbox() == []

    def test_without_an_address_it_says_so(self, finance, made):
        page = finance.get(f"/desk/giften/{made.reference}")
        assert "geen e-mailadres" in finance.submit(page.form("/bedanken")).text
