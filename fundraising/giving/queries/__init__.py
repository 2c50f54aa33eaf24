"""Typed reads of donations and payments."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, case, func, select

from fundraising.contacts.rules import full_name
from fundraising.db import LARGEST_NUMBER, session
from fundraising.giving.models import Donation, DonorDetails, OfferedMethod, Payment, PaymentEvent, WebhookHint
from fundraising.giving.rules import DonationState, Event, EventKind, HintState, Method, PaymentStatus, Route

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement

    from fundraising.gifts.rules import LedgerMode
    from fundraising.money import Euro


@dataclass(frozen=True, slots=True)
class DonationStatus:
    """What may be told of a donation to anybody who has its reference: nothing about who gave.

    `payment_status`, `checkout_url` and `provider_id` are of the newest payment, or of the paid one where there is one;
    they are None or empty for a transfer. `paid_times` above 1 is a double payment.
    """

    donation_id: int
    reference: str
    state: DonationState
    route: Route
    amount: Euro
    programme_id: int
    language: str
    created_at: datetime
    payment_id: int | None
    payment_status: PaymentStatus | None
    provider_id: str
    checkout_url: str
    paid_at: datetime | None
    paid_times: int


@dataclass(frozen=True, slots=True)
class PaymentToMake:
    """What Mollie is asked for a stored payment. `provider_id` is empty until Mollie has it."""

    payment_id: int
    provider_id: str
    checkout_url: str
    key: str
    amount: Euro
    method: str
    language: str
    reference: str
    programme_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentSummary:
    """A payment in a list. `form` is of the giving form: payments of one form were probably meant as one."""

    payment_id: int
    provider_id: str
    reference: str
    attempt: int
    amount: Euro
    method: str
    mode: LedgerMode
    status: PaymentStatus
    created_at: datetime
    paid_at: datetime | None
    error: str
    form: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """A fact that was seen of a payment."""

    kind: EventKind
    provider_ref: str
    state: str
    amount: Euro
    occurred_on: date
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class DuePayment:
    """A payment to look at, after so many `failures` in a row; without `provider_id` it may not have reached Mollie."""

    payment_id: int
    provider_id: str
    key: str
    created_at: datetime
    failures: int


def donation_status(reference: str) -> DonationStatus | None:
    """What became of a donation, or None for an unknown reference."""
    donation = session().scalar(select(Donation).where(Donation.reference == reference))
    if donation is None:
        return None
    payments = _payments_of(donation.id)
    paid = [payment for payment in payments if payment.status is PaymentStatus.PAID]
    shown = next(iter(reversed(paid or payments)), None)
    return DonationStatus(
        donation_id=donation.id,
        reference=donation.reference,
        state=donation.state,
        route=donation.route,
        amount=donation.amount,
        programme_id=donation.programme_id,
        language=donation.language,
        created_at=donation.created_at,
        payment_id=shown.id if shown else None,
        payment_status=shown.status if shown else None,
        provider_id=(shown.provider_id or "") if shown else "",
        checkout_url=shown.checkout_url if shown else "",
        paid_at=shown.paid_at if shown else None,
        paid_times=len(paid),
    )


def payment_to_make(payment_id: int) -> PaymentToMake:
    """What is asked of Mollie for a stored payment. Raises LookupError."""
    asked = (
        select(
            Payment.id,
            func.coalesce(Payment.provider_id, ""),
            Payment.checkout_url,
            Payment.idempotency_key,
            Payment.amount,
            Payment.method,
            Donation.language,
            Donation.reference,
            Donation.programme_id,
            Payment.created_at,
        )
        .join(Donation, Donation.id == Payment.donation_id)
        .where(Payment.id == payment_id)
    )
    found = session().execute(asked).one_or_none()
    if found is None:
        raise LookupError(payment_id)
    # Of so many columns the types are not told.
    values: tuple[Any, ...] = tuple(found)
    return PaymentToMake(*values)


def offered_methods() -> list[Method]:
    """The account's payment methods as last heard, in the order to offer them; empty before Mollie was ever heard."""
    rows = session().scalars(select(OfferedMethod).order_by(OfferedMethod.position))
    return [Method(row.code, row.description, row.minimum, row.maximum) for row in rows]


