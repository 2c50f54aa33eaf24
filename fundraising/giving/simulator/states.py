"""Which states follow which, for payments and for refunds."""

from collections.abc import Mapping
from types import MappingProxyType

PAYMENT_STATES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "open": ("pending", "authorized", "paid", "canceled", "expired", "failed"),
        "pending": ("paid", "failed", "canceled"),
        "authorized": ("paid", "canceled", "expired", "failed"),
        "paid": (),
        "canceled": (),
        # Final in Mollie's documentation, yet money that comes in late has been seen in the field.
        "expired": ("paid",),
        "failed": ("paid",),
    }
)
REFUND_STATES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "queued": ("pending", "processing", "refunded", "failed", "canceled"),
        "pending": ("processing", "refunded", "failed", "canceled"),
        "processing": ("refunded", "failed"),
        # The receiving bank may still return what was paid out.
        "refunded": ("failed",),
        "failed": (),
        "canceled": (),
    }
)
ANNOUNCED_PAYMENT_STATES = frozenset({"paid", "authorized", "expired", "failed", "canceled"})
ANNOUNCED_REFUND_STATES = frozenset({"processing", "refunded", "failed"})
UNFINISHED = frozenset({"open", "pending", "authorized"})
"""Payment states in which the payer or the bank has yet to act."""

MOMENTS: Mapping[str, str] = MappingProxyType(
    {
        "authorized": "authorizedAt",
        "paid": "paidAt",
        "canceled": "canceledAt",
        "expired": "expiredAt",
        "failed": "failedAt",
    }
)
"""The field that tells when a state was reached."""
