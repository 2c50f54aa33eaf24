"""What cannot be done to a contact, and why: one kind of error, so that a page can tell each at its field."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why something is refused."""

    # A period that ends before it begins.
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    # A date before living memory or too far ahead: a slip of the keyboard.
    UNLIKELY_DATE = "unlikely_date"
    IN_THE_FUTURE = "in_the_future"
    # An organisation that would belong to itself, directly or by way of others.
    CIRCULAR = "circular"
    NOT_A_CHURCH = "not_a_church"
    NOT_AN_ORGANISATION = "not_an_organisation"
    NOT_A_PERSON = "not_a_person"
    # What the contact has already.
    KNOWN = "known"
    # What a bank or Mollie has proven is kept; it can end.
    PROVEN = "proven"
    # Somebody lives in one household at most.
    IN_A_HOUSEHOLD = "in_a_household"
    TOO_FEW = "too_few"
    # A consent that is given already, or withdrawn already.
    SAID_BEFORE = "said_before"
    NAMELESS = "nameless"


class Refusal(ValueError):
    """Something that cannot be; `reason` tells why. Nothing was changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
