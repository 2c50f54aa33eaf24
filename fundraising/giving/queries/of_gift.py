"""What was promised and paid for one gift, for the staff who look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.contacts.rules import full_name
from fundraising.db import session
from fundraising.giving.models import Donation, Payment
from fundraising.giving.rules import DonationState, PaymentStatus, Route

if TYPE_CHECKING:
    from datetime import datetime

    from fundraising.money import Euro


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRow:
    """What somebody promised on a giving page, with their own words; empty text where nothing was filled in."""

    donation_id: int
    reference: str
    donor_name: str
    organisation_name: str
    email: str
    message: str
    source_code: str
    language: str
    route: Route
    state: DonationState
    amount: Euro
    created_at: datetime


def promise(reference: str) -> PromiseRow | None:
    """What was promised under a reference, or None."""
    row = session().scalar(select(Donation).where(Donation.reference == reference))
    if row is None:
        return None
    donor = row.donor
    return PromiseRow(
        donation_id=row.id,
        reference=row.reference,
        donor_name=full_name(donor.name),
        organisation_name=donor.organisation_name,
        email=donor.email,
        message=donor.message,
        source_code=row.source_code,
        language=row.language,
        route=row.route,
        state=row.state,
        amount=row.amount,
        created_at=row.created_at,
    )


def paid_on_the_same_form(payment_id: int) -> list[str]:
    """Mollie's ids of other payments of the form that this one belongs to: with one, it was probably paid twice."""
    form = (
        select(Donation.form_nonce)
        .join(Payment, Payment.donation_id == Donation.id)
        .where(Payment.id == payment_id)
        .scalar_subquery()
    )
    others = (
        select(Payment.provider_id)
        .join(Donation, Donation.id == Payment.donation_id)
        .where(Donation.form_nonce == form, Payment.status == PaymentStatus.PAID, Payment.id != payment_id)
        .order_by(Payment.id)
    )
    return [provider_id for provider_id in session().scalars(others) if provider_id is not None]
