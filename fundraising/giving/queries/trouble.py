"""What Mollie says and cannot be booked: payments and webhooks that fail again and again, until somebody decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import literal, select

from fundraising.db import session
from fundraising.giving.models import Donation, Payment, WebhookHint
from fundraising.giving.rules import HintState

if TYPE_CHECKING:
    from datetime import datetime

    from fundraising.money import Euro


@dataclass(frozen=True, slots=True)
class Stuck:
    """Something that cannot be booked, by Mollie's id of the payment (our number, where Mollie's is not known) and why.

    `reference` is its donation's, empty for a webhook about a payment that we do not know; `since` is when the payment
    was made, or the webhook first came.
    """

    name: str
    reference: str
    since: datetime
    error: str
    amount: Euro | None = None


def stuck(*, most: int) -> list[Stuck]:
    """What fails, the newest first: payments, then webhooks that were put aside and whose payment is none of these."""
    failing = (
        select(Payment, Donation.reference)
        .join(Donation, Donation.id == Payment.donation_id)
        # Written out, so that a partial index is seen to fit.
        .where(Payment.error != literal("", literal_execute=True))
        .order_by(Payment.id.desc())
        .limit(most)
    )
    found = [
        Stuck(payment.provider_id or str(payment.id), reference, payment.created_at, payment.error, payment.amount)
        for payment, reference in session().execute(failing)
    ]
    named = {each.name for each in found}
    parked = select(WebhookHint).where(WebhookHint.state == HintState.PARKED)
    hints = session().scalars(parked.order_by(WebhookHint.id.desc()).limit(most))
    found += [Stuck(h.provider_id, "", h.first_received_at, h.error) for h in hints if h.provider_id not in named]
    return found[:most]
