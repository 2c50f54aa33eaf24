"""What a payment became: its creation at Mollie, and everything that is seen of it afterwards.

`apply_observation` is the only way from what Mollie says to the ledger, whoever asked Mollie and however often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from fundraising import clock
from fundraising.contacts.rules import Address, Identity, OrganisationKind
from fundraising.contacts.services.recognition import find_or_create
from fundraising.contacts.services.ways import set_first_postal_address
from fundraising.db import session
from fundraising.gifts.queries import entries, gift_by_reference
from fundraising.gifts.rules import Booking, EntryKind, Reversal, Source, root_of
from fundraising.gifts.services import begin_booking, record_gift, record_reversal
from fundraising.giving.models import Donation, Payment, PaymentEvent
from fundraising.giving.queries import events_of
from fundraising.giving.rules import (
    PROVIDER,
    DonationState,
    DonorKind,
    Event,
    EventKind,
    LedgerLine,
    PaymentStatus,
    RefundState,
    donation_after,
    in_booking_order,
    ledger_lines,
    next_check,
    retry_at,
    status_of,
)
from fundraising.giving.services.donations import new_key
from fundraising.giving.services.mails import ask_newsletter_confirmation, thank
from fundraising.giving.services.refunds import follow_refunds
from fundraising.iban import InvalidIban, check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement

    from fundraising.giving.mollie import PaymentRow
    from fundraising.giving.queries import DuePayment
    from fundraising.money import Euro

_ERROR_LENGTH = 500


class ObservationRefused(Exception):
    """What Mollie says contradicts what we stored; nothing of it is booked, and somebody must look."""


def record_created(payment_id: int, row: PaymentRow) -> None:
    """Store that a payment exists at Mollie, with where its donor pays. Raises ObservationRefused or LookupError."""
    _apply(row, *_locked(payment_id))


def leave_method_open(payment_id: int) -> None:
    """Let Mollie's own page ask how to pay, where Mollie refused the method: a new question, so under a new key."""
    payment, _donation = _locked(payment_id)
    # Only once: two that start the same payment go on under one key.
    if payment.provider_id is None and payment.method:
        payment.method = ""
        payment.idempotency_key = new_key()


def apply_observation(row: PaymentRow) -> bool:
    """Store what was seen of a payment and bring ledger, donation and thanks up to it.

    Returns False where the payment is not ours. Raises ObservationRefused.
    """
    held = _lock(Payment.provider_id == row.provider_id)
    if held is None and row.key:
        # A crash kept us from storing Mollie's id; our key in the metadata says whose it is.
        held = _lock(Payment.idempotency_key == row.key)
    if held is None:
        return False
    _apply(row, *held)
    return True


def take_payment(due: DuePayment) -> bool:
    """Put a look off before it begins; False where somebody else has taken it.

    So the next round goes on with the others whatever is wrong with this one, even if the process dies of it.
    """
    now, failures = clock.now(), due.failures + 1
    taken = update(Payment).where(
        Payment.id == due.payment_id, Payment.check_failures == due.failures, Payment.next_check_at <= now
    )
    put_off = taken.values(check_failures=failures, next_check_at=retry_at(failures, now))
    return session().scalar(put_off.returning(Payment.id)) is not None


def note_failure(taken: DuePayment, error: str) -> None:
    """Remember why a look failed, unless another look went well meanwhile."""
    session().execute(
        update(Payment)
        .where(Payment.id == taken.payment_id, Payment.check_failures == taken.failures + 1)
        .values(error=error[:_ERROR_LENGTH]),
    )


def make_due(news: Mapping[str, Collection[str]]) -> None:
    """Have payments looked at now of which Mollie lists news, unless a look failed before: then their time is set."""
    now = clock.now()
    told = select(Payment).where(Payment.provider_id.in_(news)).order_by(Payment.id).with_for_update()
    for payment in session().scalars(told.execution_options(populate_existing=True)):
        payment.listed = " ".join(sorted({*payment.listed.split(), *news[payment.provider_id or ""]}))
        if not payment.check_failures and (payment.next_check_at is None or payment.next_check_at > now):
            payment.next_check_at = now


def abandon(payment_id: int) -> None:
    """Store that a payment never reached Mollie. Should it turn up after all, it counts."""
    payment, _donation = _locked(payment_id)
    if payment.provider_id is None:
        payment.status = PaymentStatus.ABANDONED
        payment.next_check_at = None
        payment.check_failures, payment.error = 0, ""


def _locked(payment_id: int) -> tuple[Payment, Donation]:
    held = _lock(Payment.id == payment_id)
    if held is None:
        raise LookupError(payment_id)
    return held


def _lock(which: ColumnElement[bool]) -> tuple[Payment, Donation] | None:
    """A payment and its donation, as they are once the lock is ours: see `lock_donation`."""
    found = session().execute(
        select(Donation, Payment)
        .join(Payment, Payment.donation_id == Donation.id)
        .where(which)
        # Of all that is read: rows that are not locked are shown as they were before we waited.
        .with_for_update()
        .execution_options(populate_existing=True),
    )
    row = found.one_or_none()
    return None if row is None else (row[1], row[0])


def _apply(row: PaymentRow, payment: Payment, donation: Donation) -> None:
    _refuse_contradiction(payment, row)
    # What Mollie was never seen to know has no events.
    known = events_of(payment.id) if payment.provider_id else []
    _refuse_other_amounts(row, known)
    payment.provider_id = row.provider_id
    payment.checkout_url = row.checkout_url or payment.checkout_url
    payment.expires_at = row.expires_at or payment.expires_at
    _observe(payment, donation, row, known)


