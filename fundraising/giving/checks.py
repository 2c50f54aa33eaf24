"""What must hold between payments and the ledger, at any time, on live data.

Each check is one aggregate in the database: nothing here grows with the number of gifts but the database's own work.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, or_, select

from fundraising.db import session
from fundraising.gifts.queries import unthanked
from fundraising.gifts.queries.sources import received_lines, source_lines, was_of
from fundraising.gifts.rules import EntryKind, Finding
from fundraising.giving.models import Donation, DonorDetails, Payment, PaymentEvent
from fundraising.giving.rules import (
    PROVIDER,
    REFUND_ON_ITS_WAY,
    ChargebackState,
    DonationState,
    EventKind,
    PaymentStatus,
    RefundState,
    Route,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import CompoundSelect, Select

    from fundraising.money import Euro

# A list of everything helps nobody: what is wrong is wrong in a few ways.
_MOST = 50


def findings() -> Iterator[Finding]:
    """Every difference between what Mollie did and what the ledger holds."""
    for check, statement in _differences():
        for ref in session().scalars(statement):
            yield Finding(check, str(ref))
    for reference in unthanked(PROVIDER, but_for=_of_the_forgotten(), most=_MOST):
        yield Finding("gift not thanked", reference)


@cache
def _differences() -> tuple[tuple[str, Select[Any]], ...]:
    """What each difference is called, and the statement that finds it. Put together once."""
    differences: tuple[tuple[str, Select[Any]], ...] = (
        ("payment paid, not in the ledger", _paid_not_booked()),
        ("in the ledger, not paid", _booked_not_paid()),
        ("in the ledger, not as it was paid", _booked_otherwise()),
        ("refund or chargeback not in the ledger", _taken_back_not_booked()),
        ("in the ledger, not refunded or charged back", _booked_not_taken_back()),
        ("payment's status is not what was seen", _status_not_seen()),
        ("donation's state is not its payments'", _state_not_payments()),
    )
    return tuple((check, statement.limit(_MOST)) for check, statement in differences)


def _of_the_forgotten() -> Select[str | None]:
    """Payments of donors who were erased before the money came: no address is left that thanks could go to."""
    forgotten = select(DonorDetails.donation_id).where(DonorDetails.email == "")
    return select(Payment.provider_id).where(Payment.provider_id.is_not(None), Payment.donation_id.in_(forgotten))


def _paid_not_booked() -> Select[str | None]:
    lines = source_lines(PROVIDER)
    return (
        select(Payment.provider_id)
        .outerjoin(lines, and_(lines.c.source_ref == Payment.provider_id, lines.c.kind == EntryKind.RECEIVED))
        .where(
            Payment.status == PaymentStatus.PAID,
            or_(lines.c.amount.is_(None), lines.c.amount != Payment.amount),
        )
    )


def _booked_not_paid() -> Select[str]:
    lines = source_lines(PROVIDER)
    return (
        select(lines.c.source_ref)
        .outerjoin(Payment, and_(Payment.provider_id == lines.c.source_ref, Payment.status == PaymentStatus.PAID))
        .where(lines.c.kind == EntryKind.RECEIVED, Payment.id.is_(None))
    )


def _booked_otherwise() -> Select[str | None]:
    """What came in was booked as it was seen and promised; what is corrected stands in other entries."""
    lines = received_lines(PROVIDER)
    paid = and_(
        PaymentEvent.payment_id == Payment.id,
        PaymentEvent.kind == EventKind.STATUS,
        PaymentEvent.state == PaymentStatus.PAID,
    )
    otherwise = or_(
        lines.c.amount != PaymentEvent.amount,
        lines.c.received_on != PaymentEvent.occurred_on,
        lines.c.programme_id != Donation.programme_id,
        and_(
            lines.c.contact_id.is_distinct_from(Donation.contact_id),
            # A second payment is of whoever the first was corrected to.
            ~was_of(lines.c.contact_id, Donation.reference, but_for=lines.c.gift_id),
        ),
        Payment.mode != lines.c.mode,
    )
    return (
        select(Payment.provider_id)
        .join(PaymentEvent, paid)
        .join(Donation, Donation.id == Payment.donation_id)
        .join(lines, lines.c.source_ref == Payment.provider_id)
        .where(otherwise)
    )


def _taken_back_not_booked() -> Select[str]:
    lines = source_lines(PROVIDER)
    wanted = _wanted_lines().subquery()
    return (
        select(wanted.c.source_ref)
        .outerjoin(lines, lines.c.source_ref == wanted.c.source_ref)
        .where(or_(lines.c.amount.is_(None), lines.c.amount != wanted.c.amount))
    )


def _booked_not_taken_back() -> Select[str]:
    lines = source_lines(PROVIDER)
    wanted = _wanted_lines().subquery()
    return (
        select(lines.c.source_ref)
        .outerjoin(wanted, lines.c.source_ref == wanted.c.source_ref)
        .where(lines.c.kind != EntryKind.RECEIVED, wanted.c.source_ref.is_(None))
    )


def _wanted_lines() -> CompoundSelect[str, Euro]:
    """What rules.ledger_lines says of refunds and chargebacks, once more in SQL: two ways that must agree."""
    paid = select(Payment.id).where(Payment.status == PaymentStatus.PAID)
    went = select(PaymentEvent.provider_ref, func.max(PaymentEvent.amount).label("amount")).where(
        PaymentEvent.payment_id.in_(paid),
    )
    out = (
        went.where(
            or_(
                and_(PaymentEvent.kind == EventKind.REFUND, PaymentEvent.state.in_(REFUND_ON_ITS_WAY)),
                PaymentEvent.kind == EventKind.CHARGEBACK,
            ),
        )
        .group_by(PaymentEvent.provider_ref)
        .subquery()
    )
    back = (
        went.where(
            or_(
                and_(PaymentEvent.kind == EventKind.REFUND, PaymentEvent.state == RefundState.FAILED),
                and_(PaymentEvent.kind == EventKind.CHARGEBACK, PaymentEvent.state == ChargebackState.REVERSED),
            ),
        )
        .add_columns(func.max(case((PaymentEvent.kind == EventKind.REFUND, ":failed"), else_=":reversed")).label("how"))
        .group_by(PaymentEvent.provider_ref)
        .subquery()
    )
    negative = select(out.c.provider_ref.label("source_ref"), (-out.c.amount).label("amount"))
    return negative.union_all(select((back.c.provider_ref + back.c.how).label("source_ref"), back.c.amount))


def _status_not_seen() -> Select[int]:
    seen_paid = select(PaymentEvent.payment_id).where(
        PaymentEvent.kind == EventKind.STATUS,
        PaymentEvent.state == PaymentStatus.PAID,
    )
    is_paid = Payment.status == PaymentStatus.PAID
    return select(Payment.id).where(is_paid != Payment.id.in_(seen_paid))


def _state_not_payments() -> Select[str]:
    paid = select(Payment.donation_id).where(Payment.status == PaymentStatus.PAID)
    received = Donation.state == DonationState.RECEIVED
    unlike = or_(
        and_(Donation.id.in_(paid), ~received),
        and_(Donation.id.not_in(paid), received, Donation.route == Route.ONLINE),
    )
    return select(Donation.reference).where(unlike)
