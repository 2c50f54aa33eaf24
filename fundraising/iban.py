"""IBANs: the one place where schwifty is used.

ISO 13616 for the format; which countries are in SEPA is schwifty's knowledge. A typed IBAN is never proof of
anything: only the bank or Mollie proves one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from schwifty import IBAN
from schwifty.exceptions import InvalidChecksumDigits, InvalidCountryCode, SchwiftyException


class IbanFault(StrEnum):
    """What is wrong with an IBAN, in the terms in which a donor is told."""

    CHARACTERS = "characters"
    COUNTRY = "country"
    NOT_SEPA = "not_sepa"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    FORMAT = "format"
    CHECK_DIGITS = "check_digits"


class InvalidIban(ValueError):
    """The text is no IBAN to which money can go in euros; `fault` tells why, `missing` how many characters."""

    def __init__(self, fault: IbanFault, missing: int = 0) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.missing = missing


@dataclass(frozen=True, slots=True)
class CheckedIban:
    """An IBAN with a right length and right check digits. `bank` and `bic` are empty where the bank is not known."""

    compact: str
    bank: str
    bic: str

    @property
    def formatted(self) -> str:
        """In groups of four."""
        return formatted(self.compact)


def formatted(compact: str) -> str:
    """An IBAN in groups of four, as it is printed on a card."""
    return " ".join(compact[i : i + 4] for i in range(0, len(compact), 4))


def check(text: str) -> CheckedIban:
    """Check an IBAN as someone typed it, with or without spaces. Raises InvalidIban."""
    bare = re.sub(r"[\s\u00a0.\-]", "", text)
    # Before upper(), which would turn a sharp s into two letters.
    if not re.fullmatch(r"[A-Za-z0-9]{1,64}", bare):
        raise InvalidIban(IbanFault.CHARACTERS)
    compact = bare.upper().removeprefix("IBAN")
    iban = IBAN(compact, allow_invalid=True)
    _check_country_and_length(iban)
    try:
        iban.validate()
    except InvalidChecksumDigits as wrong:
        raise InvalidIban(IbanFault.CHECK_DIGITS) from wrong
    except SchwiftyException as wrong:
        raise InvalidIban(IbanFault.FORMAT) from wrong
    bic = iban.bic
    return CheckedIban(compact, iban.bank_short_name or iban.bank_name or "", str(bic) if bic else "")


def _check_country_and_length(iban: IBAN) -> None:
    try:
        spec = iban.spec
    except InvalidCountryCode as wrong:
        raise InvalidIban(IbanFault.COUNTRY) from wrong
    if not spec.in_sepa_zone:
        raise InvalidIban(IbanFault.NOT_SEPA)
    missing = spec.iban_length - len(str(iban))
    if missing:
        raise InvalidIban(IbanFault.TOO_SHORT if missing > 0 else IbanFault.TOO_LONG, abs(missing))
