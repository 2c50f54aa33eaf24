"""Numbers by which registers know an organisation: of the Chamber of Commerce, the tax office, and education."""

from __future__ import annotations

import re
from enum import StrEnum

from stdnum.exceptions import ValidationError
from stdnum.nl import brin, bsn, postcode


class Register(StrEnum):
    """Who gives out a number."""

    KVK = "kvk"
    RSIN = "rsin"
    BRIN = "brin"
    POSTCODE = "postcode"


class NotRegistered(ValueError):
    """A number that this register cannot have given out."""

    def __init__(self, register: Register) -> None:
        super().__init__(register.value)
        self.register = register


def kvk_number(typed: str) -> str:
    """A number of the Chamber of Commerce: eight digits, without a check digit. Raises NotRegistered."""
    digits = re.sub(r"[\s.]", "", typed)
    if not re.fullmatch(r"[0-9]{8}", digits) or not digits.strip("0"):
        raise NotRegistered(Register.KVK)
    return digits


def rsin_number(typed: str) -> str:
    """A legal body's tax number: nine digits that pass the eleven-test of the Belastingdienst. Raises NotRegistered."""
    try:
        # It has the form and the test of a citizen's number, which we never hold.
        return str(bsn.validate(typed))
    except ValidationError as wrong:
        raise NotRegistered(Register.RSIN) from wrong


def brin_number(typed: str) -> str:
    """A school's number in the register of education. Raises NotRegistered.

    Two digits and two letters, `02LT`, and perhaps two digits for one of its places.
    """
    try:
        return str(brin.validate(typed))
    except ValidationError as wrong:
        raise NotRegistered(Register.BRIN) from wrong


def dutch_postcode(typed: str) -> str:
    """A Dutch postcode as `1234 AB`. Raises NotRegistered."""
    try:
        return str(postcode.validate(typed))
    except ValidationError as wrong:
        raise NotRegistered(Register.POSTCODE) from wrong
