"""What the ways to pay are called for a donor who reads English."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundraising.giving.rules import Method

# By Mollie's id (https://docs.mollie.com/reference/list-methods), where the name that Mollie gives a Dutch account is
# Dutch. Names of brands are the same everywhere, so what is not here keeps Mollie's name.
_ENGLISH = {
    "banktransfer": "Bank transfer",
    "belfius": "Belfius Pay Button",
    "creditcard": "Card",
    "directdebit": "SEPA Direct Debit",
    "giftcard": "Gift card",
    "kbc": "KBC/CBC Payment Button",
    "paybybank": "Pay by Bank",
    "voucher": "Voucher",
}


def english_name(method: Method) -> str:
    """The name of a method in English, or the one that Mollie gives it."""
    return _ENGLISH.get(method.code, method.description)
