"""The ledger check finds where payments and ledger differ, whatever was done to get round what guards both."""

import pytest
from sqlalchemy import text

from fundraising.db import session
from fundraising.giving.checks import findings
from fundraising.giving.jobs import sync_payment
from fundraising.giving.simulator import lifecycle
from fundraising.money import Euro
from tests.gifts.test_checks import take_guards_away

pytestmark = pytest.mark.broken_ledger


@pytest.fixture
def loose(house, mollie, database):
    """A gift refunded in part and charged back, a whole one, and one not paid, in tables that nothing guards."""
    provider_id, whole = house.give(), house.give(form_nonce="form-3", amount=Euro.of(500))
    house.give(form_nonce="form-2")
    for paid in (provider_id, whole):
        lifecycle.reach(mollie.world, paid, "paid")
        sync_payment(house.door, paid)
    lifecycle.refund(mollie.world, provider_id, lifecycle.RefundOrder(cents=10_000, status="refunded"))
    lifecycle.reverse_chargeback(mollie.world, lifecycle.charge_back(mollie.world, provider_id, cents=5_000).id)
    sync_payment(house.door, provider_id)
    take_guards_away(database)
    assert list(findings()) == []
    session().rollback()


NOT_BOOKED, NOT_PAID = "payment paid, not in the ledger", "in the ledger, not paid"
OTHERWISE = "in the ledger, not as it was paid"
WENT, WENT_UNBOOKED = "in the ledger, not refunded or charged back", "refund or chargeback not in the ledger"
STATUS, STATE = "payment's status is not what was seen", "donation's state is not its payments'"


HARMS = [
    (NOT_BOOKED, "DELETE FROM gift_entry"),
    (NOT_BOOKED, "UPDATE gift_entry SET amount = 1 WHERE kind = 'received'"),
    (NOT_BOOKED, "UPDATE gift_entry SET source_system = 'bank'"),
    (NOT_PAID, "UPDATE payment SET provider_id = 'tr_other' || id WHERE status = 'paid'"),
    (NOT_PAID, "UPDATE payment SET status = 'failed'"),
    (OTHERWISE, "UPDATE payment_event SET amount = 1 WHERE state = 'paid'"),
    (OTHERWISE, "UPDATE gift_entry SET contact_id = NULL"),
    (OTHERWISE, "UPDATE gift_entry SET programme_id = programme_id + 1"),
    (OTHERWISE, "UPDATE gift_entry SET received_on = '2020-01-01'"),
    (OTHERWISE, "UPDATE ledger SET mode = 'live'"),
    (WENT, "DELETE FROM payment_event WHERE kind = 'refund'"),
    (WENT, "DELETE FROM payment_event WHERE state = 'reversed'"),
    (WENT_UNBOOKED, "DELETE FROM gift_entry WHERE kind = 'refunded'"),
    (WENT_UNBOOKED, "UPDATE gift_entry SET amount = -1 WHERE kind = 'charged_back'"),
    (WENT_UNBOOKED, "UPDATE payment_event SET state = 'failed' WHERE kind = 'refund'"),
    (STATUS, "DELETE FROM payment_event WHERE state = 'paid'"),
    (STATUS, "UPDATE payment SET status = 'paid' WHERE status = 'open'"),
    (STATE, "UPDATE donation SET state = 'promised'"),
    (STATE, "UPDATE donation SET state = 'received'"),
    ("gift not thanked", "DELETE FROM acknowledgement"),
]


def test_what_is_broken_is_found(loose):
    """One harm after another, each undone before the next."""
    missed = []
    for check, harm in HARMS:
        assert session().execute(text(harm)).rowcount > 0, harm
        if check not in {finding.check for finding in findings()}:
            missed.append((check, harm))
        session().rollback()
    assert missed == []
