"""From a submitted form to ledger, thanks and what comes after, through the real client and a simulated Mollie."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fundraising import clock
from fundraising.db import session, transaction
from fundraising.gifts.queries import entries, gift_by_reference, gift_by_source
from fundraising.gifts.rules import Correction, EntryKind, LedgerMode, LedgerModeMismatch, Reason, Source
from fundraising.gifts.services import correct
from fundraising.giving import queries
from fundraising.giving.checks import findings
from fundraising.giving.jobs import housekeeping_job, process_hints, start_payment, sweep, sync_payment
from fundraising.giving.models import Payment, WebhookHint
from fundraising.giving.mollie import DoorSettings, MollieDoor, MollieUnavailable, PaymentOrder
from fundraising.giving.queries.trouble import stuck
from fundraising.giving.rules import DonationState, DonorKind, HintState, PaymentStatus, Route
from fundraising.giving.services import hints
from fundraising.giving.services.donations import (
    AlreadyPaid,
    let_promises_lapse,
    new_key,
    payment_to_use,
    submit_donation,
)
from fundraising.giving.services.hints import due_hints, note_hint, take_hints
from fundraising.giving.services.payments import ObservationRefused
from fundraising.giving.simulator import catalogue, lifecycle
from fundraising.giving.simulator.faults import add_api_fault
from fundraising.mailer import OutgoingMail
from fundraising.money import Euro
from tests.factories.contacts import person

MOLLIE = "mollie"


def booked(provider_id: str) -> list[tuple[str, int]]:
    """The entries of a payment's gift: kind and cents."""
    gift = gift_by_source(Source(MOLLIE, provider_id))
    return [(entry.kind, entry.amount.cents) for entry in entries(gift.gift_id)] if gift else []


def mails(kind: str = "thank_you") -> list[OutgoingMail]:
    return session().query(OutgoingMail).filter_by(kind=kind).all()


def pay(house, provider_id: str, status: str = "paid") -> None:
    lifecycle.reach(house.mollie.world, provider_id, status)


def test_a_paid_gift_is_booked_and_thanked_once(house):
    provider_id = house.give()
    pay(house, provider_id)
    assert sync_payment(house.door, provider_id)
    assert sync_payment(house.door, provider_id)
    assert booked(provider_id) == [(EntryKind.RECEIVED, 100_000)]
    assert len(mails()) == 1
    [payment] = queries.payments()
    status = queries.donation_status(payment.reference)
    assert (status.state, status.payment_status, status.paid_times) == (DonationState.RECEIVED, PaymentStatus.PAID, 1)
    assert gift_by_reference(payment.reference).received_on == clock.today()


def test_the_thanks_name_the_organisation_on_whose_behalf_somebody_gave(house):
    provider_id = house.give(donor={"kind": DonorKind.DIACONIE, "organisation_name": "Diaconie Zeist"})
    pay(house, provider_id)
    sync_payment(house.door, provider_id)
    [mail] = mails()
    assert "Geachte mevrouw Van der Sluis" in mail.text
    assert "Namens: Diaconie Zeist\n" in mail.text


@pytest.mark.parametrize("outcome", ["open", "pending", "authorized", "failed", "canceled", "expired"])
def test_what_is_not_paid_leaves_no_trace_in_the_ledger(house, outcome):
    provider_id = house.give()
    if outcome != "open":
        pay(house, provider_id, outcome)
    sync_payment(house.door, provider_id)
    assert booked(provider_id) == []
    assert mails() == []
    assert queries.payment(provider_id).status == outcome


@pytest.mark.parametrize("before", ["expired", "failed"])
def test_a_late_paid_counts(house, before):
    provider_id = house.give()
    pay(house, provider_id, before)
    sync_payment(house.door, provider_id)
    pay(house, provider_id)
    sync_payment(house.door, provider_id)
    assert booked(provider_id) == [(EntryKind.RECEIVED, 100_000)]


def test_refunds_and_chargebacks_become_linked_entries(house):
    provider_id = house.give()
    pay(house, provider_id)
    sync_payment(house.door, provider_id)
    world = house.mollie.world
    refund = lifecycle.refund(world, provider_id, lifecycle.RefundOrder(cents=20_000, status="processing"))
    sync_payment(house.door, provider_id)
    lifecycle.move_refund(world, refund.id, "refunded")
    lifecycle.refund(world, provider_id, lifecycle.RefundOrder(cents=5_000, status="pending"))
    chargeback = lifecycle.charge_back(world, provider_id, cents=30_000)
    sync_payment(house.door, provider_id)
    assert booked(provider_id) == [
        (EntryKind.RECEIVED, 100_000),
        (EntryKind.REFUNDED, -20_000),
        (EntryKind.CHARGED_BACK, -30_000),
    ]
    lifecycle.reverse_chargeback(world, chargeback.id, silently=True)
    lifecycle.move_refund(world, refund.id, "failed")
    sync_payment(house.door, provider_id)
    gift = gift_by_source(Source(MOLLIE, provider_id))
    assert gift.standing == Euro.of(1000)
    assert all(entry.reverses_id for entry in entries(gift.gift_id)[1:])


