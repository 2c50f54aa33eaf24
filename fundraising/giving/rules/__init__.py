"""Online giving as pure rules: states and how they move, what the ledger must hold for what the provider did.

A payment is known by its set of events: facts seen at the provider, in any order and any number of times. What the
payment is, and what the ledger must hold, are functions of that set alone; so duplicated, late and reordered news
converges.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from fundraising.gifts.rules import EntryKind, LedgerMode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fundraising.contacts.rules import PersonName
    from fundraising.money import Euro

PROVIDER = "mollie"


class DonorKind(StrEnum):
    """On whose behalf someone gives."""

    PERSON = "person"
    CHURCH = "church"
    DIACONIE = "diaconie"
    SCHOOL = "school"
    COMPANY = "company"


class Route(StrEnum):
    """How the money will come: through Mollie, or by a transfer that the donor makes in their own bank."""

    ONLINE = "online"
    TRANSFER = "transfer"


class DonationState(StrEnum):
    """What became of the promise."""

    PROMISED = "promised"
    RECEIVED = "received"
    LAPSED = "lapsed"


class PaymentStatus(StrEnum):
    """Mollie's statuses, with two of ours around its creation."""

    # Stored here, Mollie not yet asked or not yet heard.
    CREATED = "created"
    # Never arrived at Mollie; found out by the sweep.
    ABANDONED = "abandoned"
    OPEN = "open"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    EXPIRED = "expired"
    CANCELED = "canceled"
    FAILED = "failed"
    PAID = "paid"


class EventKind(StrEnum):
    """What was observed at the provider."""

    STATUS = "status"
    REFUND = "refund"
    CHARGEBACK = "chargeback"


class RefundState(StrEnum):
    """Mollie's states of a refund."""

    QUEUED = "queued"
    PENDING = "pending"
    PROCESSING = "processing"
    REFUNDED = "refunded"
    CANCELED = "canceled"
    FAILED = "failed"


class ChargebackState(StrEnum):
    """A chargeback stands until the bank reverses it."""

    STANDING = "standing"
    REVERSED = "reversed"


class HintState(StrEnum):
    """What became of a webhook's hint."""

    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"
    UNKNOWN = "unknown"


class AttemptOutcome(StrEnum):
    """What became of a submitted giving form."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


# --- what a donor submits


@dataclass(frozen=True, slots=True)
class Donor:
    """Who gives, as typed. Empty text where nothing was filled in; the phone in E.164, the IBAN compact."""

    kind: DonorKind
    name: PersonName
    email: str
    organisation_name: str = ""
    phone: str = ""
    iban: str = ""
    message: str = ""
    newsletter: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """One filled-in giving form. `method` is empty where Mollie's own checkout is to ask."""

    form_nonce: str
    programme_id: int
    amount: Euro
    route: Route
    method: str
    language: str
    source_code: str
    donor: Donor


