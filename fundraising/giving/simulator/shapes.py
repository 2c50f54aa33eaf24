"""Resources in the shape in which Mollie sends them."""

from typing import Any

from flask import request

from fundraising.giving.simulator.amounts import Amount
from fundraising.giving.simulator.catalogue import Method, find_method
from fundraising.giving.simulator.hal import api_url, embeds, link
from fundraising.giving.simulator.lifecycle import totals
from fundraising.giving.simulator.records import Chargeback, Payment, Refund
from fundraising.giving.simulator.states import MOMENTS, UNFINISHED
from fundraising.giving.simulator.world import World

PROFILE = "pfl_SiMuLaT0r1"
REASONS = {
    "AC01": "Account identifier incorrect (i.e. invalid IBAN)",
    "AC04": "Account closed",
    "AC06": "Account blocked",
    "AM04": "Insufficient funds",
    "MD01": "No valid mandate",
    "MD06": "Refund requested by the payer",
    "MD07": "Payer deceased",
    "MS02": "Refused by the payer",
    "MS03": "No reason given",
    "SL01": "Specific service offered by the payer's bank",
}
"""Reasons of a chargeback, in words of ours; the codes are those of SEPA."""


def payment_shape(world: World, payment: Payment, embed: set[str] | None = None) -> dict[str, Any]:
    """Return a payment; fields that say nothing in its state are left out, as Mollie does."""
    refunds, chargebacks = world.refunds(payment.id), world.chargebacks(payment.id)
    shape: dict[str, Any] = {
        "resource": "payment",
        "id": payment.id,
        "mode": payment.mode,
        "createdAt": payment.created_at,
        "amount": payment.amount.as_json(),
        "description": payment.description,
        **_given(payment),
        "metadata": payment.metadata,
        "status": payment.status,
        **_state(payment),
        **(_paid(world, payment, charged_back=bool(chargebacks)) if payment.status == "paid" else {}),
        "profileId": PROFILE,
        "sequenceType": "oneoff",
        "redirectUrl": payment.redirect_url,
        "_links": _payment_links(world, payment, refunds=bool(refunds), chargebacks=bool(chargebacks)),
    }
    embedded: dict[str, Any] = {}
    if embed and "refunds" in embed:
        embedded["refunds"] = [refund_shape(refund) for refund in refunds]
    if embed and "chargebacks" in embed:
        embedded["chargebacks"] = [chargeback_shape(chargeback) for chargeback in chargebacks]
    return shape | {"_embedded": embedded} if embedded else shape


def refund_shape(refund: Refund) -> dict[str, Any]:
    """Return a refund."""
    own = f"payments/{refund.payment_id}/refunds/{refund.id}"
    return {
        "resource": "refund",
        "id": refund.id,
        "mode": refund.mode,
        "description": refund.description,
        "amount": refund.amount.as_json(),
        **_settled(refund.amount),
        "status": refund.status,
        "metadata": refund.metadata,
        "paymentId": refund.payment_id,
        "createdAt": refund.created_at,
        "_links": {"self": link(api_url(own)), "payment": link(api_url(f"payments/{refund.payment_id}"))},
    }


def chargeback_shape(chargeback: Chargeback) -> dict[str, Any]:
    """Return a chargeback; it has no mode of its own."""
    own = f"payments/{chargeback.payment_id}/chargebacks/{chargeback.id}"
    payment = f"payments/{chargeback.payment_id}"
    code = chargeback.reason_code
    reason = {"reason": {"code": code, "description": REASONS.get(code, code)}} if code else {}
    return {
        "resource": "chargeback",
        "id": chargeback.id,
        "amount": chargeback.amount.as_json(),
        **_settled(chargeback.amount),
        **reason,
        "paymentId": chargeback.payment_id,
        "createdAt": chargeback.created_at,
        "reversedAt": chargeback.reversed_at,
        "_links": {"self": link(api_url(own)), "payment": link(api_url(payment))},
    }