def test_a_chargeback_after_a_full_refund_is_a_fact_too(house):
    provider_id = house.give()
    pay(house, provider_id)
    world = house.mollie.world
    lifecycle.refund(world, provider_id, lifecycle.RefundOrder(cents=100_000, status="refunded"))
    lifecycle.charge_back(world, provider_id, cents=100_000)
    sync_payment(house.door, provider_id)
    assert gift_by_source(Source(MOLLIE, provider_id)).standing == Euro.of(-1000)


def test_a_webhook_hint_is_looked_into_and_settled(house):
    provider_id = house.give()
    pay(house, provider_id)
    with transaction():
        note_hint(provider_id)
        note_hint("tr_nobodyknows1")
    assert process_hints(house.door) == (2, 0)
    assert len(booked(provider_id)) == 1
    assert process_hints(house.door) == (0, 0)
    assert queries.backlog().waiting_hints == 1  # the unknown one is looked at a few times more


def test_one_run_looks_into_more_hints_than_are_taken_together(house, monkeypatch):
    monkeypatch.setattr("fundraising.giving.jobs._TAKEN_TOGETHER", 2)
    with transaction():
        for number in range(5):
            note_hint(f"tr_nobodyknows{number}")
    assert process_hints(house.door) == (5, 0)
    assert process_hints(house.door) == (0, 0)


def test_a_hint_of_an_unknown_payment_is_looked_into_a_few_times(house, later):
    with transaction():
        note_hint("tr_nobodyknows1")
    looks = []
    for minutes in range(0, 15, 3):
        with later(minutes=minutes):
            looks.append(process_hints(house.door))
    assert looks == [(1, 0)] * 3 + [(0, 0)] * 2
    assert queries.backlog().waiting_hints == 0


def test_a_paid_payment_of_a_promise_that_is_lost_is_put_aside_and_told(house, later):
    """A backup from before the promise was restored; Mollie's webhook is all that is left of it."""
    order = PaymentOrder(new_key(), Euro.of(500), "HerstelWerk", "https://charity.example/bedankt", "ideal", "nl_NL")
    lost = house.door.create_payment(order).provider_id
    others = house.door.create_payment(replace(order, key="INV-7")).provider_id
    unpaid = house.door.create_payment(replace(order, key=new_key())).provider_id
    pay(house, lost)
    pay(house, others)
    with transaction():
        for provider_id in (lost, others, unpaid):
            note_hint(provider_id)
    for hours in range(0, 30, 2):
        with later(hours=hours):
            process_hints(house.door)
    states = {hint.provider_id: (hint.state, bool(hint.error)) for hint in session().query(WebhookHint)}
    assert states == {
        lost: (HintState.PARKED, True),
        others: (HintState.UNKNOWN, False),
        unpaid: (HintState.UNKNOWN, False),
    }
    assert queries.backlog().parked_hints == 1


def test_a_flood_of_made_up_ids_does_not_wear_mollie_out(house, later, monkeypatch):
    monkeypatch.setattr(hints, "MOST_UNKNOWN_LOOKS", 3)
    monkeypatch.setattr("fundraising.giving.jobs._TAKEN_TOGETHER", 1)
    provider_id = house.give()
    pay(house, provider_id)
    looks = []
    for minutes in range(0, 4, 2):
        with later(minutes=minutes, seconds=minutes):
            for _ in range(3):
                with transaction():
                    for number in range(8):
                        note_hint(f"tr_nobodyknows{number}")
                looks.append(process_hints(house.door))
            with transaction():
                note_hint(provider_id)
            # Our own is looked at all the same.
            looks.append(process_hints(house.door))
    assert looks == [(3, 0), (0, 0), (0, 0), (1, 0)] * 2


def test_made_up_ids_neither_go_first_nor_come_back_as_new_nor_stay(house, later):
    provider_id = house.give()
    with transaction():
        note_hint("tr_madeup1")
    with later(seconds=1):
        with transaction():
            note_hint(provider_id)
        assert due_hints(clock.now(), 1) == [provider_id]
    for minutes in (1, 4, 7):
        with later(minutes=minutes):
            process_hints(house.door)
            with transaction():
                note_hint("tr_madeup1")
    made_up = session().query(WebhookHint).filter_by(provider_id="tr_madeup1").one()
    assert made_up.attempts == 3
    session().rollback()
    with later(minutes=10):
        process_hints(house.door)
    with later(weeks=5):
        housekeeping_job()
    assert session().query(WebhookHint).all() == []


