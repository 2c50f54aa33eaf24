"""Gift references: short codes that people copy by hand into a bank transfer.

Twelve symbols of an alphabet without look-alikes, the last of which is a check. After the transfer codes of Wikimedia
Deutschland, with a check of our own.
"""

from __future__ import annotations

import re
import secrets


class BadReference(ValueError):
    """The text is no reference: a wrong length, a strange symbol, or a typing mistake that the check symbol shows."""


# Of symbols that look alike (B and 8, O and 0, S and 5, Z and 2) at most one is there. 19 is prime: sums modulo 19 form
# a field, in which no two different weights and no two different symbols can hide each other.
REFERENCE_ALPHABET = "ACDEFKLMNPRTWXYZ349"
REFERENCE_LENGTH = 12
_MODULUS = len(REFERENCE_ALPHABET)
_VALUE = {symbol: value for value, symbol in enumerate(REFERENCE_ALPHABET)}
# Spaces of every kind, and what keyboards, mails and printers make of a dash.
_SEPARATORS = re.compile(r"[\s_\u00ad\u2010-\u2015\u2212-]")


def _check_sum(symbols: str) -> int:
    """Σ weight x value mod 19, with weight 12 for the first symbol down to 1 for the last."""
    return sum((REFERENCE_LENGTH - i) * _VALUE[symbol] for i, symbol in enumerate(symbols)) % _MODULUS


def new_reference() -> str:
    """A reference that nobody can guess (46 bits), without dashes; its last symbol is the check."""
    return numbered_reference(secrets.randbelow(_MODULUS ** (REFERENCE_LENGTH - 1)))


def numbered_reference(number: int) -> str:
    """The reference of a number below 19 to the eleventh, another for each; for what may be foreseen only."""
    symbols = []
    for _ in range(REFERENCE_LENGTH - 1):
        number, value = divmod(number, _MODULUS)
        symbols.append(REFERENCE_ALPHABET[value])
    body = "".join(symbols)
    return body + REFERENCE_ALPHABET[-_check_sum(body) % _MODULUS]


def parse_reference(text: str) -> str:
    """Read a reference as someone typed it: any case, with or without spaces and dashes. Raises BadReference.

    Every single wrong symbol is caught, and every two symbols that changed places.
    """
    symbols = _SEPARATORS.sub("", text).upper()
    if len(symbols) != REFERENCE_LENGTH or not _VALUE.keys() >= set(symbols) or _check_sum(symbols):
        raise BadReference(text[:40])
    return symbols


def written_reference(reference: str) -> str:
    """A reference as people see it: `ACDE-FKLM-NPRT`."""
    return "-".join(reference[i : i + 4] for i in range(0, len(reference), 4))
