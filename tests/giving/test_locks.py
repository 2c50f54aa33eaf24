"""A bulk booking and an online gift of somebody it books on, at one moment: neither waits for the other for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from fundraising.contacts.models import PostalAddress
from fundraising.db import session, transaction
from fundraising.gifts.queries import gift_by_source
from fundraising.gifts.rules import Booking, LedgerMode, Source
from fundraising.gifts.services import record_gifts
from fundraising.giving.jobs import sync_payment
from fundraising.giving.models import Donation
from fundraising.giving.simulator import lifecycle
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from tests.databases import wait_until_somebody_waits
from tests.factories.contacts import person

HISTORIC = Source("test", "historic")


@pytest.mark.postgresql_only  # SQLite lets one write at a time, whatever it is
def test_a_gift_that_brings_an_address_while_earlier_years_come_in(house, mollie):
    with transaction():
        giver = person(
            given_name="A.", name_prefix="van der", surname="Sluis", match_name="sluis", email="a.sluis@example.nl"
        )
    provider_id = house.give()
    with transaction():
        donor = session().query(Donation).one().donor
        donor.street, donor.house_number, donor.postcode, donor.town = "Lange Weg", "1", "1234 AB", "Goor"
    lifecycle.reach(mollie.world, provider_id, "paid")
    programme_id = min(programme_names("nl"))
    session().rollback()
    begun = threading.Event()

    def bring_in():
        with house.app.app_context(), transaction():
            record_gifts([])
            begun.set()
            wait_until_somebody_waits()
            record_gifts([booking(giver, programme_id)])

    def give():
        with house.app.app_context():
            begun.wait(20)
            sync_payment(house.door, provider_id)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(bring_in), pool.submit(give)]:
            done.result(60)
    assert gift_by_source(HISTORIC).contact_id == gift_by_source(Source("mollie", provider_id)).contact_id == giver
    assert session().query(PostalAddress).one().town == "Goor"


def booking(giver, programme_id):
    return Booking(
        amount=Euro.of(25),
        contact_id=giver,
        programme_id=programme_id,
        method="transfer",
        received_on=date(2024, 3, 1),
        source=HISTORIC,
        mode=LedgerMode.TEST,
        recorded_by="test",
    )