def _refuse_contradiction(payment: Payment, row: PaymentRow) -> None:
    if row.mode is not payment.mode:
        raise ObservationRefused(f"{row.provider_id}: a {row.mode} payment does not belong to a {payment.mode} ledger")
    if row.amount != payment.amount:
        raise ObservationRefused(f"{row.provider_id}: Mollie has another amount than was asked")
    if payment.provider_id not in {None, row.provider_id}:
        raise ObservationRefused(f"{row.provider_id}: this payment is known under another id")


def _refuse_other_amounts(row: PaymentRow, known: Iterable[Event]) -> None:
    # What is refunded or charged back is booked once, so it has one amount, whatever becomes of it.
    amounts = {event.provider_ref: event.amount for event in known}
    for event in row.events:
        if amounts.get(event.provider_ref, event.amount) != event.amount:
            raise ObservationRefused(f"{event.provider_ref}: Mollie has another amount than it had before")


def _observe(payment: Payment, donation: Donation, row: PaymentRow, known: Sequence[Event]) -> None:
    events = [*known, *_remember(payment, known, row.events)]
    was_paid = donation.state is DonationState.RECEIVED
    payment.status = status_of(PaymentStatus(e.state) for e in events if e.kind is EventKind.STATUS)
    if row.status is payment.status:
        # An answer that was overtaken on its way may still name the method that the donor chose at first.
        payment.method = row.method or payment.method
    payment.paid_at = payment.paid_at or row.paid_at
    payment.check_failures, payment.error, payment.listed = 0, "", ""
    payment.next_check_at = next_check(
        payment.status, payment.created_at, clock.now(), moving=_refund_under_way(events)
    )
    for line in in_booking_order(ledger_lines(events), ledger_lines(known)):
        _book(line, donation, payment, row.payer_iban, second=was_paid)
    follow_refunds(payment, donation, events, row.refund_keys)


def _remember(payment: Payment, known: Iterable[Event], seen: Iterable[Event]) -> list[Event]:
    """Store the events that are new, and return them."""
    before = {_identity(event) for event in known}
    new = [event for event in seen if _identity(event) not in before]
    if new:
        session().execute(insert(PaymentEvent), [_values(payment.id, event) for event in new])
    return new


def _identity(event: Event) -> tuple[str, str, Euro]:
    return (event.provider_ref, str(event.state), event.amount)


def _values(payment_id: int, event: Event) -> dict[str, object]:
    return {
        "payment_id": payment_id,
        "kind": event.kind,
        "provider_ref": event.provider_ref,
        "state": str(event.state),
        "amount": event.amount,
        "occurred_on": event.occurred_on,
        "observed_at": clock.now(),
    }


def _refund_under_way(events: Iterable[Event]) -> bool:
    states: dict[str, set[str]] = {}
    for event in events:
        if event.kind is EventKind.REFUND:
            states.setdefault(event.provider_ref, set()).add(event.state)
    final = {RefundState.REFUNDED, RefundState.CANCELED, RefundState.FAILED}
    return any(not final & seen for seen in states.values())


def _book(line: LedgerLine, donation: Donation, payment: Payment, payer_iban: str, *, second: bool) -> None:
    if line.kind is EntryKind.RECEIVED:
        _book_gift(line, donation, payment, payer_iban, second=second)
        return
    record_reversal(
        Reversal(
            reverses=Source(PROVIDER, line.reverses),
            amount=line.amount,
            kind=line.kind,
            source=Source(PROVIDER, line.source_ref),
            occurred_on=line.occurred_on,
            recorded_by=PROVIDER,
        ),
    )


def _book_gift(line: LedgerLine, donation: Donation, payment: Payment, payer_iban: str, *, second: bool) -> None:
    begin_booking()
    if not second:
        _find_contact(donation, payer_iban)
    gift = record_gift(
        Booking(
            amount=line.amount,
            contact_id=_giver_by_now(donation) if second else donation.contact_id,
            programme_id=donation.programme_id,
            method=payment.method,
            received_on=line.occurred_on,
            source=Source(PROVIDER, line.source_ref),
            mode=payment.mode,
            recorded_by=PROVIDER,
            # One reference for the donor to keep; a second payment of the same donation is a gift of its own.
            reference=None if second else donation.reference,
        ),
    )
    if gift.created:
        donation.state = donation_after(donation.state, DonationState.RECEIVED)
        thank(donation, payment, gift, second=second)
        ask_newsletter_confirmation(donation)


def _giver_by_now(donation: Donation) -> int | None:
    """Whose the gift of this donation is, which a correction may have said; its second payment is theirs as well."""
    gift = gift_by_reference(donation.reference)
    return root_of(entries(gift.gift_id)).contact_id if gift else donation.contact_id


def _find_contact(donation: Donation, payer_iban: str) -> None:
    if donation.contact_id is not None:
        return
    donor = donation.donor
    if not (donor.surname or donor.organisation_name):
        # Who promised it was forgotten by now: it is a gift of nobody known, for staff to find out.
        return
    identity = Identity(
        name=donor.name,
        email=donor.email,
        phone=donor.phone,
        language=donation.language,
        organisation_kind=None if donor.kind is DonorKind.PERSON else OrganisationKind(donor.kind.value),
        organisation_name=donor.organisation_name,
        typed_iban=donor.iban,
    )
    donation.contact_id = find_or_create(identity, proven_iban=_proven(payer_iban), source="online_gift")
    if donor.street:
        address = Address(donor.street, donor.house_number, donor.postcode, donor.town)
        set_first_postal_address(donation.contact_id, address)


def _proven(payer_iban: str) -> str | None:
    """The account that paid, where Mollie tells it whole; a masked or foreign number proves nothing here."""
    try:
        return check(payer_iban).compact if payer_iban else None
    except InvalidIban:
        return None
