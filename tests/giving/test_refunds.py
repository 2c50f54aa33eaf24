"""Refunds that staff ask for, with the real client against the simulated Mollie."""

import importlib
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from fundraising import clock
from fundraising.accounts.models import AuditEntry
from fundraising.accounts.rules import Actor, ActorKind, Role
from fundraising.accounts.services import acting_as
from fundraising.db import session, transaction
from fundraising.gifts.queries import entries, gift_by_source
from fundraising.gifts.rules import Correction, EntryKind, NotPositive, Reason, Source
from fundraising.gifts.services import correct
from fundraising.giving.jobs import find_unheard, sync_payment
from fundraising.giving.jobs.refunds import ask_due_refunds, ask_refund
from fundraising.giving.models import Payment, RefundRequest
from fundraising.giving.mollie import MollieDoor, MollieUnavailable
from fundraising.giving.queries import due_payments
from fundraising.giving.queries.refunds import refund_request, refunds_to_look_at
from fundraising.giving.queries.trouble import stuck
from fundraising.giving.rules import EventKind
from fundraising.giving.rules.refunds import (
    MoreThanLeft,
    NotASecondPerson,
    NothingToRefund,
    RefundOrder,
    RefundUnderWay,
    RequestState,
    WrongState,
)
from fundraising.giving.services.refunds import (
    adopt_refund,
    approve_refund,
    decline_refund,
    keep_refunds_off,
    left_to_refund,
    postpone_refund,
    request_refund,
    settle_refund,
    take_refund,
    try_now,
    withdraw_refund,
)
from fundraising.giving.services.trouble import settle_stuck
from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.faults import add_api_fault, clear_api_faults
from fundraising.mailer import outbox
from fundraising.money import Euro
from tests.factories import accounts

pytestmark = pytest.mark.usefixtures("house")


class Died(BaseException):
    """The process is gone."""


@pytest.fixture
def people(house):
    """Two members of staff, as actors."""
    with transaction():
        made = [accounts.user(Role.FINANCE, name=name) for name in ("Kees Smit", "Joke Vis")]
        return [Actor(ActorKind.USER, user.name, user.id) for user in made]


@pytest.fixture
def paid(house, mollie):
    """Mollie's id of a paid payment of € 1.000."""
    provider_id = house.give()
    lifecycle.reach(mollie.world, provider_id, "paid")
    sync_payment(house.door, provider_id)
    return provider_id


@pytest.fixture
def ask(people, paid):
    """Ask for a refund; its number."""

    def do(euros=300, *, key="form-1", above=500):
        with acting_as(people[0]), transaction():
            return request_refund(
                number_of(paid), Euro.of(euros), note="dubbel betaald", form_key=key, approval_above=Euro.of(above)
            )

    return do


def number_of(provider_id):
    return session().scalars(select(Payment.id).where(Payment.provider_id == provider_id)).one()


def state(number):
    session().rollback()
    return refund_request(number).state


def standing(provider_id):
    session().rollback()
    return gift_by_source(Source("mollie", provider_id)).standing


def mollie_fault(mollie, fault):
    add_api_fault(mollie.world.store, fault)


def at_mollie(mollie, provider_id):
    return mollie.world.refunds(provider_id)


def test_a_refund_is_booked_and_told_when_the_money_is_on_its_way(house, mollie, paid, ask):
    number = ask()
    ask_refund(house.door, number)
    (refund,) = at_mollie(mollie, paid)
    assert (state(number), refund.cents, refund.status) == (RequestState.ACCEPTED, 300_00, "pending")
    assert due_payments(clock.now() + timedelta(hours=1), most=10)  # until Mollie sends it
    assert standing(paid) == Euro.of(1000)

    lifecycle.move_refund(mollie.world, refund.id, "processing")
    sync_payment(house.door, paid)
    sync_payment(house.door, paid)
    assert (state(number), standing(paid)) == (RequestState.UNDERWAY, Euro.of(700))
    lifecycle.move_refund(mollie.world, refund.id, "refunded")
    sync_payment(house.door, paid)
    assert (state(number), standing(paid)) == (RequestState.DONE, Euro.of(700))
    assert due_payments(clock.now() + timedelta(hours=1), most=10) == []
    (mail,) = [each for each in outbox() if each.kind == "refund"]
    assert mail.id == refund_request(number).mail_id
    assert mail.recipient == "a.sluis@example.nl"


