"""Talking with Mollie and applying what it says: for webhook, return page, sweep and command line alike.

Every step is: ask the network outside any transaction, then lock, re-read and apply in one short transaction.
Whatever is killed in between is found again by the sweep.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

from flask import current_app

from fundraising import clock, logs
from fundraising.db import session, transaction
from fundraising.gifts.queries import ledger_takes
from fundraising.gifts.rules import LedgerModeMismatch, written_reference
from fundraising.giving.jobs.looks import Looks, LostPromise
from fundraising.giving.mollie import (
    MollieDoor,
    MollieRefused,
    MollieUnavailable,
    PaymentOrder,
    UnknownPayment,
)
from fundraising.giving.queries import due_payments, lost_payments, payment_to_make, unpaid_here, unseen
from fundraising.giving.rules import PaymentStatus
from fundraising.giving.services.abuse import forget_submissions
from fundraising.giving.services.donations import OUR_KEY, forget_promises, let_promises_lapse
from fundraising.giving.services.hints import (
    due_hints,
    forget_hints,
    give_back,
    note_hint,
    note_hint_failure,
    settle_hint,
    settle_unknown_hint,
    take_hints,
)
from fundraising.giving.services.mails import thanks_ahead
from fundraising.giving.services.methods import store_methods
from fundraising.giving.services.payments import (
    abandon,
    apply_observation,
    leave_method_open,
    make_due,
    note_failure,
    record_created,
    take_payment,
)
from fundraising.programmes.queries import programme_names
from fundraising.tasks import job

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fundraising.giving.mollie import PaymentRow
    from fundraising.giving.queries import DuePayment, PaymentToMake
    from fundraising.giving.services.hints import TakenHint

log = logs.get_logger()

HINTS_JOB = "payment-hints"
_BATCH = 200
# In one write, since a write for each hint would slow down the webhooks. What a killed process had taken and not looked
# into waits for minutes.
_TAKEN_TOGETHER = 20
# After each hint, for those who wait to write: SQLite lets one do so at a time, and a worker that books payment after
# payment leaves them hardly a moment. Three times as long as a booking holds it, so that few meet two in a row.
_PAUSE_SECONDS = 0.03
# Mollie replays an idempotency key for an hour; a payment that is not listed by then was never made.
_GIVEN_UP_AFTER = timedelta(hours=1)
# So young that it surely still does, though its clock or ours is some minutes off.
SURELY_REPLAYED = timedelta(minutes=50)
# What was taken back within this time is looked at every minute, however much it is. Longer than we are ever down, and
# than a refund takes to fail; what is older is found when its payment is looked at.
_TAKEN_BACK_WITHIN = timedelta(days=31)
_CLOCKS_DIFFER = timedelta(minutes=5)


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
    it at once. Raises LedgerModeMismatch before anybody pays what could not be booked; MollieError, ObservationRefused
    or LookupError.
    """
    if not ledger_takes(door.mode):
        raise LedgerModeMismatch(f"no {door.mode} payment is made: the ledger holds the other kind of money")
    wanted = payment_to_make(payment_id)
    if wanted.provider_id:
        return wanted.checkout_url
    row = _made_before(door, wanted) or _make(door, wanted, redirect_url)
    with transaction():
        record_created(payment_id, row)
    return row.checkout_url


def sync_payment(
    door: MollieDoor, provider_id: str, *, afterwards: Callable[[PaymentRow, bool], None] | None = None
) -> bool:
    """Ask Mollie for a payment and apply what it says; False where the payment is not ours.

    `afterwards` is told what Mollie said, and the same, in the transaction that applies it. Raises MollieError,
    ObservationRefused or LedgerError, with nothing applied.
    """
    session().rollback()  # nothing stays open while Mollie is asked
    row = door.payment(provider_id)
    with thanks_ahead(row), transaction():
        ours = apply_observation(row)
        if afterwards is not None:
            afterwards(row, ours)
    return ours


def process_hints(door: MollieDoor) -> tuple[int, int]:
    """Look into the hints that wait by now; how many were settled, and how many failed and stay.

    Raises MollieUnavailable where Mollie is gone.
    """
    looks, now = Looks(), clock.now()
    while not looks.time_is_up() and (due := due_hints(now, _TAKEN_TOGETHER)):
        with transaction():
            taken = take_hints(due, now)
        _look_into_each(door, looks, taken)
    return looks.well, looks.failed


def sweep(door: MollieDoor) -> Swept:
    """Look at everything that may have moved, told or untold. Raises MollieUnavailable where Mollie is gone."""
    settled, failed = process_hints(door)
    unheard = find_unheard(door)
    return replace(unheard, hints=settled, failed=unheard.failed + failed)


def find_unheard(door: MollieDoor) -> Swept:
    """Look at everything of which we should have heard, and at what was taken back. Raises MollieUnavailable."""
    looks, adoptions = Looks(), Looks()
    _look_at_due(door, looks)
    if news := _newly_taken_back(door):
        with transaction():
            make_due(news)
        _look_at_due(door, looks)
    adopted = _adopt(door, adoptions)
    return Swept(hints=0, payments=looks.well, adopted=adopted, failed=looks.failed + adoptions.failed)


def find_paid_elsewhere(door: MollieDoor, since: datetime) -> list[PaymentRow]:
    """What was paid at Mollie of payments that were made since a moment, and is not paid here; each is hinted at.

    So it is after a restore: the webhooks came before it. Raises MollieError, or TooManyHints with nothing changed.
    """
    session().rollback()  # nothing stays open while Mollie is asked
    found = door.payments_since(since)
    paid = {row.provider_id: row for row in found if row.status is PaymentStatus.PAID and OUR_KEY.fullmatch(row.key)}
    with transaction():
        missing = [paid[provider_id] for provider_id in sorted(unpaid_here(paid))]
        for row in missing:
            note_hint(row.provider_id)
    return missing


