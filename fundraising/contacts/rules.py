"""What names mean and when two of them can be one person's: pure rules."""

from __future__ import annotations

from enum import StrEnum


class ContactKind(StrEnum):
    """A contact is one or the other."""

    PERSON = "person"
    ORGANISATION = "organisation"


class OrganisationKind(StrEnum):
    """Kinds of organisation. A church and its diaconie are two legal bodies."""

    CHURCH = "church"
    DIACONIE = "diaconie"
    SCHOOL = "school"
    COMPANY = "company"
    FUND = "fund"
    OTHER = "other"


class Salutation(StrEnum):
    """How a person is addressed."""

    MR = "mr"
    MRS = "mrs"
    UNKNOWN = "unknown"


class IbanProvenance(StrEnum):
    """Where an IBAN was seen; only the bank and Mollie prove one."""

    TYPED = "typed"
    MOLLIE = "mollie"
    BANK = "bank"


class ConsentState(StrEnum):
    """What a person said about a purpose and a channel, in order of time."""

    REQUESTED = "requested"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class DuplicateState(StrEnum):
    """What staff judged of two contacts that look alike."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"