def test_one_that_fails_is_undone_and_can_be_asked_for_again(house, mollie, paid, ask):
    number = ask(400)
    ask_refund(house.door, number)
    (refund,) = at_mollie(mollie, paid)
    for each in ("processing", "refunded", "failed"):
        lifecycle.move_refund(mollie.world, refund.id, each)
        sync_payment(house.door, paid)
    assert (state(number), standing(paid)) == (RequestState.FAILED, Euro.of(1000))
    assert left_to_refund(number_of(paid)) == Euro.of(1000)
    again = ask(400, key="form-2")
    ask_refund(house.door, again)
    assert state(again) == RequestState.ACCEPTED


def test_one_that_is_cancelled_at_mollie_leaves_what_it_took(house, mollie, paid, ask):
    number = ask()
    ask_refund(house.door, number)
    lifecycle.move_refund(mollie.world, at_mollie(mollie, paid)[0].id, "canceled")
    sync_payment(house.door, paid)
    assert (state(number), left_to_refund(number_of(paid))) == (RequestState.CANCELED, Euro.of(1000))
    assert [each.request_id for each in refunds_to_look_at(most=10)] == [number]
    with transaction():
        settle_refund(number)
    sync_payment(house.door, paid)
    assert (state(number), refunds_to_look_at(most=10)) == (RequestState.SETTLED, [])


def test_no_more_is_asked_for_than_is_left(house, mollie, paid, ask):
    ask(300)
    with pytest.raises(MoreThanLeft) as refused:
        ask(701, key="form-2")
    assert refused.value.left == Euro.of(700)
    with pytest.raises(NotPositive):
        ask(0, key="form-3")
    lifecycle.charge_back(mollie.world, paid, cents=600_00)
    sync_payment(house.door, paid)
    with pytest.raises(MoreThanLeft) as refused:
        ask(101, key="form-4")
    assert refused.value.left == Euro.of(100)


def test_a_correction_of_the_amount_leaves_less(house, paid, ask):
    gift_id = gift_by_source(Source("mollie", paid)).gift_id
    with transaction():
        change = Correction(gift_id=gift_id, reason=Reason.WRONG_AMOUNT, recorded_by="test", amount=Euro.of(200))
        correct(change)
    with pytest.raises(MoreThanLeft):
        ask(201)
    with transaction():
        correct(Correction(gift_id=gift_id, reason=Reason.WRONG_AMOUNT, recorded_by="test", amount=Euro.of(1000)))


@pytest.mark.parametrize("came_from", ["us", "Mollie"])
def test_what_was_received_stays_until_a_refund_is_booked(house, mollie, paid, ask, came_from):
    if came_from == "us":
        ask_refund(house.door, ask())
    else:
        lifecycle.refund(mollie.world, paid, lifecycle.RefundOrder(cents=300_00))
        sync_payment(house.door, paid)
    with transaction(), pytest.raises(RefundUnderWay):
        keep_refunds_off(paid)
    lifecycle.move_refund(mollie.world, at_mollie(mollie, paid)[0].id, "processing")
    sync_payment(house.door, paid)
    with transaction():
        keep_refunds_off(paid)


def test_a_refund_that_waits_for_somebody_keeps_the_amount_too(paid, ask):
    number = ask(600)
    with transaction(), pytest.raises(RefundUnderWay):
        keep_refunds_off(paid)
    with transaction():
        withdraw_refund(number)
        keep_refunds_off(paid)


def test_a_refund_whose_amount_changes_once_it_is_booked_is_told_until_somebody_decides(
    house, mollie, paid, ask, later, monkeypatch
):
    ask_refund(house.door, ask())
    lifecycle.move_refund(mollie.world, at_mollie(mollie, paid)[0].id, "processing")
    sync_payment(house.door, paid)
    told = house.door.payment(paid)
    less = [replace(e, amount=Euro.of(250)) if e.kind is EventKind.REFUND else e for e in told.events]
    monkeypatch.setattr(house.door, "payment", lambda _provider_id: replace(told, events=tuple(less)))
    with later(hours=2):
        assert find_unheard(house.door).failed == 1
    (found,) = stuck(most=10)
    assert (found.name, "another amount" in found.error, standing(paid)) == (paid, True, Euro.of(700))
    with transaction():
        settle_stuck(paid, "Mollie says that € 300 left after all")
    with later(hours=20):
        assert find_unheard(house.door).failed == 0
    assert (stuck(most=10), standing(paid)) == ([], Euro.of(700))


