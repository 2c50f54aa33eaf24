"""Whoever pays: a name and a bank account, made up but valid."""

import hashlib
import re
from dataclasses import dataclass

NAMES = (
    "J. de Vries",
    "Mw. M. van den Berg",
    "A. Bakker e/o P. Bakker-Visser",
    "Hr K. 't Hart",
    "Diaconie Prot. Gemeente De Brug",
    "S. El Amrani",
    "T. Nguyen",
    "W. ten Have",
)
BICS = {"INGB": "INGBNL2A", "RABO": "RABONL2U", "ABNA": "ABNANL2A", "TRIO": "TRIONL2U", "ASNB": "ASNBNL21"}

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)


@dataclass(frozen=True)
class Payer:
    """A payer as the bank reports one; empty parts are filled with the payment's default payer."""

    name: str = ""
    account: str = ""

    @property
    def bic(self) -> str | None:
        """Return the bank's BIC for the Dutch banks known here, else None."""
        return BICS.get(self.account[4:8]) if self.account.startswith("NL") else None


def default_payer(payment_id: str) -> Payer:
    """Return the payer that belongs to a payment unless another is chosen: the same at every call."""
    digest = int.from_bytes(hashlib.sha256(payment_id.encode()).digest(), "big")
    bank = sorted(BICS)[digest % len(BICS)]
    return Payer(NAMES[digest % len(NAMES)], dutch_iban(bank, digest % 10**10))


def complete(payer: Payer, payment_id: str) -> Payer:
    """Return the payer with what is missing taken from the payment's default payer."""
    default = default_payer(payment_id)
    return Payer(payer.name or default.name, compact(payer.account) or default.account)


def dutch_iban(bank: str, number: int) -> str:
    """Return a Dutch IBAN with correct check digits for a bank's four letters and a number of at most ten digits."""
    basic = f"{bank}{number:010}"
    return f"NL{98 - _as_number(f'{basic}NL00') % 97:02}{basic}"


def compact(iban: str) -> str:
    """Return an IBAN without spaces, in capitals."""
    return "".join(iban.split()).upper()


def is_valid_iban(iban: str) -> bool:
    """Return whether form and check digits are right (ISO 13616, mod 97)."""
    return bool(_IBAN.fullmatch(iban)) and _as_number(iban[4:] + iban[:4]) % 97 == 1


def _as_number(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text))
