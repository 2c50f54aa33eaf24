"""Donors by the hundred: their forms, their promises, and payments that they made at a simulated Mollie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from fundraising.contacts.rules import PersonName, Salutation
from fundraising.db import session, transaction
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.jobs import mollie_door, refresh_methods, start_payment
from fundraising.giving.rules import Donor, DonorKind, Route, Submission
from fundraising.giving.services.donations import submit_donation
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource

if TYPE_CHECKING:
    from flask import Flask

_LETTERS = "abcdefghijklmnopqrst"


def open_up(app: Flask) -> None:
    """Load the programmes, and hear from Mollie how one can pay."""
    with app.app_context():
        with transaction():
            load_programmes(read_folder(resource("programmes/data")))
        refresh_methods(mollie_door())


def surname(number: int) -> str:
    """A name of this donor's own, without digits, as names are."""
    return "Donor" + "".join(_LETTERS[int(digit)] for digit in str(number))


def submission(number: int, route: Route = Route.ONLINE) -> Submission:
    """The form of donor `number`."""
    return Submission(
        form_nonce=f"form-{number}",
        programme_id=min(programme_names("nl")),
        amount=Euro.of(25 + number % 1000),
        route=route,
        method="ideal" if route is Route.ONLINE else "",
        language="nl",
        source_code="",
        donor=Donor(
            DonorKind.PERSON, PersonName(Salutation.MRS, "A.", "", surname(number)), f"donor{number}@example.nl"
        ),
    )


def open_payment(number: int) -> tuple[str, str]:
    """The reference of a donation whose payment is open at Mollie, and that payment's id there. In an app context."""
    with transaction():
        submitted = submit_donation(submission(number), mode=LedgerMode.TEST)
    back = f"https://charity.example/bedankt/{submitted.reference}"
    checkout = start_payment(mollie_door(), submitted.payment_id or 0, redirect_url=back)
    session().rollback()
    return submitted.reference, checkout.rpartition("/")[2]


def pay(simulator: str, provider_id: str) -> None:
    """Let a payment be paid at Mollie."""
    address = f"{simulator}/control/api/payments/{provider_id}/status"
    requests.post(address, json={"status": "paid"}, timeout=5).raise_for_status()