def test_a_refund_that_cannot_be_booked_is_put_aside_until_mollie_tells_more(house, mollie, paid, later):
    gift_id = gift_by_source(Source("mollie", paid)).gift_id
    right = Correction(gift_id=gift_id, reason=Reason.WRONG_AMOUNT, recorded_by="test", amount=Euro.of(1000))
    with transaction():
        correct(replace(right, amount=Euro.of(200)))
    refund = lifecycle.refund(mollie.world, paid, lifecycle.RefundOrder(cents=300_00, status="processing"))
    with later(minutes=5):
        assert find_unheard(house.door).failed == 1
        with transaction():
            settle_stuck(paid, "the gift was corrected wrongly")
        assert find_unheard(house.door).failed == 0
    with later(days=3):
        assert find_unheard(house.door).failed == 0
        assert stuck(most=10) == []
    lifecycle.move_refund(mollie.world, refund.id, "refunded")
    with later(days=4):
        assert find_unheard(house.door).failed == 1
        assert [each.name for each in stuck(most=10)] == [paid]
        with transaction():
            correct(right)
    with later(days=5):
        assert find_unheard(house.door).failed == 0
    assert (stuck(most=10), standing(paid)) == ([], Euro.of(700))


def test_what_mollie_took_on_is_no_longer_left_though_nobody_looked_yet(house, paid, ask):
    number = ask(600, above=5000)
    with transaction():
        order = take_refund(number)
    ref = house.door.refund(order)
    with transaction():
        adopt_refund(number, ref)
        # Another round was refused just then, because it was made already.
        postpone_refund(number, "422")
    assert (state(number), refund_request(number).error) == (RequestState.ACCEPTED, "")
    assert left_to_refund(number_of(paid)) == Euro.of(400)
    sync_payment(house.door, paid)
    assert left_to_refund(number_of(paid)) == Euro.of(400)


def test_one_that_failed_waits_for_somebody_until_it_is_put_aside(house, mollie, paid, ask, people, later):
    number = ask()
    ask_refund(house.door, number)
    (refund,) = at_mollie(mollie, paid)
    for each in ("processing", "failed"):
        lifecycle.move_refund(mollie.world, refund.id, each)
    with later(days=40):
        sync_payment(house.door, paid)
        assert [each.request_id for each in refunds_to_look_at(most=10)] == [number]
        with acting_as(people[1]), transaction():
            settle_refund(number)
        sync_payment(house.door, paid)
        with transaction(), pytest.raises(WrongState):
            settle_refund(number)
    assert (state(number), refunds_to_look_at(most=10)) == (RequestState.SETTLED, [])
    assert left_to_refund(number_of(paid)) == Euro.of(1000)


def test_one_that_the_round_refused_waits_for_somebody_until_it_is_put_aside(house, mollie, paid, ask, people):
    number = ask()
    lifecycle.refund(mollie.world, paid, lifecycle.RefundOrder(cents=900_00))
    ask_due_refunds(house.door)
    assert [(each.request_id, each.state) for each in refunds_to_look_at(most=10)] == [(number, RequestState.REFUSED)]
    with acting_as(people[1]), transaction():
        settle_refund(number)
    sync_payment(house.door, paid)
    assert (state(number), refunds_to_look_at(most=10)) == (RequestState.SETTLED, [])


def test_what_is_not_paid_is_not_refunded(house, people):
    provider_id = house.give()
    with acting_as(people[0]), transaction(), pytest.raises(NothingToRefund):
        request_refund(number_of(provider_id), Euro.of(1), note="", form_key="form-1", approval_above=Euro.of(500))


def test_a_second_click_is_the_same_refund(house, mollie, paid, ask):
    number = ask()
    assert ask() == number
    ask_refund(house.door, number)
    ask_refund(house.door, number)
    assert ask() == number
    assert len(at_mollie(mollie, paid)) == 1