def test_two_that_find_the_same_hint_do_not_both_take_it(house):
    with transaction():
        note_hint("tr_nobodyknows1")
    now = clock.now()
    found = [due_hints(now, 10), due_hints(now, 10)]
    session().rollback()
    taken = []
    for ids in found:
        with transaction():
            taken.append(take_hints(ids, now))
    assert [len(each) for each in taken] == [1, 0]


def test_a_hint_stays_while_mollie_is_away(house):
    provider_id = house.give()
    pay(house, provider_id)
    away = MollieDoor(DoorSettings("test_key", "http://127.0.0.1:9", pauses=()))
    with transaction():
        note_hint(provider_id)
    assert process_hints(away) == (0, 1)
    assert booked(provider_id) == []
    with clock.standing_still(clock.now() + timedelta(minutes=2)):
        assert process_hints(house.door) == (1, 0)
    assert len(booked(provider_id)) == 1


def test_the_sweep_finds_what_no_webhook_told(house, later):
    provider_id = house.give()
    pay(house, provider_id)
    with later(minutes=2):
        assert sweep(house.door).payments == 1
    assert len(booked(provider_id)) == 1
    lifecycle.refund(house.mollie.world, provider_id, lifecycle.RefundOrder(cents=100, status="refunded"))
    sweep(house.door)
    assert len(booked(provider_id)) == 2


def test_a_payment_whose_answer_was_lost_is_adopted(house, later):
    submitted = house.submit()
    # The payment is made at Mollie, and we never hear of it.
    add_api_fault(house.mollie.world.store, {"kind": "drop_after", "method": "POST"})
    with pytest.raises(MollieUnavailable):
        start_payment(house.door.in_a_hurry(), submitted.payment_id, redirect_url="https://charity.example/")
    with transaction():
        assert session().get_one(Payment, submitted.payment_id).provider_id is None
    with later(minutes=3):
        assert sweep(house.door).adopted == 1
    with transaction():
        provider_id = session().get_one(Payment, submitted.payment_id).provider_id
    pay(house, provider_id)
    sync_payment(house.door, provider_id)
    assert len(booked(provider_id)) == 1


def test_a_payment_that_never_reached_mollie_is_given_up_after_an_hour(house, later):
    submitted = house.submit()
    with later(minutes=3):
        assert sweep(house.door).adopted == 0
    assert stuck(most=10) == []  # nobody need look: a donor left, or Mollie was away for a moment
    with later(hours=2):
        sweep(house.door)
    assert queries.payment(str(submitted.payment_id)).status is PaymentStatus.ABANDONED


def test_a_webhook_that_comes_before_our_own_save_adopts(house):
    submitted = house.submit()
    order = queries.payment_to_make(submitted.payment_id)
    session().rollback()
    row = house.door.create_payment(
        PaymentOrder(order.key, order.amount, "d", "https://charity.example/", "ideal", "nl_NL"),
    )
    pay(house, row.provider_id)
    assert sync_payment(house.door, row.provider_id)
    assert len(booked(row.provider_id)) == 1


def test_the_same_submission_twice_is_one_donation(house):
    first, again = house.submit(), house.submit()
    assert again == type(again)(first.donation_id, first.reference, first.payment_id, created=False)
    assert house.submit(amount=Euro.of(500)).donation_id != first.donation_id


def test_try_again_goes_on_with_the_open_payment_and_renews_a_failed_one(house):
    provider_id = house.give()
    reference = queries.payment(provider_id).reference
    with transaction():
        open_one = payment_to_use(reference, mode=LedgerMode.TEST)
    assert queries.payment(str(open_one)).provider_id == provider_id
    pay(house, provider_id, "failed")
    sync_payment(house.door, provider_id)
    with transaction():
        renewed = payment_to_use(reference, mode=LedgerMode.TEST)
    assert renewed != open_one
    with transaction():
        assert payment_to_use(reference, mode=LedgerMode.TEST) == renewed


def test_a_method_that_mollie_refuses_is_left_to_mollies_own_page(house):
    catalogue.switch_off(house.mollie.world.store, ["ideal"])
    provider_id = house.give()
    pay(house, provider_id)
    sync_payment(house.door, provider_id)
    assert len(booked(provider_id)) == 1


def test_nothing_is_paid_again_once_paid(house):
    provider_id = house.give()
    pay(house, provider_id)
    sync_payment(house.door, provider_id)
    with pytest.raises(AlreadyPaid), transaction():
        payment_to_use(queries.payment(provider_id).reference, mode=LedgerMode.TEST)


