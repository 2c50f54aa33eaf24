"""The `details` of a payment: what the method's bank or card reports of the payer."""

from typing import Any

from fundraising.giving.simulator.payers import Payer
from fundraising.giving.simulator.records import Payment

_CARD = {
    "cardNumber": "6787",
    "cardHolder": "T. TEST",
    "cardAudience": "consumer",
    "cardLabel": "Mastercard",
    "cardCountryCode": "NL",
    "cardSecurity": "normal",
    "feeRegion": "other",
}
_REFUSED = {
    "failureReason": "insufficient_funds",
    "failureMessage": "The card has insufficient funds.",
}


def reference_details(payment: Payment) -> dict[str, Any] | None:
    """Return what is known before anyone has paid: for a bank transfer, where to and with which reference."""
    if payment.method != "banktransfer":
        return None
    return {
        "bankName": "Stichting Mollie Payments",
        "bankAccount": "NL53ABNA0627535577",
        "bankBic": "ABNANL2A",
        "transferReference": f"RF12-3456-{payment.id[-8:-4].upper()}-{payment.id[-4:].upper()}",
    }


def payment_details(payment: Payment, payer: Payer) -> dict[str, Any] | None:
    """Return what is known in the payment's present state: a paid one names its payer, a refused card its reason."""
    before = reference_details(payment)
    if payment.method == "creditcard" and payment.status == "failed":
        return _CARD | _REFUSED | {"cardHolder": payer.name}
    if payment.status != "paid":
        return before
    if payment.method == "creditcard":
        return _CARD | {"cardHolder": payer.name}
    bank = {"consumerName": payer.name, "consumerAccount": payer.account, "consumerBic": payer.bic}
    if payment.method == "bancontact":
        return bank | {"cardNumber": payer.account[-4:]}
    if payment.method == "paypal":
        return bank | {"consumerAccount": None, "consumerBic": None}
    return (before or {}) | bank
