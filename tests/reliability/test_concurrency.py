"""Many at once: webhooks, workers, pages, donors with two tabs. What is one stays one, and nothing is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from config import Config
from fundraising import clock
from fundraising.accounts.rules import Actor, ActorKind, Role
from fundraising.accounts.services import acting_as
from fundraising.app import create_app
from fundraising.db import session, transaction
from fundraising.gifts.models import GiftEntry
from fundraising.gifts.queries import gift_by_source
from fundraising.gifts.rules import Booking, Correction, LedgerMode, Reason, Source
from fundraising.gifts.services import correct, record_gift
from fundraising.giving import queries
from fundraising.giving.jobs import process_hints, start_payment, sweep, sync_payment
from fundraising.giving.jobs.refunds import ask_refund
from fundraising.giving.models import Donation, Payment
from fundraising.giving.rules.refunds import MoreThanLeft, RefundUnderWay, WrongState
from fundraising.giving.services.donations import payment_to_use, submit_donation
from fundraising.giving.services.hints import note_hint
from fundraising.giving.services.refunds import approve_refund, keep_refunds_off, request_refund
from fundraising.giving.simulator import lifecycle
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from fundraising.web.tokens import Tokens
from tests.factories import accounts
from tests.reliability.crowd import Donor
from tests.reliability.serving import Installation, in_processes
from tests.reliability.stage import BACK, submission, watched_door
from tests.reliability.truth import (
    assert_gifts_are_whole,
    booked_lines,
    expected_lines,
    paid_payments,
    provider_payments,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

WEBHOOKS = 50
PROCESSES = 3


@pytest.fixture
def settings(mollie) -> dict[str, str]:
    return {"MOLLIE_API_URL": mollie.url}


@pytest.fixture
def office(house: Flask, mollie) -> Iterator[Flask]:
    house.extensions["mollie"] = watched_door(mollie)
    with house.app_context():
        yield house
        session().rollback()


def at_once(app: Flask, number: int, act: Callable[[int], object]) -> list[object]:
    """Do something in so many threads at the same moment, each with a context and a session of its own."""
    barrier = threading.Barrier(number)

    def run(each: int) -> object:
        with app.app_context():
            barrier.wait(20)
            return act(each)

    session().rollback()
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def given(app: Flask, form: int = 0) -> str:
    """A payment that waits at the provider; its id there."""
    with transaction():
        submitted = submit_donation(submission(form, min(programme_names("nl"))), mode=LedgerMode.TEST)
    start_payment(app.extensions["mollie"], submitted.payment_id, redirect_url=BACK)
    with transaction():
        return session().get_one(Payment, submitted.payment_id).provider_id


def hint(provider_id: str) -> None:
    with transaction():
        note_hint(provider_id)


def work_off(_number: int, installation: Installation) -> None:
    """A worker's process: look into hints, and sweep."""
    app = installation.app()
    with app.app_context():
        for _ in range(3):
            process_hints(app.extensions["mollie"])
            sweep(app.extensions["mollie"])


def test_fifty_webhooks_for_one_payment_at_once_are_one_entry_and_one_thank_you(office, mollie, config):
    provider_id = given(office)
    lifecycle.reach(mollie.world, provider_id, "paid")
    told = threading.Event()

    def tell(_number: int) -> int:
        answer = office.test_client().post("/webhooks/mollie", data={"id": provider_id})
        return answer.status_code

    def listen() -> None:
        with office.app_context():
            while not told.is_set():
                process_hints(office.extensions["mollie"])

    listeners = [threading.Thread(target=listen) for _ in range(3)]
    for listener in listeners:
        listener.start()
    answers = at_once(office, WEBHOOKS, tell)
    told.set()
    for listener in listeners:
        listener.join()
    assert answers == [200] * WEBHOOKS
    process_hints(office.extensions["mollie"])
    assert queries.backlog().waiting_hints == 0
    assert_right(mollie)


