"""`/v2/payments/<id>/refunds` and `/v2/refunds`."""

from typing import Any

from flask import Blueprint, Response

from fundraising.giving.simulator import hal
from fundraising.giving.simulator.amounts import parse_amount
from fundraising.giving.simulator.clock import after, written
from fundraising.giving.simulator.errors import ApiError, not_found, unprocessable
from fundraising.giving.simulator.gate import mode
from fundraising.giving.simulator.lifecycle import RefundOrder, move_refund, refund
from fundraising.giving.simulator.records import Refund
from fundraising.giving.simulator.shapes import refund_shape, with_payment
from fundraising.giving.simulator.store import Selection
from fundraising.giving.simulator.world import World, current_world

blueprint = Blueprint("refunds", __name__)
_RECALLABLE = frozenset({"queued", "pending"})
_SAME_WITHIN = 3600
"""Seconds within which Mollie takes a refund of the same payment and amount for the same one."""


@blueprint.post("/payments/<payment_id>/refunds")
def create_refund(payment_id: str) -> Response:
    """Refund a payment in part or in whole."""
    world, data = current_world(), hal.json_body()
    payment = world.payment(payment_id, mode())
    amount = parse_amount(data.get("amount"))
    if amount.currency != payment.currency:
        raise unprocessable("The currency differs from the payment's", "amount.currency")
    order = RefundOrder(cents=amount.cents, description=data.get("description"), metadata=data.get("metadata"))
    with world.store.transaction():
        _refuse_duplicate(world, payment_id, amount.cents)
        made = refund(world, payment_id, order)
    return hal.single(refund_shape(made), 201)


@blueprint.get("/payments/<payment_id>/refunds")
def list_payment_refunds(payment_id: str) -> Response:
    """List a payment's refunds, newest first."""
    world = current_world()
    world.payment(payment_id, mode())
    selection = Selection(kind="refund", mode=mode(), parent=payment_id)
    return _page(world, selection, f"payments/{payment_id}/refunds")


@blueprint.get("/refunds")
def list_refunds() -> Response:
    """List all refunds, newest first."""
    return _page(current_world(), Selection(kind="refund", mode=mode()), "refunds")


@blueprint.get("/payments/<payment_id>/refunds/<refund_id>")
def get_refund(payment_id: str, refund_id: str) -> Response:
    """Show a refund."""
    world = current_world()
    return hal.single(_shape(world, _found(world, payment_id, refund_id)))


@blueprint.delete("/payments/<payment_id>/refunds/<refund_id>")
def cancel_refund(payment_id: str, refund_id: str) -> Response:
    """Recall a refund that has not left yet."""
    world = current_world()
    with world.store.transaction():
        if _found(world, payment_id, refund_id).status not in _RECALLABLE:
            raise unprocessable("The refund can no longer be canceled")
        move_refund(world, refund_id, "canceled")
    return Response(status=204)


def _refuse_duplicate(world: World, payment_id: str, cents: int) -> None:
    """Raise a 409 where as much of the payment was refunded within the hour, whoever asked for that."""
    since = written(after(world.clock.now(), -_SAME_WITHIN))
    if any(made.counts and made.cents == cents and made.created_at > since for made in world.refunds(payment_id)):
        raise ApiError(409, "A duplicate refund has been detected")


def _found(world: World, payment_id: str, refund_id: str) -> Refund:
    found = world.refund(refund_id, mode())
    if found.payment_id != payment_id:
        raise not_found(refund_id)
    return found


def _shape(world: World, found: Refund) -> dict[str, Any]:
    return with_payment(world, refund_shape(found), found.payment_id)


def _page(world: World, selection: Selection, path: str) -> Response:
    return hal.page(world, selection, lambda entity: hal.documented(_shape(world, Refund.of(entity))), path)
