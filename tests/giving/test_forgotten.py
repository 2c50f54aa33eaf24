"""Money, and people who are no longer known: whoever was erased, and whoever promised long ago and never gave."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fundraising.clock import now
from fundraising.contacts.queries import contact
from fundraising.db import session, transaction
from fundraising.gifts.queries import gift_by_source
from fundraising.gifts.rules import Source
from fundraising.giving.jobs import housekeeping_job, sync_payment
from fundraising.giving.models import Donation, DonorDetails
from fundraising.giving.rules import DonationState, Route
from fundraising.giving.simulator import lifecycle
from fundraising.mailer import outbox
from fundraising.personal import Degree
from fundraising.privacy.rules import Reason
from fundraising.privacy.services import erase
from fundraising.privacy.services.sources import plan_for
from tests.factories.giving import donation, donor


@pytest.fixture
def pays(house, mollie):
    """Let a payment come through; the contact whose gift it is."""

    def pay(provider_id):
        lifecycle.reach(mollie.world, provider_id, "paid")
        sync_payment(house.door, provider_id)
        found = gift_by_source(Source("mollie", provider_id)).contact_id
        session().rollback()
        return found

    return pay


@pytest.fixture
def erased(house, mollie, pays, later):
    """Somebody who gave, was thanked and is erased, and the payment of theirs that expired before that."""
    giver = pays(house.give())
    late = house.give(form_nonce="form-2")
    lifecycle.reach(mollie.world, late, "expired")
    sync_payment(house.door, late)
    house.app.extensions["deliver_mail"]()
    with later(days=40):
        housekeeping_job()
        with transaction():
            erase(giver, Reason.REQUEST, degree=plan_for(giver).degree)
    return giver, late


def thanked():
    found = [mail.recipient for mail in outbox() if mail.kind == "thank_you"]
    session().rollback()
    return found


def test_money_that_comes_after_an_erasure_is_booked_and_no_thanks_are_owed(erased, pays):
    giver, late = erased
    # That nothing is left to be thanked is no finding: the ledger is checked after each test.
    assert pays(late) == giver
    assert thanked() == [""]
    assert contact(giver).emails == ()


def test_whoever_gives_anew_after_being_erased_is_somebody_new_and_is_thanked(house, erased, pays):
    giver, _late = erased
    again = pays(house.give(form_nonce="form-3"))
    assert again != giver
    assert thanked() == ["a.sluis@example.nl", ""]
    assert plan_for(giver).done is Degree.REDUCED


class TestPromises:
    def emails(self):
        found = session().scalars(select(DonorDetails.email).order_by(DonorDetails.donation_id)).all()
        session().rollback()
        return found

    def test_what_was_typed_with_one_never_kept_goes_a_year_after_it_lapsed(self, house, later):
        with transaction():
            donation(route=Route.TRANSFER, by=donor(email="ooit@example.nl", message="Later"))
            donation(by=donor(email="nu@example.nl"), lapses_at=now() + timedelta(days=300))
        for days, left in ((31, "ooit@example.nl"), (394, "ooit@example.nl"), (396, "")):
            with later(days=days):
                housekeeping_job()
            assert self.emails() == [left, "nu@example.nl"]
        (row, _other) = session().scalars(select(DonorDetails).order_by(DonorDetails.donation_id))
        assert (row.surname, row.message, row.iban) == ("", "", "")
        assert session().scalars(select(Donation.state)).all() == [DonationState.LAPSED] * 2
        session().rollback()

    def test_of_one_that_was_kept_it_stays(self, house, pays, later):
        pays(house.give())
        with later(days=800):
            housekeeping_job()
        assert self.emails() == ["a.sluis@example.nl"]

    def test_money_for_one_that_is_forgotten_is_nobodys_gift(self, house, mollie, pays, later):
        provider_id = house.give()
        lifecycle.reach(mollie.world, provider_id, "expired")
        sync_payment(house.door, provider_id)
        with later(days=400):
            housekeeping_job()
        assert self.emails() == [""]
        assert pays(provider_id) is None
        assert thanked() == []