def submission_key(submission: Submission) -> str:
    """The identity of a submission: the form that was shown and all that was filled in, as a SHA-256 in hex.

    The same form sent twice is one donation, in whichever language; after Back and another amount it is another.
    """
    donor, name = submission.donor, submission.donor.name
    parts = [
        submission.form_nonce,
        submission.programme_id,
        submission.amount.cents,
        submission.route,
        submission.method,
        submission.source_code,
        donor.kind,
        donor.organisation_name,
        name.salutation,
        name.given_name,
        name.prefix,
        name.surname,
        donor.email,
        donor.phone,
        donor.iban,
        donor.message,
        donor.newsletter,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


# --- states and how they move

# What may become of a promise. Money that comes after the promise lapsed still counts.
DONATION_MOVES: dict[DonationState, frozenset[DonationState]] = {
    DonationState.PROMISED: frozenset({DonationState.RECEIVED, DonationState.LAPSED}),
    DonationState.LAPSED: frozenset({DonationState.RECEIVED}),
    DonationState.RECEIVED: frozenset(),
}

# The later in this order, the more is known. Paid comes last: a late paid after an expired or failed has been seen, and
# money wins.
STATUS_ORDER: tuple[PaymentStatus, ...] = (
    PaymentStatus.CREATED,
    PaymentStatus.ABANDONED,
    PaymentStatus.OPEN,
    PaymentStatus.PENDING,
    PaymentStatus.AUTHORIZED,
    PaymentStatus.EXPIRED,
    PaymentStatus.CANCELED,
    PaymentStatus.FAILED,
    PaymentStatus.PAID,
)
UNDECIDED = frozenset({PaymentStatus.CREATED, PaymentStatus.OPEN, PaymentStatus.PENDING, PaymentStatus.AUTHORIZED})
# What was abandoned never came to Mollie: nobody tried to pay with it.
UNSUCCESSFUL = frozenset({PaymentStatus.EXPIRED, PaymentStatus.CANCELED, PaymentStatus.FAILED})

# `failed` is last: by Mollie's account a refund fails after it was sent, when the donor's bank returns it.
# `canceled` follows only `queued` and `pending`: what was once seen on its way did go.
REFUND_ORDER: tuple[RefundState, ...] = (
    RefundState.QUEUED,
    RefundState.PENDING,
    RefundState.CANCELED,
    RefundState.PROCESSING,
    RefundState.REFUNDED,
    RefundState.FAILED,
)
REFUND_ON_ITS_WAY = frozenset({RefundState.PROCESSING, RefundState.REFUNDED, RefundState.FAILED})
_CAME_BACK = frozenset({EntryKind.REFUND_FAILED, EntryKind.CHARGEBACK_REVERSED})


def donation_after(state: DonationState, wanted: DonationState) -> DonationState:
    """The state after a move, or the same state where the move does not exist."""
    return wanted if wanted in DONATION_MOVES[state] else state


def status_of(seen: Iterable[PaymentStatus]) -> PaymentStatus:
    """What a payment is, given every status that was ever seen of it."""
    return max(seen, key=STATUS_ORDER.index, default=PaymentStatus.CREATED)


# --- what the ledger must hold


@dataclass(frozen=True, slots=True)
class Event:
    """A fact seen at the provider; `occurred_on` is its date in Amsterdam."""

    kind: EventKind
    provider_ref: str
    state: str
    amount: Euro
    occurred_on: date


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line that the ledger must hold. `amount` is positive; `reverses` names the source of the line it undoes."""

    kind: EntryKind
    source_ref: str
    amount: Euro
    reverses: str
    occurred_on: date


def ledger_lines(events: Iterable[Event]) -> list[LedgerLine]:
    """What the ledger must hold for these events, each line after the one it undoes.

    A failed refund stands as taken back and returned: it went out and came back. Nothing is received, so nothing can be
    taken back, before the payment was seen paid.
    """
    known = list(events)
    paid = [e for e in known if e.kind is EventKind.STATUS and e.state == PaymentStatus.PAID]
    if not paid:
        return []
    received = min(paid, key=lambda e: e.occurred_on)
    lines = [LedgerLine(EntryKind.RECEIVED, received.provider_ref, received.amount, "", received.occurred_on)]
    lines += _refund_lines(known, received.provider_ref)
    return lines + _chargeback_lines(known, received.provider_ref)


def in_booking_order(lines: Iterable[LedgerLine], booked: Iterable[LedgerLine]) -> list[LedgerLine]:
    """The lines in an order in which never more is taken back than came in; `booked` stand in the ledger already.

    A payment can be refunded again in full once a refund of it failed, and charged back again once a chargeback was
    reversed. So what came back goes first, then what went and came back unseen, then what is still gone.
    """
    standing, every = {line.source_ref for line in booked}, list(lines)
    came_back = {line.reverses for line in every if line.kind in _CAME_BACK}

    def turn(line: LedgerLine) -> int:
        if line.kind is EntryKind.RECEIVED or line.source_ref in standing:
            return 0
        if line.kind in _CAME_BACK:
            return 1 if line.reverses in standing else 2
        return 2 if line.source_ref in came_back else 3

    return sorted(every, key=turn)


def _refund_lines(events: list[Event], received: str) -> list[LedgerLine]:
    lines = []
    for ref, facts in _by_ref(events, EventKind.REFUND).items():
        newest = max(facts, key=lambda e: REFUND_ORDER.index(RefundState(e.state)))
        if newest.state not in REFUND_ON_ITS_WAY:
            continue
        lines.append(LedgerLine(EntryKind.REFUNDED, ref, newest.amount, received, newest.occurred_on))
        if newest.state == RefundState.FAILED:
            back = LedgerLine(EntryKind.REFUND_FAILED, f"{ref}:failed", newest.amount, ref, newest.occurred_on)
            lines.append(back)
    return lines


def _chargeback_lines(events: list[Event], received: str) -> list[LedgerLine]:
    lines = []
    for ref, facts in _by_ref(events, EventKind.CHARGEBACK).items():
        first = min(facts, key=lambda e: e.occurred_on)
        lines.append(LedgerLine(EntryKind.CHARGED_BACK, ref, first.amount, received, first.occurred_on))
        reversals = [e for e in facts if e.state == ChargebackState.REVERSED]
        if reversals:
            when = min(e.occurred_on for e in reversals)
            lines.append(LedgerLine(EntryKind.CHARGEBACK_REVERSED, f"{ref}:reversed", first.amount, ref, when))
    return lines


def _by_ref(events: list[Event], kind: EventKind) -> dict[str, list[Event]]:
    grouped: dict[str, list[Event]] = {}
    for event in events:
        if event.kind is kind:
            grouped.setdefault(event.provider_ref, []).append(event)
    return dict(sorted(grouped.items()))


# --- when to look again

_YOUNG = timedelta(hours=1)
_PENDING_FOR_LONG = timedelta(days=2)
# A direct debit can be charged back for 13 months; a refund or a late paid shows within weeks.
_PAID_LOOKS = tuple(timedelta(days=d) for d in (1, 3, 7, 14, 30, 60, 90, 180, 270, 400))
_LATE_PAID_LOOKS = tuple(timedelta(hours=h) for h in (1, 6, 24, 72, 168, 336))
_RETRIES = tuple(timedelta(minutes=m) for m in (1, 3, 7, 15, 31, 60, 120, 240))


def next_check(status: PaymentStatus, created_at: datetime, now: datetime, *, moving: bool) -> datetime | None:
    """When to look at a payment again, though no webhook comes; None when nothing more can be expected.

    `moving` says that a refund is under way. Looks are dense while a donor waits and thin out with age.
    """
    age = now - created_at
    if status in UNDECIDED:
        if age < _YOUNG:
            return now + timedelta(minutes=1)
        return now + (timedelta(minutes=15) if age < _PENDING_FOR_LONG else timedelta(hours=6))
    if moving:
        return now + timedelta(hours=1)
    looks = _PAID_LOOKS if status is PaymentStatus.PAID else _LATE_PAID_LOOKS
    return next((created_at + look for look in looks if created_at + look > now), None)


def retry_at(failures: int, now: datetime) -> datetime:
    """When to try again after so many failures in a row, one or more: sooner at first, every four hours in the end."""
    return now + _RETRIES[min(failures, len(_RETRIES)) - 1]


# --- methods

FIRST_METHOD = "ideal"


@dataclass(frozen=True, slots=True)
class Method:
    """A payment method of the account, with the amounts it takes."""

    code: str
    description: str
    minimum: Euro
    maximum: Euro | None

    def takes(self, amount: Euro) -> bool:
        """Whether this amount can be paid with it."""
        return self.minimum <= amount and (self.maximum is None or amount <= self.maximum)


def ledger_mode(api_key: str) -> LedgerMode:
    """Which ledger belongs to a Mollie key: `live_…` moves money, `test_…` does not."""
    return LedgerMode.LIVE if api_key.startswith("live_") else LedgerMode.TEST