class TestSecondPerson:
    def test_a_large_refund_waits_for_somebody_else(self, house, mollie, paid, ask, people):
        number = ask(501)
        assert state(number) == RequestState.AWAITING_APPROVAL
        ask_refund(house.door, number)
        assert at_mollie(mollie, paid) == []
        with acting_as(people[0]), transaction(), pytest.raises(NotASecondPerson):
            approve_refund(number)
        with transaction(), pytest.raises(NotASecondPerson):
            approve_refund(number)  # a command line is nobody in particular
        with acting_as(people[1]), transaction():
            approve_refund(number)
        assert ask_due_refunds(house.door) == 1
        assert (state(number), len(at_mollie(mollie, paid))) == (RequestState.ACCEPTED, 1)
        assert refund_request(number).decided_by == "Joke Vis"

    def test_parts_of_one_gift_count_together(self, ask):
        assert state(ask(300)) == RequestState.APPROVED
        assert state(ask(201, key="form-2")) == RequestState.AWAITING_APPROVAL

    def test_one_that_is_declined_is_over(self, house, mollie, paid, ask, people):
        number = ask(600)
        with acting_as(people[1]), transaction():
            decline_refund(number)
        ask_due_refunds(house.door)
        assert (state(number), at_mollie(mollie, paid)) == (RequestState.DECLINED, [])
        with acting_as(people[1]), transaction(), pytest.raises(WrongState):
            approve_refund(number)

    def test_everything_is_written_down(self, ask, people):
        number = ask(600)
        with acting_as(people[1]), transaction():
            approve_refund(number)
        written = session().execute(select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.id)).all()
        assert [(row.action, row.actor_id) for row in written] == [
            ("gift.refund_requested", people[0].user_id),
            ("gift.refund_approved", people[1].user_id),
        ]


class TestBalance:
    @pytest.fixture
    def postponed(self, house, mollie, ask):
        lifecycle.set_balance(mollie.world, 100_00)
        number = ask()
        ask_refund(house.door, number)
        assert state(number) == RequestState.POSTPONED
        return number

    def test_it_is_asked_again_until_there_is_enough(self, house, mollie, paid, postponed, later):
        assert ask_due_refunds(house.door) == 0
        assert "422" in refund_request(postponed).error
        with later(minutes=2):
            ask_due_refunds(house.door)
        assert state(postponed) == RequestState.POSTPONED
        lifecycle.set_balance(mollie.world, None)
        with later(hours=1):
            ask_due_refunds(house.door)
        assert (state(postponed), len(at_mollie(mollie, paid))) == (RequestState.ACCEPTED, 1)

    def test_it_is_asked_at_once_when_somebody_says_so(self, house, mollie, paid, postponed):
        lifecycle.set_balance(mollie.world, None)
        with transaction():
            try_now(postponed)
        assert ask_due_refunds(house.door) == 1
        assert state(postponed) == RequestState.ACCEPTED

    def test_it_can_be_withdrawn(self, house, mollie, paid, postponed):
        with transaction():
            withdraw_refund(postponed)
        lifecycle.set_balance(mollie.world, None)
        ask_due_refunds(house.door)
        assert (state(postponed), at_mollie(mollie, paid)) == (RequestState.WITHDRAWN, [])
        assert left_to_refund(number_of(paid)) == Euro.of(1000)


class TestRaces:
    def test_a_chargeback_that_comes_before_mollie_is_asked(self, house, mollie, paid, ask):
        number = ask()
        lifecycle.charge_back(mollie.world, paid)
        sync_payment(house.door, paid)
        ask_refund(house.door, number)
        assert (state(number), at_mollie(mollie, paid)) == (RequestState.REFUSED, [])

    def test_a_chargeback_that_comes_after_mollie_took_it_on(self, house, mollie, paid, ask):
        number = ask()
        ask_refund(house.door, number)
        lifecycle.charge_back(mollie.world, paid)
        lifecycle.move_refund(mollie.world, at_mollie(mollie, paid)[0].id, "processing")
        sync_payment(house.door, paid)
        assert (state(number), standing(paid)) == (RequestState.UNDERWAY, Euro.of(-300))

    def test_a_refund_made_at_mollie_itself_meanwhile(self, house, mollie, paid, ask):
        number = ask()
        lifecycle.refund(mollie.world, paid, lifecycle.RefundOrder(cents=900_00))
        ask_refund(house.door, number)
        assert state(number) == RequestState.REFUSED
        assert len(at_mollie(mollie, paid)) == 1


