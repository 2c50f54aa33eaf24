"""Amounts as Mollie writes them: a currency and a string with two decimals."""

import re
from dataclasses import dataclass

from fundraising.giving.simulator.errors import unprocessable

CURRENCIES = frozenset({"EUR", "USD", "GBP", "CHF", "DKK", "NOK", "PLN", "SEK", "CAD", "AUD"})
"""Currencies of two decimals that the simulator takes."""

_VALUE = re.compile(r"-?[0-9]{1,9}\.[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Amount:
    """Money in cents of a currency."""

    cents: int
    currency: str

    def as_json(self) -> dict[str, str]:
        """Return the object that Mollie sends, such as `{"value": "10.00", "currency": "EUR"}`."""
        return {"value": format_cents(self.cents), "currency": self.currency}

    def with_cents(self, cents: int) -> "Amount":
        """Return another amount in the same currency."""
        return Amount(cents, self.currency)


def format_cents(cents: int) -> str:
    """Return cents as a decimal string: -3507 gives `-35.07`."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def parse_value(value: object) -> int:
    """Return the cents of a value such as `"10.00"`; raises a 422 on any other notation, and on nothing or less."""
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise unprocessable("The amount contains an invalid value, expected a string with two decimals", "amount")
    cents = int(value.replace(".", ""))
    if cents <= 0:
        raise unprocessable("The amount is lower than the minimum", "amount")
    return cents


def parse_amount(data: object) -> Amount:
    """Return the amount in a request; raises a 422 on field `amount` naming what is wrong."""
    if data is None:
        raise unprocessable("The 'amount' field is missing", "amount")
    if not isinstance(data, dict):
        raise unprocessable("The amount should be an object with a currency and a value", "amount")
    currency = data.get("currency")
    if not isinstance(currency, str) or currency not in CURRENCIES:
        raise unprocessable("The amount contains an invalid currency", "amount.currency")
    return Amount(parse_value(data.get("value")), currency)
