"""Putting away what cannot be booked, once somebody has looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from fundraising import clock
from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.db import session
from fundraising.giving.models import Payment, WebhookHint
from fundraising.giving.mollie import MollieUnavailable
from fundraising.giving.queries import is_called
from fundraising.giving.rules import HintState, retry_at

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def settle_stuck(name: str, reason: str) -> None:
    """Try no more to book a payment, or a webhook about one, until Mollie has something new to tell of it.

    One of which Mollie did not answer is looked at again. Nothing is booked or changed but that; who decided, and why,
    stands in the audit trail. `name` is as in `queries.trouble`. Raises LookupError where nothing of that name fails.
    """
    held = select(Payment).where(is_called(name)).with_for_update().execution_options(populate_existing=True)
    payment = session().scalar(held)
    told = select(WebhookHint).where(WebhookHint.provider_id == name, _failed())
    hint = session().scalar(told.with_for_update().execution_options(populate_existing=True))
    errors = {"payment": payment.error if payment else "", "webhook": hint.error if hint else ""}
    if hint is not None:
        hint.state = HintState.DONE
    if payment is not None and payment.error:
        # That Mollie did not answer tells nothing of the payment: it may be paid yet, and no webhook may say so.
        silent = payment.error.startswith(MollieUnavailable.__name__)
        payment.next_check_at = retry_at(payment.check_failures, clock.now()) if silent else None
        payment.error, payment.check_failures = "", 0
    elif hint is None:
        raise LookupError(name)
    before = {kind: error for kind, error in errors.items() if error}
    subject = Subject("payment", payment.id if payment else None)
    record("payment.settled", subject, before=before, after={"mollie": name, "reason": reason})


def _failed() -> ColumnElement[bool]:
    """A webhook that was put aside, or is about to be; not one that came again since."""
    again = and_(WebhookHint.state == HintState.WAITING, WebhookHint.attempts > 0, WebhookHint.error != "")
    return or_(WebhookHint.state == HintState.PARKED, again)
