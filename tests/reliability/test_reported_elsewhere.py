"""What users of other systems report, and the defects read in those systems: none of it happens here."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fundraising import clock
from fundraising.db import session, transaction
from fundraising.gifts.queries import GiftFilter, gift_by_source, gifts, tax_year_total
from fundraising.gifts.rules import LedgerMode, Source
from fundraising.giving import queries
from fundraising.giving.jobs import process_hints, start_payment, sweep, sync_payment
from fundraising.giving.models import Payment
from fundraising.giving.mollie import MollieUnavailable, PaymentOrder, PaymentRow
from fundraising.giving.services import payments
from fundraising.giving.services.donations import payment_to_use, submit_donation
from fundraising.giving.services.hints import note_hint
from fundraising.giving.services.payments import ObservationRefused
from fundraising.giving.simulator import lifecycle
from fundraising.money import Euro
from tests.reliability.stage import BACK, Fault, Stage, submission
from tests.reliability.truth import assert_converged, booked_lines, provider_payments, thanked

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def stage(house, mollie) -> Iterator[Stage]:
    with house.app_context(), Stage(mollie).playing(NOON) as playing:
        yield playing
        session().rollback()


def give(stage: Stage, form: int = 0, **donor: str) -> str:
    """A payment that waits for its payer; its id at the provider."""
    filled_in = submission(form, stage.programme_id)
    with transaction():
        submitted = submit_donation(
            replace(filled_in, donor=replace(filled_in.donor, **donor)) if donor else filled_in, mode=LedgerMode.TEST
        )
    start_payment(stage.door, submitted.payment_id, redirect_url=BACK)
    with transaction():
        return session().get_one(Payment, submitted.payment_id).provider_id


def given_and_paid(stage: Stage, form: int = 0, **donor: str) -> str:
    provider_id = give(stage, form, **donor)
    lifecycle.reach(stage.world, provider_id, "paid")
    sync_payment(stage.door, provider_id)
    return provider_id


def hinted(*provider_ids: str) -> None:
    with transaction():
        for provider_id in provider_ids:
            note_hint(provider_id)


def test_one_payment_told_in_every_way_and_again_is_booked_once(stage):
    provider_id = given_and_paid(stage)
    for _ in range(3):
        hinted(provider_id, provider_id)
        process_hints(stage.door)
        sync_payment(stage.door, provider_id)
        stage.wait(timedelta(days=1))
        sweep(stage.door)
    assert [line.kind for line in booked_lines()] == ["received"]
    assert_converged(stage.world)


def test_who_tries_again_while_the_bank_is_thinking_does_not_pay_twice(stage):
    provider_id = give(stage)
    lifecycle.reach(stage.world, provider_id, "pending")
    sync_payment(stage.door, provider_id)
    reference = queries.payment(provider_id).reference
    with transaction():
        again = payment_to_use(reference, mode=LedgerMode.TEST)
    start_payment(stage.door, again, redirect_url=BACK)
    assert [payment.id for payment in provider_payments(stage.world)] == [provider_id]


def test_a_gift_that_was_charged_back_no_longer_stands(stage):
    provider_id = given_and_paid(stage, 4)
    contact_id = gift_by_source(Source("mollie", provider_id)).contact_id
    assert tax_year_total(contact_id, 2026) == Euro.of(1000)
    stage.wait(timedelta(days=200))
    lifecycle.charge_back(stage.world, provider_id)
    sweep(stage.door)
    assert [gift.standing for gift in gifts(GiftFilter())] == [Euro(0)]
    assert tax_year_total(contact_id, 2026) == Euro(0)


def test_a_refund_after_the_payment_was_settled_is_seen_without_any_webhook(stage):
    provider_id = given_and_paid(stage, 4)
    stage.wait(timedelta(days=100))
    lifecycle.refund(stage.world, provider_id, lifecycle.RefundOrder(cents=30_000, status="refunded"))
    sweep(stage.door)
    assert gift_by_source(Source("mollie", provider_id)).standing == Euro.of(700)


def test_no_payment_is_pending_for_ever_because_a_webhook_was_lost(stage):
    provider_id = give(stage)
    lifecycle.reach(stage.world, provider_id, "pending")
    for _ in range(10):
        stage.wait(timedelta(hours=12))
        sweep(stage.door)
    assert booked_lines() == []
    lifecycle.reach(stage.world, provider_id, "paid")
    stage.wait(timedelta(hours=7))
    sweep(stage.door)
    assert_converged(stage.world)


def test_the_case_of_an_address_makes_no_second_donor(stage):
    paid = [given_and_paid(stage, form, name=submission(0, 1).donor.name, email=email) for form, email in CASES]
    assert len({gift_by_source(Source("mollie", each)).contact_id for each in paid}) == 1


CASES = [(0, "Anna@Example.nl"), (1, "anna@example.NL"), (2, "ANNA@EXAMPLE.NL")]


def test_two_gifts_of_the_same_donor_amount_and_moment_are_two(stage):
    same = submission(0, stage.programme_id)
    for nonce in ("morning", "evening"):
        with transaction():
            submitted = submit_donation(replace(same, form_nonce=nonce), mode=LedgerMode.TEST)
        start_payment(stage.door, submitted.payment_id, redirect_url=BACK)
    for payment in provider_payments(stage.world):
        lifecycle.reach(stage.world, payment.id, "paid")
        sync_payment(stage.door, payment.id)
    assert len(list(gifts(GiftFilter()))) == 2
    assert thanked()["donor0@example.nl"] == 2


def test_an_answer_that_cannot_be_read_is_no_gift_of_nothing(stage):
    provider_id = give(stage)
    lifecycle.reach(stage.world, provider_id, "paid")
    good = stage.world.payment(provider_id)
    stage.world.store.update(replace(good, currency="USD").entity())
    hinted(provider_id)
    assert process_hints(stage.door) == (0, 1)
    assert booked_lines() == []
    stage.world.store.update(good.entity())
    stage.wait(timedelta(minutes=2))
    assert process_hints(stage.door) == (1, 0)
    assert_converged(stage.world)


def test_a_gift_of_new_years_night_is_of_the_year_that_has_begun_in_the_netherlands(stage):
    stage.wait(datetime(2026, 12, 31, 23, 30, tzinfo=UTC) - clock.now())
    given_and_paid(stage)
    assert [line.received_on for line in booked_lines()] == [date(2027, 1, 1)]


WAYS = ["hints", "looks", "adoption", "taken back"]


@pytest.mark.parametrize("way", WAYS)
def test_one_payment_that_cannot_be_booked_keeps_no_other_waiting(stage, monkeypatch, way):
    """What is wrong with it was foreseen: it is put aside with its error, and the round goes on."""
    sick, *others = waiting(stage, way)
    with monkeypatch.context() as broken:
        stumble_over(broken, sick, ObservationRefused("this cannot be"))
        assert sweep(stage.door).failed
    assert booked_since(way) == set(others)
    errors = session().scalars(select(Payment.error).where(Payment.error != "")).all()
    assert errors == ["ObservationRefused: this cannot be"]
    stage.wait(timedelta(minutes=10))
    sweep(stage.door)
    assert_converged(stage.world)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("trouble", [ZeroDivisionError, KeyboardInterrupt])
def test_what_nobody_foresaw_in_one_payment_keeps_no_other_waiting(stage, monkeypatch, way, trouble):
    """It fails the job, which is told, or the process dies of it; the next rounds go on with the others."""
    sick, *others = waiting(stage, way)
    with monkeypatch.context() as broken:
        stumble_over(broken, sick, trouble("nobody thought of this"))
        with pytest.raises(trouble):
            sweep(stage.door)
        for _ in range(5):
            stage.wait(timedelta(minutes=1))
            with suppress(trouble):
                sweep(stage.door)
    assert booked_since(way) == set(others)
    stage.wait(timedelta(hours=1))
    sweep(stage.door)
    assert_converged(stage.world)


def test_a_hint_that_comes_again_while_we_look_is_looked_into_again(stage, monkeypatch):
    provider_id = give(stage)
    hinted(provider_id)
    ask = stage.door.payment

    def paid_meanwhile(asked):
        row = ask(asked)
        monkeypatch.undo()
        lifecycle.reach(stage.world, provider_id, "paid")
        hinted(provider_id)
        return row

    monkeypatch.setattr(stage.door, "payment", paid_meanwhile)
    process_hints(stage.door)
    assert queries.backlog().waiting_hints == 1 - len(booked_lines())
    process_hints(stage.door)
    assert queries.backlog().waiting_hints == 0
    assert_converged(stage.world)


@pytest.mark.parametrize("way", ["hints", "looks"])
def test_a_provider_that_does_not_answer_is_soon_left_alone(stage, monkeypatch, way):
    """Each question waits for its time-outs: a round of hundreds would take hours."""
    paid = waiting(stage, way, 6)
    asked, ask = [], stage.door.payment
    monkeypatch.setattr(stage.door, "payment", lambda provider_id: asked.append(provider_id) or ask(provider_id))
    with stage.trouble(Fault("status", 503, times=100)), pytest.raises(MollieUnavailable):
        sweep(stage.door)
    assert len(asked) == 3
    failed = set(asked)
    if way == "looks":
        # What was not asked about is due as before.
        sweep(stage.door)
        assert {line.source for line in booked_lines()} == set(paid) - failed
    stage.wait(timedelta(minutes=2))
    sweep(stage.door)
    assert_converged(stage.world)


def waiting(stage: Stage, way: str, number: int = 3) -> list[str]:
    """Payments of which something waits to be found out in that way; their ids at the provider."""
    ids = [lost(stage, form) if way == "adoption" else give(stage, form) for form in range(number)]
    for provider_id in ids:
        lifecycle.reach(stage.world, provider_id, "paid")
    if way == "hints":
        hinted(*ids)
    if way == "taken back":
        for provider_id in ids:
            sync_payment(stage.door, provider_id)
            lifecycle.refund(stage.world, provider_id, lifecycle.RefundOrder(cents=1, status="refunded"))
    else:
        stage.wait(timedelta(minutes=5))
    return ids


def lost(stage: Stage, form: int) -> str:
    """A payment that the provider made, and whose answer never reached us."""
    with transaction():
        submitted = submit_donation(submission(form, stage.programme_id), mode=LedgerMode.TEST)
    wanted = queries.payment_to_make(submitted.payment_id)
    session().rollback()
    order = PaymentOrder(wanted.key, wanted.amount, "Gift", BACK, wanted.method, "nl_NL")
    return stage.door.create_payment(order).provider_id


def stumble_over(broken: pytest.MonkeyPatch, provider_id: str, trouble: BaseException) -> None:
    """Let everything about one payment be written, and then go wrong."""
    apply = payments._apply

    def stumble(row: PaymentRow, *held: object) -> None:
        apply(row, *held)
        if row.provider_id == provider_id:
            raise trouble

    broken.setattr(payments, "_apply", stumble)


def booked_since(way: str) -> set[str]:
    """The payments of which the ledger knows what waited to be found out."""
    found = {line.undoes if way == "taken back" else line.source for line in booked_lines()} - {""}
    session().rollback()
    return found