def payments(status: PaymentStatus | None = None, *, most: int = 100) -> list[PaymentSummary]:
    """Payments, the newest first."""
    statement = _summaries().order_by(Payment.id.desc()).limit(most)
    if status is not None:
        statement = statement.where(Payment.status == status)
    return [_summary(*row) for row in session().execute(statement)]


@dataclass(frozen=True, slots=True)
class OpenTransfer:
    """A promise that somebody would transfer an amount, not yet received; `contact_id` where one is known."""

    reference: str
    amount: Euro
    programme_id: int
    contact_id: int | None
    donor: str
    created_at: datetime
    lapses_at: datetime


def open_transfers(*, most: int = 100) -> list[OpenTransfer]:
    """Promised transfers that may still come, the one that lapses first on top."""
    rows = session().scalars(
        select(Donation)
        .where(Donation.route == Route.TRANSFER, Donation.state == DonationState.PROMISED)
        .order_by(Donation.lapses_at, Donation.id)
        .limit(most),
    )
    return [
        OpenTransfer(
            reference=row.reference,
            amount=row.amount,
            programme_id=row.programme_id,
            contact_id=row.contact_id,
            donor=row.donor.organisation_name or full_name(row.donor.name),
            created_at=row.created_at,
            lapses_at=row.lapses_at,
        )
        for row in rows
    ]


def donor_messages(references: Collection[str]) -> dict[str, str]:
    """What donors wrote with these gifts, by the gift's reference; who wrote nothing is left out."""
    rows = session().execute(
        select(Donation.reference, DonorDetails.message)
        .join(DonorDetails, DonorDetails.donation_id == Donation.id)
        .where(Donation.reference.in_(references), DonorDetails.message != ""),
    )
    return {row.reference: row.message for row in rows}


def double_payments(*, since: datetime | None = None, most: int = 100) -> list[PaymentSummary]:
    """Paid payments of one form that was paid more than once, grouped by form: exceptions, probably to be refunded.

    With `since`, only of forms that were sent after that: to look through all of them takes long.
    """
    # The states are counted rather than filtered: with a filter SQLite would begin at every payment that was ever paid.
    paid = func.sum(case((Payment.status == PaymentStatus.PAID, 1), else_=0))
    sent = select(Donation.id, Donation.form_nonce)
    if since is not None:
        sent = sent.where(Donation.created_at >= since)
    # By itself, or SQLite would go through all forms that were ever sent, in the order in which they are grouped.
    form = sent.cte("form").prefix_with("MATERIALIZED")
    forms = select(form.c.form_nonce).join(Payment, Payment.donation_id == form.c.id).group_by(form.c.form_nonce)
    nonces = session().scalars(forms.having(paid > 1).order_by(form.c.form_nonce).limit(most)).all()
    if not nonces:
        return []
    rows = session().execute(
        _summaries().where(Donation.form_nonce.in_(nonces)).order_by(Donation.form_nonce, Payment.id),
    )
    return [_summary(*row) for row in rows if row[0].status is PaymentStatus.PAID][:most]


def payment(name: str) -> PaymentSummary | None:
    """A payment by Mollie's id or by our own number."""
    row = session().execute(_summaries().where(is_called(name))).first()
    return _summary(*row) if row else None


def is_called(name: str) -> ColumnElement[bool]:
    """The condition that a payment has this name: Mollie's id of it, or our own number."""
    number = int(name) if name.isdecimal() and len(name) <= len(str(LARGEST_NUMBER)) else 0
    return Payment.id == number if 0 < number <= LARGEST_NUMBER else Payment.provider_id == name


def payment_events(payment_id: int) -> list[EventRow]:
    """All that was seen of a payment, in the order in which it was seen."""
    rows = session().scalars(
        select(PaymentEvent).where(PaymentEvent.payment_id == payment_id).order_by(PaymentEvent.id),
    )
    return [EventRow(r.kind, r.provider_ref, r.state, r.amount, r.occurred_on, r.observed_at) for r in rows]