class TestCrash:
    """The process dies between any two steps; the next round finishes what it began, and once.

    It comes after Mollie forgot the key; tests/reliability kills whole processes, and goes on within the hour.
    """

    @contextmanager
    def dying(self, monkeypatch, where, name, *, after=False):
        done = getattr(where, name)

        def die(*given, **named):
            if after:
                done(*given, **named)
            raise Died

        with monkeypatch.context() as patched:
            patched.setattr(where, name, die)
            with pytest.raises(Died):
                yield
        session().rollback()

    @pytest.mark.parametrize(
        ("where", "name", "after"),
        [
            ("fundraising.giving.jobs.refunds", "take_refund", False),
            ("fundraising.giving.jobs.refunds", "take_refund", True),
            ("MollieDoor", "refund", False),
            ("MollieDoor", "refund", True),
            ("fundraising.giving.jobs.refunds", "adopt_refund", False),
            ("fundraising.giving.jobs.refunds", "adopt_refund", True),
            ("fundraising.giving.jobs.refunds", "sync_payment", False),
            ("fundraising.giving.jobs.refunds", "sync_payment", True),
        ],
    )
    def test_it_is_made_once_wherever_the_process_died(
        self, house, mollie, paid, ask, later, monkeypatch, where, name, after
    ):
        number = ask()
        place = MollieDoor if where == "MollieDoor" else importlib.import_module(where)
        with self.dying(monkeypatch, place, name, after=after):
            ask_refund(house.door, number)
        mollie.world.clock.advance(timedelta(hours=3).total_seconds())
        with later(hours=3):
            ask_due_refunds(house.door)
            ask_due_refunds(house.door)
        (refund,) = at_mollie(mollie, paid)
        assert state(number) == RequestState.ACCEPTED
        assert refund_request(number).provider_ref == refund.id

    @pytest.mark.parametrize("large", [False, True])
    def test_what_was_made_after_the_backup_that_was_restored_is_not_made_again(
        self, house, mollie, paid, ask, people, later, large
    ):
        number = ask(above=100 if large else 500)
        key = session().get_one(RefundRequest, number).idempotency_key
        house.door.refund(RefundOrder(number, paid, key, Euro.of(300), "made, and forgotten here"))
        mollie.world.clock.advance(timedelta(hours=3).total_seconds())
        with later(hours=3):
            if large:
                with acting_as(people[1]), transaction():
                    approve_refund(number)
            ask_due_refunds(house.door)
            (refund,) = at_mollie(mollie, paid)
        assert (state(number), refund_request(number).provider_ref) == (RequestState.ACCEPTED, refund.id)

    def test_an_answer_that_is_lost_on_its_way_is_found(self, house, mollie, paid, ask, later):
        number = ask()
        fault = {"kind": "drop_after", "method": "POST", "path": f"/v2/payments/{paid}/refunds", "times": 3}
        mollie_fault(mollie, fault)
        with pytest.raises(MollieUnavailable):
            ask_refund(house.door, number)
        assert state(number) == RequestState.ASKED
        with later(minutes=2):
            ask_due_refunds(house.door)
        assert (state(number), len(at_mollie(mollie, paid))) == (RequestState.ACCEPTED, 1)

    def test_while_mollie_is_away_the_refund_waits(self, house, mollie, paid, ask, later):
        number = ask()
        fault = {"kind": "status", "status": 503, "times": 50}
        mollie_fault(mollie, fault)
        assert ask_due_refunds(house.door) == 0
        assert "503" in refund_request(number).error
        clear_api_faults(mollie.world.store)
        with later(minutes=5):
            assert ask_due_refunds(house.door) == 1
        assert (state(number), len(at_mollie(mollie, paid))) == (RequestState.ACCEPTED, 1)


def test_a_webhook_may_come_before_our_own_answer(house, mollie, paid, ask, monkeypatch):
    number = ask()
    asked = house.door.refund

    def overtaken(order):
        ref = asked(order)
        lifecycle.move_refund(mollie.world, ref, "processing")
        sync_payment(house.door, paid)
        return ref

    monkeypatch.setattr(house.door, "refund", overtaken)
    ask_refund(house.door, number)
    assert (state(number), standing(paid)) == (RequestState.UNDERWAY, Euro.of(700))
    kinds = [entry.kind for entry in entries(gift_by_source(Source("mollie", paid)).gift_id)]
    assert kinds == [EntryKind.RECEIVED, EntryKind.REFUNDED]
