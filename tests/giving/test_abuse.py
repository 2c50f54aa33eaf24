"""Counting what is tried: stolen cards, and what a stranger does to somebody who gave before."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from fundraising.contacts.queries import contact
from fundraising.contacts.rules import Address
from fundraising.db import session, transaction
from fundraising.gifts.rules import written_reference
from fundraising.giving import queries
from fundraising.giving.jobs import sync_payment
from fundraising.giving.models import Donation, Payment
from fundraising.giving.queries.addresses import addresses_to_judge
from fundraising.giving.rules import PaymentStatus, Route
from fundraising.giving.rules.velocity import (
    MOST_FAILURES_IN_A_DAY,
    MOST_MAILED_IN_A_DAY,
    MOST_SMALL_EVERYWHERE,
    Verdict,
)
from fundraising.giving.services.abuse import judge_submission, note_submission
from fundraising.giving.services.donations import note_address
from fundraising.giving.services.payments import abandon
from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.faults import add_api_fault
from fundraising.mailer import OutgoingMail
from fundraising.money import Euro
from tests.giving.giving_form import Visitor

SMALL = Euro.of(10)
HOME, ELSEWHERE = Address("Dorpsstraat", "1", "1234 AB", "Ede"), Address("Kerkstraat", "6", "9999 ZZ", "Elders")


@pytest.fixture
def visitor(house) -> Visitor:
    house.app.config["RATE_LIMITED"] = False
    return Visitor(house.app)


def test_trying_again_is_counted_as_a_form_is(visitor, house):
    reference = visitor.give(amount="other", other_amount="1")
    statuses = []
    for _ in range(MOST_FAILURES_IN_A_DAY + 3):
        lifecycle.reach(house.mollie.world, queries.donation_status(reference).provider_id, "failed")
        session().rollback()
        statuses.append(visitor.pages.client.post(f"/bedankt/{reference}/opnieuw").status_code)
    assert statuses == [303] * (MOST_FAILURES_IN_A_DAY - 1) + [429] * 4
    page = visitor.pages.submit(visitor.pages.get(f"/bedankt/{reference}").form("/opnieuw"), status=429)
    for fact in ("€ 1", "NL61 INGB 0006 3914 16", written_reference(reference)):
        assert fact in page.text
    assert session().scalar(select(func.count()).select_from(Payment)) == MOST_FAILURES_IN_A_DAY


def test_what_never_reached_mollie_is_no_try_of_a_card(visitor, house):
    add_api_fault(house.mollie.world.store, {"kind": "status", "status": 503, "method": "POST", "times": 1_000})
    references = [visitor.give(email=f"a{number}@example.nl") for number in range(MOST_FAILURES_IN_A_DAY)]
    with transaction():
        for payment in queries.payments():
            abandon(payment.payment_id)
    assert len(references) == len(queries.payments(PaymentStatus.ABANDONED)) == MOST_FAILURES_IN_A_DAY
    assert visitor.give(email="z@example.nl")


def test_what_is_refused_does_not_shut_small_gifts_for_others(house):
    with transaction():
        for _ in range(MOST_SMALL_EVERYWHERE):
            note_submission("one", SMALL, None)
    assert judge_submission("one", SMALL) is Verdict.TOO_MANY
    assert judge_submission("another", SMALL) is Verdict.ALLOWED
    donation_id = house.submit().donation_id
    with transaction():
        for number in range(MOST_SMALL_EVERYWHERE):
            note_submission(f"address {number}", SMALL, donation_id)
    assert judge_submission("another", SMALL) is Verdict.UNDER_ATTACK


def test_nobody_has_our_mail_sent_to_many_strangers(visitor):
    told = []
    for number in range(MOST_MAILED_IN_A_DAY + 2):
        answer = visitor.send(method="transfer", email=f"stranger{number}@example.nl")
        told.append("gemaild" in answer.headers["Location"])
    assert told == [True] * MOST_MAILED_IN_A_DAY + [False] * 2
    assert session().scalar(select(func.count()).select_from(OutgoingMail)) == MOST_MAILED_IN_A_DAY


@pytest.mark.parametrize(("days", "mailed"), [(1, False), (8, True)])
def test_one_mailbox_gets_few_of_our_mails_in_a_week(house, later, days, mailed):
    for number in range(3):
        assert house.submit(form_nonce=f"form-{number}", route=Route.TRANSFER).mailed
    with later(days=days):
        again = house.submit(form_nonce="again", route=Route.TRANSFER, donor={"email": "A.SLUIS@example.nl"})
    assert again.mailed is mailed


def paid(house, form: str) -> tuple[str, int]:
    provider_id = house.give(form_nonce=form)
    lifecycle.reach(house.mollie.world, provider_id, "paid")
    sync_payment(house.door, provider_id)
    reference = queries.payment(provider_id).reference
    contact_id = session().scalar(select(Donation.contact_id).where(Donation.reference == reference))
    session().rollback()
    return reference, contact_id


def typed(reference: str, address: Address) -> None:
    with transaction():
        note_address(reference, address)


@pytest.mark.parametrize("before_it_is_paid", [False, True])
def test_a_strangers_euro_does_not_redirect_post(house, before_it_is_paid):
    reference, contact_id = paid(house, "donor")
    typed(reference, HOME)
    assert contact(contact_id).address == HOME
    session().rollback()
    if before_it_is_paid:
        provider_id = house.give(form_nonce="stranger")
        stranger = queries.payment(provider_id).reference
        session().rollback()
        typed(stranger, ELSEWHERE)
        lifecycle.reach(house.mollie.world, provider_id, "paid")
        sync_payment(house.door, provider_id)
    else:
        stranger, same_contact = paid(house, "stranger")
        assert same_contact == contact_id
        typed(stranger, ELSEWHERE)
    assert contact(contact_id).address == HOME
    [judged] = addresses_to_judge(most=10)
    assert (judged.reference, judged.contact_id) == (stranger, contact_id)
    assert (judged.typed, judged.known) == (ELSEWHERE, HOME)


def test_there_is_nothing_to_judge_where_the_same_address_is_typed_again(house):
    for form in ("first", "second"):
        reference, _ = paid(house, form)
        typed(reference, HOME)
    assert addresses_to_judge(most=10) == []
