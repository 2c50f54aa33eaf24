"""States of donations, payments and webhook hints, and how they move: pure rules."""

from __future__ import annotations

from enum import StrEnum


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