def test_page_sweep_and_hints_at_the_same_moment_are_one_entry(office, mollie):
    provider_id = given(office)
    lifecycle.reach(mollie.world, provider_id, "paid")
    lifecycle.refund(mollie.world, provider_id, lifecycle.RefundOrder(cents=1, status="refunded"))
    hint(provider_id)
    door = office.extensions["mollie"]
    acts = [lambda: sync_payment(door, provider_id), lambda: sweep(door), lambda: process_hints(door)]
    with clock.standing_still(clock.now() + timedelta(minutes=3)):
        at_once(office, 12, lambda number: acts[number % 3]())
    assert_right(mollie)


def test_several_workers_in_processes_of_their_own_book_each_payment_once(office, mollie, config, tmp_path):
    for form in range(6):
        provider_id = given(office, form)
        lifecycle.reach(mollie.world, provider_id, "paid")
        hint(provider_id)
    session().rollback()
    in_processes(PROCESSES, work_off, installed(config, mollie, tmp_path))
    assert len(booked_lines()) == 6
    assert_right(mollie)


def test_a_form_sent_many_times_at_once_is_one_donation_and_one_payment(office, mollie, config):
    donor = Donor(0, "", Tokens(config.secret_key, "giving-form").issue())
    with clock.standing_still(clock.now() + timedelta(minutes=1)):
        answers = at_once(
            office, 6, lambda _: office.test_client().post("/steun/herstelwerk", data=donor.form).status_code
        )
    assert answers == [303] * 6
    assert len(provider_payments(mollie.world)) == 1
    assert session().scalar(select(func.count()).select_from(Donation)) == 1
    assert session().scalar(select(func.count()).select_from(Payment)) == 1


def test_try_again_pressed_many_times_at_once_is_one_new_payment(office, mollie):
    provider_id = given(office)
    lifecycle.reach(mollie.world, provider_id, "failed")
    sync_payment(office.extensions["mollie"], provider_id)
    reference = queries.payment(provider_id).reference
    address = f"/bedankt/{reference}/opnieuw"
    answers = at_once(office, 6, lambda _: office.test_client().post(address).status_code)
    assert answers == [303] * 6
    assert len(provider_payments(mollie.world)) == 2
    assert len(queries.payments()) == 2


def test_two_payments_of_one_donation_paid_at_the_same_moment_are_two_gifts(office, mollie):
    first = given(office)
    door = office.extensions["mollie"]
    lifecycle.reach(mollie.world, first, "failed")
    sync_payment(door, first)
    with transaction():
        second_id = payment_to_use(queries.payment(first).reference, mode=LedgerMode.TEST)
    start_payment(door, second_id, redirect_url=BACK)
    second = queries.payment(str(second_id)).provider_id
    for provider_id in (first, second):
        lifecycle.reach(mollie.world, provider_id, "paid")
    at_once(office, 8, lambda number: sync_payment(door, (first, second)[number % 2]))
    assert len(paid_payments(mollie.world)) == 2
    assert {payment.provider_id for payment in queries.double_payments()} == {first, second}
    assert_right(mollie)


GIFTS_EACH = 25


def test_competing_writers_lose_no_gift_and_double_none(office, mollie, config, tmp_path):
    """Some gifts are each process's own, some are everybody's."""
    installation = installed(config, mollie, tmp_path)
    session().rollback()
    in_processes(PROCESSES, record_many, installation)
    rows = session().execute(select(GiftEntry.source_ref, GiftEntry.amount)).all()
    assert len({ref for ref, _ in rows}) == len(rows) == GIFTS_EACH * (PROCESSES + 1)
    assert sum(amount.cents for _, amount in rows) == 100 * len(rows)


