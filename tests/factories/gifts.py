"""Entries of the ledger, booked as everything is: through its services."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from fundraising.gifts.rules import Booking, EntryKind, LedgerMode, Reversal, Source
from fundraising.gifts.services import RecordedGift, record_gift, record_reversal
from fundraising.money import Euro
from tests.factories.contacts import person
from tests.factories.programmes import programme

_numbers = count(1)


def booking(**changes: Any) -> Booking:
    """A gift of € 25 to HerstelWerk from a new person, from a source of its own."""
    values: dict[str, Any] = {
        "amount": Euro.of(25),
        "method": "ideal",
        "received_on": date(2026, 3, 14),
        "source": Source("test", f"gift-{next(_numbers)}"),
        "mode": LedgerMode.TEST,
        "recorded_by": "test",
    } | changes
    if "contact_id" not in values:
        values["contact_id"] = person()
    if "programme_id" not in values:
        values["programme_id"] = programme()
    return Booking(**values)


def gift(**changes: Any) -> RecordedGift:
    """Record such a gift."""
    return record_gift(booking(**changes))


def refund(source: Source, amount: Euro, **changes: Any) -> Source:
    """Pay back a part of what `source` brought in; the refund's own source."""
    values: dict[str, Any] = {
        "kind": EntryKind.REFUNDED,
        "source": Source(source.system, f"refund-{next(_numbers)}"),
        "occurred_on": date(2026, 4, 1),
        "recorded_by": "test",
    } | changes
    record_reversal(Reversal(reverses=source, amount=amount, **values))
    return values["source"]
