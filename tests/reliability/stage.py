"""The house and its provider on one stage: what donors, payers, banks and we ourselves can do, one act at a time.

Each act is a small value, so that a failing play is printed as a list that can be read and kept. An act that has no
object yet (a refund before anything was paid) does nothing.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from sqlalchemy import select

from fundraising import clock
from fundraising.contacts.rules import PersonName, Salutation
from fundraising.db import session, transaction
from fundraising.gifts.queries import gift_by_source
from fundraising.gifts.rules import Correction, LedgerMode, Reason, Source
from fundraising.gifts.services import correct
from fundraising.giving.jobs import process_hints, start_payment, sweep, sync_payment
from fundraising.giving.models import Payment
from fundraising.giving.mollie import DoorSettings, MollieDoor, MollieError, PaymentRow
from fundraising.giving.rules import Donor, DonorKind, Route, Submission
from fundraising.giving.services.donations import AlreadyPaid, let_promises_lapse, payment_to_use, submit_donation
from fundraising.giving.services.hints import note_hint
from fundraising.giving.services.payments import apply_observation
from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.faults import add_api_fault, clear_api_faults
from fundraising.giving.simulator.states import PAYMENT_STATES, REFUND_STATES
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from tests.reliability.truth import provider_payments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from fundraising.giving.simulator.server import RunningSimulator
    from fundraising.giving.simulator.world import World

KEY = "test_simulator0000000000000000000000"
BACK = "https://charity.example/bedankt"
AMOUNTS = (1, 1_00, 25_00, 99_99, 1_000_00, 1_300_00)
A_DAY = 24 * 60
# The provider says that money which comes late comes within days.
LATEST_PAID = timedelta(days=13)
# No process holds an answer for longer before it applies it.
SLOWEST_ANSWER = timedelta(hours=12)
Thing = TypeVar("Thing")


class LeftOpen(BaseException):
    """A transaction is open while the provider is asked. No trouble of the kind that is put aside and tried again."""


class WatchedDoor(MollieDoor):
    """The real door, which sees to it that nothing of the database stays open while the provider is asked."""

    def in_a_hurry(self) -> WatchedDoor:
        return WatchedDoor(replace(self._settings, pauses=()), sleep=self._sleep)

    def _ask_once(self, question):
        if session().in_transaction():
            raise LeftOpen
        return super()._ask_once(question)


def watched_door(mollie: RunningSimulator) -> WatchedDoor:
    return WatchedDoor(DoorSettings(KEY, mollie.url), sleep=lambda _seconds: None)


def nth(things: Sequence[Thing], number: int) -> Thing | None:
    """One of several, whatever the number; None where there are none."""
    return things[number % len(things)] if things else None


def submission(number: int, programme_id: int) -> Submission:
    """The form that donor `number` fills in; each has a name, an address and an amount of their own."""
    name = PersonName(Salutation.UNKNOWN, "A.", "", f"Donor-{'abcdefghij'[number]}")
    return Submission(
        form_nonce=f"form-{number}",
        programme_id=programme_id,
        amount=Euro(AMOUNTS[number % len(AMOUNTS)]),
        route=Route.ONLINE,
        method=("ideal", "", "creditcard")[number % 3],
        language="nl",
        source_code="",
        donor=Donor(DonorKind.PERSON, name, f"donor{number}@example.nl"),
    )


class Stage:
    """Where acts are done. The house's clock and the provider's stand still together."""

    def __init__(self, mollie: RunningSimulator) -> None:
        self.world: World = mollie.world
        self.door = watched_door(mollie)
        self.references: dict[int, str] = {}
        self.answers: list[tuple[datetime, PaymentRow]] = []
        self.programme_id = min(programme_names("nl"))
        session().rollback()

    @contextmanager
    def playing(self, start: datetime) -> Iterator[Stage]:
        with clock.standing_still(start):
            self._tell_provider()
            yield self

    def wait(self, time: timedelta) -> None:
        clock._standing_still[-1] += time
        self._tell_provider()

    def _tell_provider(self) -> None:
        self.world.clock.set(speed=0)
        self.world.clock.set(offset=(clock.now() - self.world.clock.now()).total_seconds() + self.world.clock.offset)

    @contextmanager
    def trouble(self, fault: Fault | None) -> Iterator[None]:
        """The provider answers badly meanwhile; whatever it refuses is refused to us too."""
        if fault is not None:
            add_api_fault(self.world.store, fault.as_asked)
        with suppress(MollieError):
            yield
        session().rollback()
        clear_api_faults(self.world.store)

    @property
    def payable(self) -> list[str]:
        """The payments whose checkout a donor has been led to."""
        known = select(Payment.provider_id).where(Payment.checkout_url != "").order_by(Payment.id)
        found = list(session().scalars(known))
        session().rollback()
        return found

    @property
    def refundable(self) -> list[str]:
        return [payment.id for payment in provider_payments(self.world) if payment.status == "paid"]


class Act(Protocol):
    """Something that somebody does."""

    def on(self, stage: Stage) -> None: ...


@dataclass(frozen=True)
class Fault:
    """How the provider fails, as its simulator is told."""

    kind: str
    status: int = 500
    times: int = 1
    path: str = ""

    @property
    def as_asked(self) -> dict[str, object]:
        return vars(self).copy()


# --- what donors do


@dataclass(frozen=True)
class Give:
    """Send the form (perhaps again) and be led to the checkout; or leave before the provider was asked."""

    form: int
    fault: Fault | None = None
    leave: bool = False

    def on(self, stage: Stage) -> None:
        with transaction():
            submitted = submit_donation(submission(self.form, stage.programme_id), mode=LedgerMode.TEST)
        stage.references[self.form] = submitted.reference
        if not self.leave:
            with stage.trouble(self.fault):
                start_payment(stage.door.in_a_hurry(), submitted.payment_id, redirect_url=BACK)


@dataclass(frozen=True)
class TryAgain:
    """Press “try again” on the page that one came back to."""

    form: int
    fault: Fault | None = None

    def on(self, stage: Stage) -> None:
        reference = nth(list(stage.references.values()), self.form)
        if reference is None:
            return
        try:
            with transaction():
                payment_id = payment_to_use(reference, mode=LedgerMode.TEST)
        except AlreadyPaid:
            return
        with stage.trouble(self.fault):
            start_payment(stage.door.in_a_hurry(), payment_id, redirect_url=BACK)


@dataclass(frozen=True)
class ComeBack:
    """Open the page that one is led back to, which looks at the payment."""

    payment: int
    fault: Fault | None = None

    def on(self, stage: Stage) -> None:
        provider_id = nth(stage.payable, self.payment)
        if provider_id:
            with stage.trouble(self.fault):
                sync_payment(stage.door.in_a_hurry(), provider_id)


@dataclass(frozen=True)
class Pay:
    """What becomes of a payment at the checkout or at the bank."""

    payment: int
    outcome: str = "paid"
    method: str | None = None

    def on(self, stage: Stage) -> None:
        lifecycle.expire_due(stage.world)
        provider_id = nth(stage.payable, self.payment)
        if provider_id is None:
            return
        payment = stage.world.payment(provider_id)
        late = stage.world.clock.now() - clock.parse_instant(payment.created_at) > LATEST_PAID
        if self.outcome in PAYMENT_STATES[payment.status] and not late:
            lifecycle.reach(stage.world, provider_id, self.outcome, method=self.method)


# --- what the provider and the banks do


@dataclass(frozen=True)
class Refund:
    payment: int
    quarters: int
    status: str = "pending"

    def on(self, stage: Stage) -> None:
        provider_id = nth(stage.refundable, self.payment)
        if provider_id is None:
            return
        left = stage.world.payment(provider_id).cents - lifecycle.totals(stage.world, provider_id).refunded
        if left:
            order = lifecycle.RefundOrder(cents=max(1, left * self.quarters // 4), status=self.status)
            lifecycle.refund(stage.world, provider_id, order)


@dataclass(frozen=True)
class MoveRefund:
    refund: int
    status: str

    def on(self, stage: Stage) -> None:
        every = [each for provider_id in stage.refundable for each in stage.world.refunds(provider_id)]
        chosen = nth(every, self.refund)
        if chosen is not None and self.status in REFUND_STATES[chosen.status]:
            lifecycle.move_refund(stage.world, chosen.id, self.status)


@dataclass(frozen=True)
class ChargeBack:
    payment: int
    quarters: int

    def on(self, stage: Stage) -> None:
        provider_id = nth(stage.refundable, self.payment)
        if provider_id is None:
            return
        left = stage.world.payment(provider_id).cents - lifecycle.totals(stage.world, provider_id).charged_back
        if left:
            lifecycle.charge_back(stage.world, provider_id, cents=max(1, left * self.quarters // 4))


@dataclass(frozen=True)
class ReverseChargeback:
    """The bank gives back what it took, and nobody is told."""

    chargeback: int

    def on(self, stage: Stage) -> None:
        every = [each for provider_id in stage.refundable for each in stage.world.chargebacks(provider_id)]
        chosen = nth(every, self.chargeback)
        if chosen is not None:
            lifecycle.reverse_chargeback(stage.world, chosen.id, silently=True)


@dataclass(frozen=True)
class Wait:
    """Let time go by; days only where something was paid, since before that nothing would come of them."""

    minutes: int

    def on(self, stage: Stage) -> None:
        if self.minutes < A_DAY or stage.refundable:
            stage.wait(timedelta(minutes=self.minutes))


# --- what we hear and do


@dataclass(frozen=True)
class Webhook:
    """The provider tells of a payment, at whatever time and however often; one that is lost is simply not played."""

    payment: int
    times: int = 1
    UNKNOWN: ClassVar[int] = 7

    def on(self, stage: Stage) -> None:
        known = [payment.id for payment in provider_payments(stage.world)]
        told = "tr_nobodyknows" if self.payment == self.UNKNOWN else nth(known, self.payment)
        for _ in range(self.times if told else 0):
            with transaction():
                note_hint(told)


@dataclass(frozen=True)
class Work:
    """The job that looks into hints."""

    fault: Fault | None = None

    def on(self, stage: Stage) -> None:
        with stage.trouble(self.fault):
            process_hints(stage.door)


@dataclass(frozen=True)
class Sweep:
    fault: Fault | None = None

    def on(self, stage: Stage) -> None:
        with stage.trouble(self.fault):
            sweep(stage.door)


@dataclass(frozen=True)
class Look:
    """Ask about a payment and keep the answer, to be applied only later."""

    payment: int

    def on(self, stage: Stage) -> None:
        provider_id = nth([payment.id for payment in provider_payments(stage.world)], self.payment)
        if provider_id:
            stage.answers.append((clock.now(), stage.door.payment(provider_id)))


@dataclass(frozen=True)
class ApplyLate:
    """Apply an answer that was kept, perhaps for the second time; perhaps the process dies before the commit."""

    answer: int
    dies: bool = False

    def on(self, stage: Stage) -> None:
        asked_at, row = nth(stage.answers, self.answer) or (clock.now(), None)
        if row is None or clock.now() - asked_at > SLOWEST_ANSWER:
            return
        with suppress(KeyboardInterrupt), transaction():
            apply_observation(row)
            if self.dies:
                raise KeyboardInterrupt


@dataclass(frozen=True)
class Housekeeping:
    def on(self, stage: Stage) -> None:
        with transaction():
            let_promises_lapse(clock.now())


@dataclass(frozen=True)
class CorrectProgramme:
    """Finance moves a gift to the other programme, while refunds of it may still come."""

    payment: int

    def on(self, stage: Stage) -> None:
        provider_id = nth(stage.refundable, self.payment)
        gift = gift_by_source(Source("mollie", provider_id)) if provider_id else None
        other = set(programme_names("nl")) - {gift.programme_id if gift else 0}
        session().rollback()
        if gift:
            change = Correction(
                gift_id=gift.gift_id, reason=Reason.WRONG_PROGRAMME, recorded_by="finance", programme_id=min(other)
            )
            with transaction():
                correct(change)