class TestRefunds:
    """Of a gift of € 1.000, by several members of staff at the same moment."""

    @pytest.fixture
    def staff(self, office) -> list[Actor]:
        with transaction():
            people = [accounts.user(Role.FINANCE, name=f"Collega {number}") for number in range(5)]
            return [Actor(ActorKind.USER, person.name, person.id) for person in people]

    @pytest.fixture
    def paid(self, office, mollie) -> str:
        provider_id = given(office, form=4)
        lifecycle.reach(mollie.world, provider_id, "paid")
        sync_payment(office.extensions["mollie"], provider_id)
        return provider_id

    def ask(self, paid: str, euros: int, *, by: Actor, above: int = 5000) -> int:
        payment_id = queries.payment(paid).payment_id
        with acting_as(by), transaction():
            return request_refund(
                payment_id, Euro.of(euros), note="", form_key=f"form-{by.user_id}", approval_above=Euro.of(above)
            )

    def test_one_that_several_agree_to_is_made_once(self, office, mollie, staff, paid):
        number = self.ask(paid, 600, by=staff[0], above=500)

        def agree(each: int) -> str:
            try:
                with acting_as(staff[1 + each]), transaction():
                    approve_refund(number)
            except WrongState:
                return "late"
            finally:
                ask_refund(office.extensions["mollie"], number)
            return "agreed"

        assert sorted(at_once(office, 4, agree)) == ["agreed", "late", "late", "late"]
        assert [refund.cents for refund in mollie.world.refunds(paid)] == [600_00]

    def test_together_they_are_never_more_than_is_left(self, office, mollie, staff, paid):
        def ask(each: int) -> str:
            try:
                number = self.ask(paid, 600, by=staff[each])
            except MoreThanLeft:
                return "too much"
            ask_refund(office.extensions["mollie"], number)
            return "asked"

        assert sorted(at_once(office, 4, ask)) == ["asked", "too much", "too much", "too much"]
        assert [refund.cents for refund in mollie.world.refunds(paid)] == [600_00]

    def test_what_was_received_is_not_corrected_under_a_refund(self, office, mollie, staff, paid):
        def act(each: int) -> str:
            try:
                if each % 2:
                    self.ask(paid, 900, by=staff[each])
                else:
                    self.correct_amount(paid, 200 + each)
            except (MoreThanLeft, RefundUnderWay):
                return "refused"
            return "refunds" if each % 2 else "corrected"

        done = set(at_once(office, 4, act)) - {"refused"}
        assert done in ({"refunds"}, {"corrected"})
        if done == {"corrected"}:
            self.correct_amount(paid, 1000)

    def correct_amount(self, paid: str, euros: int) -> None:
        gift = gift_by_source(Source("mollie", paid))
        with transaction():
            keep_refunds_off(paid)
            correct(
                Correction(
                    gift_id=gift.gift_id, reason=Reason.WRONG_AMOUNT, recorded_by="finance", amount=Euro.of(euros)
                )
            )


def record_many(number: int, installation: Installation) -> None:
    app = create_app(Config.from_env(installation.environment))
    with app.app_context():
        programme_id = min(programme_names("nl"))

    def record(each: int) -> None:
        for ref in (f"own-{number}-{each}", f"shared-{each}"):
            with app.app_context(), transaction():
                record_gift(booking(ref, programme_id))

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(record, range(GIFTS_EACH)))) == GIFTS_EACH


def booking(ref: str, programme_id: int) -> Booking:
    return Booking(
        amount=Euro(100),
        contact_id=None,
        programme_id=programme_id,
        method="transfer",
        received_on=date(2026, 6, 1),
        source=Source("test", ref),
        mode=LedgerMode.TEST,
        recorded_by="test",
    )


def installed(config: Config, mollie, folder) -> Installation:
    """The same database and provider for a process of its own."""
    environment = {
        "DATABASE_URL": config.database_url,
        "DATA_DIR": str(folder / "var"),
        "PUBLIC_URL": "http://localhost",
        "SECRET_KEY": config.secret_key,
    }
    return Installation(environment, mollie.url, 0)


def assert_right(mollie) -> None:
    session().rollback()
    assert booked_lines() == expected_lines(mollie.world)
    assert_gifts_are_whole(mollie.world)
