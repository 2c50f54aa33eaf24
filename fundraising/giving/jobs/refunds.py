"""Asking Mollie for the refunds that staff decided on. As with payments: ask outside any transaction, then apply."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from fundraising import clock, logs
from fundraising.db import session, transaction
from fundraising.giving.jobs import SURELY_REPLAYED, mollie_door, sync_payment
from fundraising.giving.jobs.looks import Looks
from fundraising.giving.mollie import MollieRefused, UnknownPayment
from fundraising.giving.queries.refunds import due_refunds, refund_request
from fundraising.giving.rules.refunds import RequestState
from fundraising.giving.services.refunds import adopt_refund, postpone_refund, put_off_refund, take_refund
from fundraising.tasks import job

if TYPE_CHECKING:
    from fundraising.giving.mollie import MollieDoor
    from fundraising.giving.rules.refunds import RefundOrder

REFUNDS_JOB = "refunds"
_BATCH = 50


def ask_refund(door: MollieDoor, request_id: int) -> None:
    """Have a decided refund made at Mollie, and apply what Mollie says of it; again does nothing more.

    One that was asked before, without an answer that reached us, is looked for first; so is one of some age, which may
    have been asked after the backup from which this database came. Raises MollieError where Mollie
    is away, ObservationRefused or LedgerError.
    """
    asked = refund_request(request_id)
    session().rollback()  # nothing stays open while Mollie is asked
    if asked.state is RequestState.ASKED or asked.requested_at < clock.now() - SURELY_REPLAYED:
        sync_payment(door, asked.payment_id)
    with transaction():
        order = take_refund(request_id)
    if order is not None:
        _ask(door, order)


def ask_due_refunds(door: MollieDoor) -> int:
    """Ask for all refunds whose time has come; how many went well. Raises MollieUnavailable where Mollie is gone."""
    looks = Looks()
    for request_id in due_refunds(clock.now(), most=_BATCH):
        if looks.time_is_up():
            break
        with looks.one(partial(put_off_refund, request_id), refund=request_id):
            ask_refund(door, request_id)
    return looks.well


def _ask(door: MollieDoor, order: RefundOrder) -> None:
    try:
        ref = door.refund(order)
    except (MollieRefused, UnknownPayment) as refused:
        # Perhaps because it was made before, or charged back meanwhile: look before judging.
        sync_payment(door, order.payment_id)
        with transaction():
            postpone_refund(order.request_id, logs.summary(refused))
        return
    with transaction():
        adopt_refund(order.request_id, ref)
    sync_payment(door, order.payment_id)


@job(REFUNDS_JOB, every=timedelta(minutes=1), stalled_after=timedelta(minutes=30))
def refunds_job() -> None:
    """Ask for what is to be refunded, and again where Mollie did not answer or would not yet."""
    ask_due_refunds(mollie_door())
