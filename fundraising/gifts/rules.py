"""What an entry of the ledger may be: pure rules."""

from __future__ import annotations

from enum import StrEnum


class EntryKind(StrEnum):
    """What happened to a gift."""

    RECEIVED = "received"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    CHARGED_BACK = "charged_back"
    CHARGEBACK_REVERSED = "chargeback_reversed"
    # The two halves of a correction: what stood is taken back, what should stand is booked.
    REVERSED = "reversed"
    CORRECTED = "corrected"


class Reason(StrEnum):
    """Why a correction was made; a free note stands apart, since it must be erasable."""

    WRONG_PROGRAMME = "wrong_programme"
    WRONG_CONTACT = "wrong_contact"
    CONTACT_FOUND = "contact_found"
    WRONG_DATE = "wrong_date"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_METHOD = "wrong_method"


class LedgerMode(StrEnum):
    """A ledger holds real money or test money, and never both."""

    LIVE = "live"
    TEST = "test"