def refresh_methods(door: MollieDoor) -> int:
    """Hear again which methods the account offers; how many. Raises MollieError, and the old ones stay."""
    methods = door.methods()
    with transaction():
        store_methods(methods)
    return len(methods)


def _made_before(door: MollieDoor, wanted: PaymentToMake) -> PaymentRow | None:
    """A payment that Mollie may have made so long ago that it forgot the key: asked again, it would make another."""
    if wanted.created_at > clock.now() - SURELY_REPLAYED:
        return None
    session().rollback()  # nothing stays open while Mollie is asked
    since = wanted.created_at - _CLOCKS_DIFFER
    return next((row for row in door.payments_since(since) if row.key == wanted.key), None)


def _make(door: MollieDoor, wanted: PaymentToMake, redirect_url: str) -> PaymentRow:
    try:
        return door.create_payment(_order(wanted, redirect_url))
    except MollieRefused as refused:
        if refused.field != "method" or not wanted.method:
            raise
        with transaction():
            leave_method_open(wanted.payment_id)
        return door.create_payment(_order(payment_to_make(wanted.payment_id), redirect_url))


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


def _look_into_each(door: MollieDoor, looks: Looks, taken: list[TakenHint]) -> None:
    waiting = list(taken)
    try:
        while waiting and not looks.time_is_up():
            hint = waiting.pop(0)
            with looks.one(partial(note_hint_failure, hint), payment=hint.provider_id):
                _look_into(door, hint)
            time.sleep(_PAUSE_SECONDS)
    finally:
        # Where the round ends before its time they are due at once, for the next one.
        if waiting:
            with transaction():
                give_back(waiting)


def _look_into(door: MollieDoor, hint: TakenHint) -> None:
    try:
        sync_payment(door, hint.provider_id, afterwards=partial(_settle, hint))
    except UnknownPayment:
        with transaction():
            settle_unknown_hint(hint)


def _settle(hint: TakenHint, row: PaymentRow, ours: bool) -> None:  # noqa: FBT001  what `sync_payment` tells
    if ours:
        settle_hint(hint)
    elif row.status is PaymentStatus.PAID and OUR_KEY.fullmatch(row.key):
        raise LostPromise(f"{row.provider_id}: paid, with a key of ours, and nothing stored here is its promise")
    else:
        settle_unknown_hint(hint)


def _look_at_due(door: MollieDoor, looks: Looks) -> None:
    for payment in due_payments(clock.now(), most=_BATCH):
        if looks.time_is_up():
            return
        if _taken(payment):
            with looks.one(partial(note_failure, payment), payment=payment.provider_id):
                sync_payment(door, payment.provider_id)


def _taken(payment: DuePayment) -> bool:
    with transaction():
        return take_payment(payment)


def _newly_taken_back(door: MollieDoor) -> dict[str, set[str]]:
    session().rollback()  # nothing stays open while Mollie is asked
    found = door.taken_back_since(clock.now() - _TAKEN_BACK_WITHIN)
    facts = [(fact.payment_id, fact.ref, str(fact.state)) for fact in found]
    return unseen(facts)


def _adopt(door: MollieDoor, looks: Looks) -> int:
    """Find payments that Mollie made and whose answer never reached us; give up those that were never made."""
    lost = lost_payments(clock.now(), most=_BATCH)
    if not lost:
        return 0
    rows = _by_key(door, lost)
    found = 0
    for payment in lost:
        if _taken(payment):
            with looks.one(partial(note_failure, payment), payment=payment.payment_id), transaction():
                found += _adopt_one(payment, rows.get(payment.key))
    return found


def _adopt_one(payment: DuePayment, row: PaymentRow | None) -> bool:
    if row is not None:
        return apply_observation(row)
    if payment.created_at < clock.now() - _GIVEN_UP_AFTER:
        abandon(payment.payment_id)
    # Until then it is looked for again, and nobody is told: mostly the donor left, or Mollie was away for a moment.
    return False


def _by_key(door: MollieDoor, lost: list[DuePayment]) -> dict[str, PaymentRow]:
    wanted = {payment.key for payment in lost}
    since = min(payment.created_at for payment in lost) - _CLOCKS_DIFFER
    session().rollback()  # nothing stays open while Mollie is asked
    return {row.key: row for row in door.payments_since(since) if row.key in wanted}


@job(HINTS_JOB, every=timedelta(minutes=1), stalled_after=timedelta(minutes=15))
def payment_hints_job() -> None:
    """Look into what webhooks hinted at."""
    process_hints(mollie_door())


@job("payments-sweep", every=timedelta(minutes=1), stalled_after=timedelta(minutes=15))
def payments_sweep_job() -> None:
    """Find what no webhook told. Hints have a job of their own: two that book at once leave no moment to webhooks."""
    find_unheard(mollie_door())


@job("methods-refresh", every=timedelta(minutes=15), stalled_after=timedelta(hours=6))
def methods_refresh_job() -> None:
    """Keep the offered payment methods fresh; stale ones stay while Mollie is away."""
    try:
        refresh_methods(mollie_door())
    except MollieUnavailable:
        log.warning("methods.stale")


@job("giving-housekeeping", every=timedelta(days=1), stalled_after=timedelta(days=3))
def housekeeping_job() -> None:
    """Let old promises lapse; forget who made those that were never kept, and old form submissions and webhooks."""
    now = clock.now()
    with transaction():
        lapsed, forgotten, hints = let_promises_lapse(now), forget_submissions(now), forget_hints(now)
        emptied = forget_promises(now)
    log.info("giving.housekeeping", lapsed=lapsed, forgotten=forgotten, hints=hints, emptied=emptied)
