"""Typed reads of refunds that staff asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from fundraising.db import session
from fundraising.giving.models import Payment, RefundRequest
from fundraising.giving.queries import events_of
from fundraising.giving.rules.refunds import DID_NOT_GO, TO_ASK, UNBOOKED, RequestState, refund_seen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select

    from fundraising.money import Euro


# The sixth try comes after an hour, and the next one two hours later.
_FOR_HOURS = 6
# Of these Mollie has not answered, to be asked or to be looked at first.
_UNANSWERED = frozenset({RequestState.APPROVED, RequestState.ASKED})
# Of these somebody has to do or to know something.
_WAITS = DID_NOT_GO | {RequestState.AWAITING_APPROVAL, RequestState.POSTPONED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRow:
    """A refund that somebody asked for. `payment_id` and `provider_ref` are Mollie's ids of payment and refund."""

    request_id: int
    payment_id: str
    provider_ref: str
    amount: Euro
    note: str
    state: RequestState
    requested_by: str
    requested_by_id: int | None
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    attempts: int
    next_try_at: datetime
    error: str
    mail_id: int | None


def refund_request(request_id: int) -> RefundRow:
    """One refund. Raises LookupError."""
    found = _read(RefundRequest.id == request_id)
    if not found:
        raise LookupError(request_id)
    return found[0]


def refunds_of(provider_id: str) -> list[RefundRow]:
    """What was asked for of a payment, by Mollie's id of it, oldest first."""
    return _read(Payment.provider_id == provider_id)


def refunds_to_look_at(*, most: int) -> list[RefundRow]:
    """What waits for somebody, the oldest first.

    To be agreed to, postponed by Mollie, not answered by it for hours, or one that did not go and is not yet put aside.
    """
    waits = RefundRequest.state.in_(_WAITS)
    unanswered = and_(RefundRequest.state.in_(_UNANSWERED), RefundRequest.attempts >= _FOR_HOURS)
    return _read(or_(waits, unanswered), most=most)


def refund_under_way(provider_id: str) -> bool:
    """Whether a refund of a payment was asked for, by us or at Mollie itself, that is not in the ledger yet."""
    payment_id = session().scalar(select(Payment.id).where(Payment.provider_id == provider_id))
    if payment_id is None:
        return False
    asked = select(RefundRequest.id).where(RefundRequest.payment_id == payment_id, RefundRequest.state.in_(UNBOOKED))
    if session().scalar(asked.limit(1)) is not None:
        return True
    events = events_of(payment_id)
    return any(refund_seen(events, event.provider_ref) in UNBOOKED for event in events)


def due_refunds(now: datetime, *, most: int) -> list[int]:
    """Numbers of the refunds for which Mollie is to be asked now, the longest waiting first."""
    due = select(RefundRequest.id).where(RefundRequest.state.in_(TO_ASK), RefundRequest.next_try_at <= now)
    return list(session().scalars(due.order_by(RefundRequest.next_try_at).limit(most)))


def _rows() -> Select[*tuple[Any, ...]]:
    return select(RefundRequest, func.coalesce(Payment.provider_id, "").label("payment_ref")).join(
        Payment, Payment.id == RefundRequest.payment_id
    )


def _read(*conditions: ColumnElement[bool], most: int = 100) -> list[RefundRow]:
    rows = session().execute(_rows().where(*conditions).order_by(RefundRequest.id).limit(most))
    return [
        RefundRow(
            request_id=request.id,
            payment_id=payment_ref,
            provider_ref=request.provider_ref or "",
            amount=request.amount,
            note=request.note,
            state=request.state,
            requested_by=request.requested_by,
            requested_by_id=request.requested_by_id,
            requested_at=request.requested_at,
            decided_by=request.decided_by,
            decided_at=request.decided_at,
            attempts=request.attempts,
            next_try_at=request.next_try_at,
            error=request.error,
            mail_id=request.mail_id,
        )
        for request, payment_ref in rows
    ]
