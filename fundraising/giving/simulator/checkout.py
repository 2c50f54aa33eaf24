"""The page on which a person plays the donor and the bank: pays, or does not."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.catalogue import Method, find_method, suitable
from fundraising.giving.simulator.control import read_payer
from fundraising.giving.simulator.dutch import PAYMENT_WORDS, euros
from fundraising.giving.simulator.errors import ApiError
from fundraising.giving.simulator.payers import default_payer
from fundraising.giving.simulator.records import Payment
from fundraising.giving.simulator.states import PAYMENT_STATES
from fundraising.giving.simulator.world import World, current_world

blueprint = Blueprint("checkout", __name__)
OFFERED = ("paid", "pending", "failed", "canceled", "expired")
_MERCHANT_WAITS = frozenset({"open", "pending"})


@blueprint.get("/checkout/<payment_id>")
def show_checkout(payment_id: str) -> str:
    """Show a payment and what may become of it."""
    world = current_world()
    return _page(world, _payment(world, payment_id))


@blueprint.post("/checkout/<payment_id>")
def finish_checkout(payment_id: str) -> AnyResponse | tuple[str, int]:
    """Do what the person chose, then send the browser back to the merchant."""
    world = current_world()
    payment = _payment(world, payment_id)
    try:
        status = _chosen(payment)
        payer = read_payer(request.form.get("consumer_name", ""), request.form.get("consumer_account", ""))
        method = request.form.get("method") or None
        lifecycle.reach(world, payment_id, status, method=method, payer=payer)
    except ApiError as error:
        return _page(world, world.payment(payment_id), error), error.status
    back = payment.cancel_url if status == "canceled" else None
    return redirect(back or payment.redirect_url, 303, Response)


def _payment(world: World, payment_id: str) -> Payment:
    lifecycle.expire_due(world)
    try:
        return world.payment(payment_id)
    except ApiError:
        raise NotFound from None


def _chosen(payment: Payment) -> str:
    status = request.form.get("status", "")
    if status not in OFFERED or payment.status not in _MERCHANT_WAITS:
        raise ApiError(422, "This payment is no longer waiting for that", "status")
    return status


def _page(world: World, payment: Payment, error: ApiError | None = None) -> str:
    default = default_payer(payment.id)
    return render_template(
        "checkout.html",
        payment=payment,
        amount=euros(payment.amount),
        merchant=urlsplit(payment.redirect_url).netloc,
        status=PAYMENT_WORDS[payment.status],
        choices=[status for status in OFFERED if status in PAYMENT_STATES[payment.status]],
        waiting=payment.status in _MERCHANT_WAITS,
        methods=_methods(world, payment),
        payer_name=request.form.get("consumer_name", default.name),
        payer_account=request.form.get("consumer_account", default.account),
        error=error,
    )


def _methods(world: World, payment: Payment) -> list[Method]:
    """Return the methods among which the payer may choose: the one of the merchant's choice, or those that suit."""
    chosen = find_method(payment.method)
    return [chosen] if chosen else suitable(world.store, payment.amount, payment.allowed_methods)
