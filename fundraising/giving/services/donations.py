"""Promises: storing what somebody submitted, paying it again, letting it lapse."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from fundraising import clock
from fundraising.contacts.rules import Salutation
from fundraising.contacts.services.ways import set_first_postal_address
from fundraising.db import insert_new, session
from fundraising.gifts.rules import LedgerMode, new_reference
from fundraising.giving.models import Donation, DonorDetails, Payment
from fundraising.giving.rules import (
    UNDECIDED,
    DonationState,
    PaymentStatus,
    Route,
    Submission,
    donation_after,
    submission_key,
)
from fundraising.giving.rules.velocity import Verdict
from fundraising.giving.services.abuse import judge_submission, may_have_mailed, note_submission
from fundraising.giving.services.mails import send_transfer_instructions

if TYPE_CHECKING:
    from datetime import datetime

    from fundraising.contacts.rules import Address
    from fundraising.money import Euro

# A checkout stays open for minutes, a bank transfer through Mollie for weeks.
_ONLINE_LAPSES = timedelta(days=30)
_TRANSFER_LAPSES = timedelta(days=60)
# Money can come late, and be asked about; after that nobody needs to know who once thought of giving.
_REMEMBERED = timedelta(days=365)
# Of a donor whose details are erased.
NOTHING_TYPED = {
    "organisation_name": "",
    "salutation": Salutation.UNKNOWN,
    "given_name": "",
    "name_prefix": "",
    "surname": "",
    "email": "",
    "phone": "",
    "iban": "",
    "message": "",
    "newsletter": False,
    "street": "",
    "house_number": "",
    "postcode": "",
    "town": "",
}

# What `new_key` makes. Other sites of the charity may have payments of their own at the same Mollie account.
OUR_KEY = re.compile(r"[A-Za-z0-9_-]{32}")


class AlreadyPaid(Exception):
    """This donation has been paid: there is nothing to try again."""


class TooManyTries(Exception):
    """From this address so much was tried that no new payment is made now."""


class NotPayableOnline(Exception):
    """The donor chose to transfer the money from their own bank."""


@dataclass(frozen=True, slots=True)
class SubmittedDonation:
    """Where a submission went. `created` is False where the same one was stored before; a transfer has no payment.

    `mailed` says that how to transfer was mailed just now.
    """

    donation_id: int
    reference: str
    payment_id: int | None
    created: bool
    mailed: bool = False


def submit_donation(
    submission: Submission, *, mode: LedgerMode, address_digest: str | None = None
) -> SubmittedDonation:
    """Store a promise, and its first payment where it goes online; the same submission again changes nothing.

    From one address on the network, where it is given, few transfers are explained by mail: see `may_have_mailed`.
    """
    key = submission_key(submission)
    stored = _new_donation(submission, key)
    if stored is None:
        return _submitted_before(key)
    donation_id, reference = stored
    if submission.route is Route.ONLINE:
        first = _Attempt(donation_id, 1, submission.amount, submission.method)
        return SubmittedDonation(donation_id, reference, _new_payment(first, mode), created=True)
    may_mail = address_digest is None or may_have_mailed(address_digest)
    mailed = may_mail and send_transfer_instructions(session().get_one(Donation, donation_id))
    return SubmittedDonation(donation_id, reference, None, created=True, mailed=mailed)


def payment_to_use(reference: str, *, mode: LedgerMode, address_digest: str | None = None) -> int:
    """The payment with which a donor should go on: the open one where there is one, else a new one.

    A new one counts against those who try cards, as a form does, where an address is given: one form could be tried
    again for ever. Raises AlreadyPaid, NotPayableOnline, TooManyTries, or LookupError for an unknown reference.
    """
    donation = lock_donation(reference)
    if donation.route is not Route.ONLINE:
        raise NotPayableOnline(reference)
    newest = _newest_payment(donation.id)
    if newest is None:
        raise LookupError(reference)
    if donation.state is DonationState.RECEIVED or newest.status is PaymentStatus.PAID:
        raise AlreadyPaid(reference)
    if newest.status in UNDECIDED:
        return newest.id
    if address_digest is not None:
        _count_try(donation, address_digest)
    # The way that did not work may not work again: Mollie's own page offers every other one too.
    return _new_payment(_Attempt(donation.id, newest.attempt + 1, donation.amount, method=""), mode)


def _count_try(donation: Donation, address_digest: str) -> None:
    if judge_submission(address_digest, donation.amount) is not Verdict.ALLOWED:
        raise TooManyTries(donation.reference)
    note_submission(address_digest, donation.amount, donation.id)


def lock_donation(reference: str) -> Donation:
    """The donation, locked until the transaction ends. Whoever changes it, its donor or its payments locks it first.

    Raises LookupError.
    """
    found = session().scalar(
        select(Donation)
        .where(Donation.reference == reference)
        # The donor's row too: one that is not locked is shown as it was before we waited.
        .with_for_update()
        .execution_options(populate_existing=True),
    )
    if found is None:
        raise LookupError(reference)
    return found


def note_address(reference: str, address: Address) -> None:
    """Store the postal address that a donor gave for a yearly statement. Raises LookupError.

    Anybody can give a euro in another's name. So where another address is known already, what was typed stays with the
    donation, for staff to judge: see `queries.addresses`.
    """
    donation = lock_donation(reference)
    donor = donation.donor
    donor.street, donor.house_number = address.street, address.house_number
    donor.postcode, donor.town = address.postcode, address.town
    if donation.contact_id is not None:
        set_first_postal_address(donation.contact_id, address)


def new_key() -> str:
    """An idempotency key for one payment at Mollie. Nobody can guess it: it also claims the payment as ours."""
    return secrets.token_urlsafe(24)


def forget_promises(now: datetime) -> int:
    """Empty what was typed with promises that lapsed a year ago and were never kept; how many were.

    Nobody became a contact by them, so nobody else would ever erase it. Money that comes after all is still booked.
    """
    over = select(Donation.id).where(Donation.state == DonationState.LAPSED, Donation.lapses_at <= now - _REMEMBERED)
    typed = update(DonorDetails).where(DonorDetails.donation_id.in_(over), DonorDetails.email != "")
    emptied = typed.values(NOTHING_TYPED).returning(DonorDetails.donation_id)
    return len(session().execute(emptied).all())


def let_promises_lapse(now: datetime) -> int:
    """Let unpaid promises lapse whose time is over; how many did. Money that comes later still counts."""
    lapsing = donation_after(DonationState.PROMISED, DonationState.LAPSED)
    lapsed = session().execute(
        update(Donation)
        .where(Donation.state == DonationState.PROMISED, Donation.lapses_at <= now)
        .values(state=lapsing)
        .returning(Donation.id),
    )
    return len(lapsed.all())


def _submitted_before(key: str) -> SubmittedDonation:
    donation = session().scalars(select(Donation).where(Donation.submission_key == key)).one()
    payment = _newest_payment(donation.id)
    return SubmittedDonation(donation.id, donation.reference, payment.id if payment else None, created=False)


def _newest_payment(donation_id: int) -> Payment | None:
    return session().scalar(
        select(Payment).where(Payment.donation_id == donation_id).order_by(Payment.attempt.desc()).limit(1),
    )


def _new_donation(submission: Submission, key: str) -> tuple[int, str] | None:
    """Store a promise: its number and reference; None where the same submission is stored already."""
    row = insert_new(Donation).values(_promise(submission) | {"submission_key": key}).returning(Donation.id)
    reference = new_reference()
    while (donation_id := session().scalar(row.values(reference=reference))) is None:
        if session().scalar(select(Donation.id).where(Donation.submission_key == key)) is not None:
            return None
        # Somebody else has this reference.
        reference = new_reference()
    session().execute(insert(DonorDetails).values(_donor_details(submission) | {"donation_id": donation_id}))
    return donation_id, reference


def _promise(submission: Submission) -> dict[str, object]:
    now = clock.now()
    lapses = _TRANSFER_LAPSES if submission.route is Route.TRANSFER else _ONLINE_LAPSES
    return {
        "form_nonce": submission.form_nonce,
        "programme_id": submission.programme_id,
        "amount": submission.amount,
        "route": submission.route,
        "language": submission.language,
        "source_code": submission.source_code,
        "created_at": now,
        "lapses_at": now + lapses,
    }


def _donor_details(submission: Submission) -> dict[str, object]:
    donor = submission.donor
    return {
        "kind": donor.kind,
        "organisation_name": donor.organisation_name,
        **donor.name.columns,
        "email": donor.email,
        "phone": donor.phone,
        "iban": donor.iban,
        "message": donor.message,
        "newsletter": donor.newsletter,
    }


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt to pay a donation."""

    donation_id: int
    number: int
    amount: Euro
    method: str


def _new_payment(attempt: _Attempt, mode: LedgerMode) -> int:
    now = clock.now()
    row = {
        "donation_id": attempt.donation_id,
        "attempt": attempt.number,
        "amount": attempt.amount,
        "method": attempt.method,
        "mode": mode,
        "idempotency_key": new_key(),
        "created_at": now,
        # Nobody may come back to it: the sweep looks whether it reached Mollie.
        "next_check_at": now + timedelta(minutes=2),
    }
    return session().scalars(insert(Payment).returning(Payment.id), [row]).one()