def test_two_paid_payments_of_one_donation_are_both_booked_and_stand_as_an_exception(house):
    first = house.give()
    pay(house, first, "expired")
    sync_payment(house.door, first)
    reference = queries.payment(first).reference
    with transaction():
        second_id = payment_to_use(reference, mode=LedgerMode.TEST)
    start_payment(house.door, second_id, redirect_url="https://charity.example/")
    second = queries.payment(str(second_id)).provider_id
    pay(house, second)
    pay(house, first)
    sync_payment(house.door, second)
    sync_payment(house.door, first)
    assert len(booked(first)) == len(booked(second)) == 1
    assert [payment.provider_id for payment in queries.double_payments()] == [first, second]
    assert queries.donation_status(reference).paid_times == 2
    assert len(mails()) == 2


@pytest.mark.parametrize("known", [True, False])
def test_a_second_payment_is_of_whom_a_correction_says_that_the_first_is(house, known):
    first = house.give()
    pay(house, first, "expired")
    sync_payment(house.door, first)
    with transaction():
        second_id = payment_to_use(queries.payment(first).reference, mode=LedgerMode.TEST)
        other = person() if known else None
    start_payment(house.door, second_id, redirect_url="https://charity.example/")
    second = queries.payment(str(second_id)).provider_id
    pay(house, first)
    sync_payment(house.door, first)
    gift = gift_by_source(Source(MOLLIE, first))
    with transaction():
        correct(Correction(gift_id=gift.gift_id, reason=Reason.WRONG_CONTACT, recorded_by="staff:1", contact_id=other))
    pay(house, second)
    sync_payment(house.door, second)
    assert gift.contact_id not in {None, other}
    assert gift_by_source(Source(MOLLIE, second)).contact_id == other


def test_a_live_payment_never_enters_a_test_ledger(house):
    live = MollieDoor(DoorSettings("live_key", house.mollie.url))
    submitted = house.submit()
    with pytest.raises(ObservationRefused, match="does not belong"):
        start_payment(live, submitted.payment_id, redirect_url="https://charity.example/")
    assert queries.payments()[0].provider_id == ""


def test_nobody_is_asked_to_pay_what_the_ledger_cannot_take(house):
    """A test key was tried first, and a live one put in its place."""
    provider_id = house.give()
    pay(house, provider_id)
    sync_payment(house.door, provider_id)
    live = MollieDoor(DoorSettings("live_key", house.mollie.url))
    with transaction():
        submitted = submit_donation(replace(house.submission(), form_nonce="form-2"), mode=live.mode)
    with pytest.raises(LedgerModeMismatch):
        start_payment(live, submitted.payment_id, redirect_url="https://charity.example/")
    assert list(live.payments_since(clock.now() - timedelta(hours=1))) == []


def test_a_transfer_is_mailed_and_waits_until_it_lapses(house):
    submitted = house.submit(route=Route.TRANSFER, method="")
    assert submitted.payment_id is None
    assert len(mails("transfer_instructions")) == 1
    with transaction():
        assert let_promises_lapse(clock.now()) == 0
        assert let_promises_lapse(clock.now() + timedelta(days=61)) == 1
    assert queries.donation_status(submitted.reference).state is DonationState.LAPSED


def test_few_transfer_mails_go_to_one_address(house):
    for number in range(5):
        house.submit(route=Route.TRANSFER, method="", form_nonce=f"form-{number}", donor={"message": "Koop nu!"})
    sent = mails("transfer_instructions")
    assert len(sent) == 3
    assert not any("Koop nu!" in mail.text + mail.html for mail in sent)


def test_the_newsletter_is_asked_about_only_where_it_was_ticked(house):
    for nonce, newsletter in (("form-1", False), ("form-2", True)):
        provider_id = house.give(form_nonce=nonce, donor={"newsletter": newsletter})
        pay(house, provider_id)
        sync_payment(house.door, provider_id)
    assert len(mails("newsletter_confirmation")) == 1


@pytest.mark.broken_ledger
def test_an_address_that_no_mail_can_go_to_keeps_no_gift_from_being_booked(house):
    provider_id = house.give(donor={"email": "not an address", "newsletter": True})
    pay(house, provider_id)
    assert sync_payment(house.door, provider_id)
    assert len(booked(provider_id)) == 1
    assert {finding.check for finding in findings()} == {"gift not thanked"}


def test_a_gift_goes_to_the_same_person_again(house):
    for nonce in ("form-1", "form-2"):
        provider_id = house.give(form_nonce=nonce)
        pay(house, provider_id)
        sync_payment(house.door, provider_id)
    contacts = {queries.payment(p.provider_id).reference for p in queries.payments()}
    assert len({gift_by_reference(reference).contact_id for reference in contacts}) == 1