def events_of(payment_id: int) -> list[Event]:
    """The facts that were seen of a payment, as the rules take them; their order says nothing."""
    facts = (PaymentEvent.kind, PaymentEvent.provider_ref, PaymentEvent.state, PaymentEvent.amount)
    rows = session().execute(select(*facts, PaymentEvent.occurred_on).where(PaymentEvent.payment_id == payment_id))
    return [Event(*row) for row in rows]


def due_payments(now: datetime, *, most: int) -> list[DuePayment]:
    """Payments at Mollie whose time to be looked at has come, the longest waiting first."""
    return _due(Payment.provider_id.is_not(None), now, most)


def lost_payments(now: datetime, *, most: int) -> list[DuePayment]:
    """Payments of which we should have heard by now whether Mollie made them, the longest waiting first."""
    return _due(Payment.provider_id.is_(None), now, most)


def unpaid_here(provider_ids: Collection[str]) -> set[str]:
    """Of these payments at Mollie, those that are not stored here as paid."""
    paid = select(Payment.provider_id).where(
        Payment.provider_id.in_(provider_ids), Payment.status == PaymentStatus.PAID
    )
    return set(provider_ids) - set(session().scalars(paid))


def unseen(facts: Sequence[tuple[str, str, str]]) -> dict[str, set[str]]:
    """Of facts (payment id, refund or chargeback id, state) at the provider, those that payments of ours lack.

    By payment, each as one word; without those for which we looked already, whatever came of that.
    """
    ours = select(Payment.provider_id, Payment.listed, PaymentEvent.provider_ref, PaymentEvent.state).outerjoin(
        PaymentEvent,
        PaymentEvent.payment_id == Payment.id,
    )
    rows = session().execute(ours.where(Payment.provider_id.in_({payment_id for payment_id, _, _ in facts}))).all()
    known: dict[str, set[str]] = defaultdict(set)
    for payment_id, listed, ref, state in rows:
        known[payment_id or ""] |= {f"{ref}:{state}", *listed.split()}
    found: dict[str, set[str]] = defaultdict(set)
    for payment_id, ref, state in facts:
        if payment_id in known and f"{ref}:{state}" not in known[payment_id]:
            found[payment_id].add(f"{ref}:{state}")
    return found


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be looked at, for the watch: how many, and since when the oldest waits."""

    waiting_hints: int
    parked_hints: int
    oldest_hint_at: datetime | None
    failing_payments: int


def backlog() -> Backlog:
    """How far behind the provider's news we are."""
    waiting, oldest = (
        session()
        .execute(
            select(func.count(), func.min(WebhookHint.last_received_at)).where(WebhookHint.state == HintState.WAITING),
        )
        .one()
    )
    parked = select(func.count()).select_from(WebhookHint).where(WebhookHint.state == HintState.PARKED)
    failing = select(func.count()).select_from(Payment).where(Payment.error != "")
    return Backlog(waiting, session().scalar(parked) or 0, oldest, session().scalar(failing) or 0)


def _due(which: ColumnElement[bool], now: datetime, most: int) -> list[DuePayment]:
    rows = session().execute(
        select(
            Payment.id,
            func.coalesce(Payment.provider_id, ""),
            Payment.idempotency_key,
            Payment.created_at,
            Payment.check_failures,
        )
        .where(which, Payment.next_check_at <= now)
        .order_by(Payment.next_check_at)
        .limit(most),
    )
    return [DuePayment(*row) for row in rows]


def _payments_of(donation_id: int) -> list[Payment]:
    return list(session().scalars(select(Payment).where(Payment.donation_id == donation_id).order_by(Payment.attempt)))


def _summaries() -> Select[Payment, str, str]:
    return select(Payment, Donation.reference, Donation.form_nonce).join(Donation, Donation.id == Payment.donation_id)


def _summary(payment: Payment, reference: str, form: str) -> PaymentSummary:
    return PaymentSummary(
        payment_id=payment.id,
        provider_id=payment.provider_id or "",
        reference=reference,
        attempt=payment.attempt,
        amount=payment.amount,
        method=payment.method,
        mode=payment.mode,
        status=payment.status,
        created_at=payment.created_at,
        paid_at=payment.paid_at,
        error=payment.error,
        form=form,
    )