def with_payment(world: World, shape: dict[str, Any], payment_id: str) -> dict[str, Any]:
    """Return a refund or chargeback with the payment that it is of, where the query asks to embed that."""
    if "payment" not in embeds():
        return shape
    return shape | {"_embedded": {"payment": payment_shape(world, world.payment(payment_id))}}


def method_shape(method: Method, *, locale: str | None, currency: str) -> dict[str, Any]:
    """Return a payment method with its limits in a currency."""
    icon = f"https://www.mollie.com/external/icons/payment-methods/{method.id}"
    highest = None if method.maximum is None else Amount(method.maximum, currency).as_json()
    return {
        "resource": "method",
        "id": method.id,
        "description": method.description(locale),
        "minimumAmount": Amount(method.minimum, currency).as_json(),
        "maximumAmount": highest,
        "image": {"size1x": f"{icon}.png", "size2x": f"{icon}%402x.png", "svg": f"{icon}.svg"},
        "status": "activated",
        "_links": {"self": link(api_url(f"methods/{method.id}"))},
    }


def public_url(world: World) -> str:
    """Return the address by which a donor's browser reaches the simulator."""
    return (world.settings.public_url or request.host_url).rstrip("/")


def _given(payment: Payment) -> dict[str, Any]:
    """Return what was asked for and may be absent."""
    given = {
        "method": payment.method,
        "locale": payment.locale,
        "restrictPaymentMethodsToCountry": payment.country,
        "cancelUrl": payment.cancel_url,
        "webhookUrl": payment.webhook_url,
        "details": payment.details,
    }
    return {name: value for name, value in given.items() if value is not None}


def _state(payment: Payment) -> dict[str, Any]:
    method = find_method(payment.method)
    shape: dict[str, Any] = {
        MOMENTS[status]: moment
        for status, moment in payment.moments.items()
        # An authorisation stays true of a paid payment; an earlier failure does not.
        if status in {payment.status, "authorized"} and status in MOMENTS
    }
    if payment.status in UNFINISHED:
        shape["isCancelable"] = bool(method and method.cancelable)
    if payment.status == "open":
        shape["expiresAt"] = payment.expires_at
    return shape


def _paid(world: World, payment: Payment, *, charged_back: bool) -> dict[str, Any]:
    sums = totals(world, payment.id)
    shape: dict[str, Any] = {
        "amountRefunded": payment.amount.with_cents(sums.refunded).as_json(),
        "amountRemaining": payment.amount.with_cents(payment.cents - sums.refunded).as_json(),
        "countryCode": "NL",
    }
    if charged_back:
        shape["amountChargedBack"] = payment.amount.with_cents(sums.charged_back).as_json()
    if payment.currency == "EUR":
        shape["settlementAmount"] = payment.amount.as_json()
    return shape


def _settled(amount: Amount) -> dict[str, Any]:
    """Return what leaves the merchant's euro balance; other currencies would need a rate, and Mollie may omit it."""
    return {"settlementAmount": amount.with_cents(-amount.cents).as_json()} if amount.currency == "EUR" else {}


def _payment_links(world: World, payment: Payment, *, refunds: bool, chargebacks: bool) -> dict[str, dict[str, str]]:
    own, site = f"payments/{payment.id}", public_url(world)
    links = {"self": link(api_url(own))}
    if payment.status == "open":
        links["checkout"] = link(f"{site}/checkout/{payment.id}", "text/html")
    links["dashboard"] = link(f"{site}/control/payments/{payment.id}", "text/html")
    if payment.mode == "test" and payment.status != "open":
        links["changePaymentState"] = link(f"{site}/control/payments/{payment.id}", "text/html")
    if refunds:
        links["refunds"] = link(api_url(f"{own}/refunds"))
    if chargebacks:
        links["chargebacks"] = link(api_url(f"{own}/chargebacks"))
    return links
