"""Talking with Mollie and applying what it says: for webhook, return page, sweep and command line alike.

Every step is: ask the network outside any transaction, then lock, re-read and apply in one short transaction.
Whatever is killed in between is found again by the sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from flask import current_app
from sqlalchemy.exc import DBAPIError

from fundraising import clock, logs
from fundraising.contacts.rules import NamelessContact
from fundraising.db import session, transaction
from fundraising.gifts.rules import LedgerError, written_reference
from fundraising.giving.mollie import (
    MollieDoor,
    MollieError,
    MollieRefused,
    MollieUnavailable,
    PaymentOrder,
    UnknownPayment,
)
from fundraising.giving.queries import DuePayment, due_payments, payment_to_make, unseen
from fundraising.giving.services.abuse import forget_submissions
from fundraising.giving.services.donations import let_promises_lapse
from fundraising.giving.services.hints import (
    DueHint,
    due_hints,
    note_hint_failure,
    settle_hint,
    settle_unknown_hint,
)
from fundraising.giving.services.methods import store_methods
from fundraising.giving.services.payments import (
    ObservationRefused,
    abandon,
    apply_observation,
    leave_method_open,
    note_failure,
    record_created,
)
from fundraising.programmes.queries import programme_names
from fundraising.tasks import job

if TYPE_CHECKING:
    from fundraising.giving.mollie import PaymentRow
    from fundraising.giving.queries import PaymentToMake

log = logs.get_logger()

_BATCH = 200
# Mollie replays an idempotency key for an hour; a payment that is not listed by then was never made.
_GIVEN_UP_AFTER = timedelta(hours=1)
_CLOCKS_DIFFER = timedelta(minutes=5)

# What can go wrong with one payment, and must neither keep the others waiting nor end in a page that says nothing.
TROUBLE = (MollieError, ObservationRefused, LedgerError, NamelessContact, DBAPIError)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    hints: int
    payments: int
    adopted: int
    failed: int


def mollie_door() -> MollieDoor:
    """The door of the running application."""
    return cast("MollieDoor", current_app.extensions["mollie"])


def start_payment(door: MollieDoor, payment_id: int, *, redirect_url: str) -> str:
    """Have a stored payment made at Mollie and return where its donor pays; again gives the same address.

    A method that Mollie refuses is left open, for Mollie's own page to ask. The address is empty where Mollie finished
    it at once. Raises MollieError, ObservationRefused or LookupError.
    """
    wanted = payment_to_make(payment_id)
    if wanted.provider_id:
        return wanted.checkout_url
    try:
        row = door.create_payment(_order(wanted, redirect_url))
    except MollieRefused as refused:
        if refused.field != "method" or not wanted.method:
            raise
        with transaction():
            leave_method_open(payment_id)
        row = door.create_payment(_order(payment_to_make(payment_id), redirect_url))
    with transaction():
        record_created(payment_id, row)
    return row.checkout_url


def sync_payment(door: MollieDoor, provider_id: str) -> bool:
    """Ask Mollie for a payment and apply what it says; False where the payment is not ours.

    Raises MollieError, ObservationRefused or LedgerError, with nothing applied.
    """
    session().rollback()  # nothing stays open while Mollie is asked
    row = door.payment(provider_id)
    with transaction():
        return apply_observation(row)


def process_hints(door: MollieDoor) -> tuple[int, int]:
    """Look into the hints that webhooks left; how many were settled, and how many failed and stay."""
    hints = due_hints(clock.now(), _BATCH)
    settled = sum(_process_hint(door, hint) for hint in hints)
    return settled, len(hints) - settled


def sweep(door: MollieDoor) -> Swept:
    """Look at everything that may have moved unheard. Raises MollieUnavailable where Mollie is gone."""
    settled, failed = process_hints(door)
    due = due_payments(clock.now(), most=_BATCH)
    looked = [_look(door, payment) for payment in due if payment.provider_id]
    adopted = _adopt(door, [payment for payment in due if not payment.provider_id])
    taken_back = [_follow(door, provider_id) for provider_id in sorted(_newly_taken_back(door))]
    well = sum(looked) + sum(taken_back)
    return Swept(settled, well, adopted, failed + len(looked) + len(taken_back) - well)


def refresh_methods(door: MollieDoor) -> int:
    """Hear again which methods the account offers; how many. Raises MollieError, and the old ones stay."""
    methods = door.methods()
    with transaction():
        store_methods(methods)
    return len(methods)


def _order(wanted: PaymentToMake, redirect_url: str) -> PaymentOrder:
    name = programme_names(wanted.language)[wanted.programme_id].name
    session().rollback()  # nothing stays open while Mollie is asked
    return PaymentOrder(
        key=wanted.key,
        amount=wanted.amount,
        description=f"{name} {written_reference(wanted.reference)}",
        redirect_url=redirect_url,
        method=wanted.method,
        locale="en_GB" if wanted.language == "en" else "nl_NL",
    )


def _process_hint(door: MollieDoor, hint: DueHint) -> bool:
    try:
        ours = sync_payment(door, hint.provider_id)
    except UnknownPayment:
        ours = False
    except Exception as trouble:  # noqa: BLE001  what nobody thought of in one payment must not keep the others waiting
        log.warning("hint.failed", payment=hint.provider_id, error=logs.summary(trouble))
        with transaction():
            note_hint_failure(hint, logs.summary(trouble))
        return False
    with transaction():
        if ours:
            settle_hint(hint)
        else:
            settle_unknown_hint(hint)
    return True


def _look(door: MollieDoor, payment: DuePayment) -> bool:
    try:
        return sync_payment(door, payment.provider_id)
    except Exception as trouble:  # noqa: BLE001  see _process_hint
        log.warning("payment.sync_failed", payment=payment.provider_id, error=logs.summary(trouble))
        with transaction():
            note_failure(payment.payment_id, logs.summary(trouble))
        return False


def _follow(door: MollieDoor, provider_id: str) -> bool:
    try:
        return sync_payment(door, provider_id)
    except Exception as trouble:  # noqa: BLE001  see _process_hint
        log.warning("payment.sync_failed", payment=provider_id, error=logs.summary(trouble))
        return False


def _newly_taken_back(door: MollieDoor) -> set[str]:
    session().rollback()  # nothing stays open while Mollie is asked
    facts = [(fact.payment_id, fact.ref, str(fact.state)) for fact in door.recently_taken_back()]
    return unseen(facts)


def _adopt(door: MollieDoor, lost: list[DuePayment]) -> int:
    """Find payments that Mollie made and whose answer never reached us; give up those that were never made."""
    if not lost:
        return 0
    rows = _by_key(door, lost)
    return sum(_adopt_one(payment, rows.get(payment.key)) for payment in lost)


def _adopt_one(payment: DuePayment, row: PaymentRow | None) -> bool:
    try:
        with transaction():
            if row is not None:
                return apply_observation(row)
            if payment.created_at < clock.now() - _GIVEN_UP_AFTER:
                abandon(payment.payment_id)
            else:
                note_failure(payment.payment_id, "not at Mollie yet")
    except Exception as trouble:  # noqa: BLE001  see _process_hint
        log.warning("payment.adoption_failed", payment=payment.payment_id, error=logs.summary(trouble))
        with transaction():
            note_failure(payment.payment_id, logs.summary(trouble))
    return False


def _by_key(door: MollieDoor, lost: list[DuePayment]) -> dict[str, PaymentRow]:
    wanted = {payment.key for payment in lost}
    since = min(payment.created_at for payment in lost) - _CLOCKS_DIFFER
    session().rollback()  # nothing stays open while Mollie is asked
    return {row.key: row for row in door.payments_since(since) if row.key in wanted}


@job("payment-hints", every=timedelta(minutes=1), stalled_after=timedelta(minutes=15))
def payment_hints_job() -> None:
    """Look into what webhooks hinted at, all of it: what a full batch leaves would wait for the next minute."""
    while sum(process_hints(mollie_door())) == _BATCH:
        pass


@job("payments-sweep", every=timedelta(minutes=1), stalled_after=timedelta(minutes=15))
def payments_sweep_job() -> None:
    """Find what no webhook told."""
    sweep(mollie_door())


@job("methods-refresh", every=timedelta(minutes=15), stalled_after=timedelta(hours=6))
def methods_refresh_job() -> None:
    """Keep the offered payment methods fresh; stale ones stay while Mollie is away."""
    try:
        refresh_methods(mollie_door())
    except MollieUnavailable:
        log.warning("methods.stale")


@job("giving-housekeeping", every=timedelta(days=1), stalled_after=timedelta(days=3))
def housekeeping_job() -> None:
    """Let old promises lapse and forget old form submissions."""
    now = clock.now()
    with transaction():
        lapsed, forgotten = let_promises_lapse(now), forget_submissions(now)
    log.info("giving.housekeeping", lapsed=lapsed, forgotten=forgotten)
