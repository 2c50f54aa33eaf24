"""Donations and payments."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from fundraising.clock import now
from fundraising.db import session
from fundraising.gifts.rules import LedgerMode, new_reference
from fundraising.giving.models import Donation, DonorDetails, Payment
from fundraising.giving.rules import DonorKind, PaymentStatus, Route
from fundraising.money import Euro
from tests.factories.programmes import programme

_numbers = count(1)


def donor(**changes: Any) -> DonorDetails:
    """Who promised it, not yet with a donation."""
    values: dict[str, Any] = {
        "kind": DonorKind.PERSON,
        "given_name": "Anna",
        "name_prefix": "van den",
        "surname": "Berg",
        "email": "anna@example.nl",
    }
    return DonorDetails(**(values | changes))


def donation(*, by: DonorDetails | None = None, **changes: Any) -> Donation:
    """A promise of € 1.000 to HerstelWerk, to be paid online."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "reference": new_reference(),
        "form_nonce": f"form-{number}",
        "submission_key": f"submission-{number}",
        "amount": Euro.of(1000),
        "route": Route.ONLINE,
        "language": "nl",
        "created_at": now(),
        "lapses_at": now() + timedelta(days=30),
    } | changes
    if "programme_id" not in values:
        values["programme_id"] = programme()
    made = Donation(donor=by or donor(), **values)
    session().add(made)
    session().flush()  # its id is needed for payments
    return made


def payment(of: Donation | None = None, **changes: Any) -> Payment:
    """An open payment that the provider knows."""
    of = of or donation()
    number = next(_numbers)
    values: dict[str, Any] = {
        "attempt": 1,
        "provider_id": f"tr_test{number}",
        "idempotency_key": f"payment-{number}",
        "mode": LedgerMode.TEST,
        "amount": of.amount,
        "status": PaymentStatus.OPEN,
        "created_at": now(),
        "expires_at": now() + timedelta(minutes=15),
        "next_check_at": now(),
    }
    made = Payment(donation_id=of.id, **(values | changes))
    session().add(made)
    session().flush()  # its id is needed for events
    return made
