"""`/v2/payments`."""

from dataclasses import replace

from flask import Blueprint, Response

from fundraising.giving.simulator import hal
from fundraising.giving.simulator.catalogue import find_method
from fundraising.giving.simulator.errors import unprocessable
from fundraising.giving.simulator.gate import mode
from fundraising.giving.simulator.lifecycle import amend, open_payment, reach
from fundraising.giving.simulator.merchant import amendments, new_payment
from fundraising.giving.simulator.records import Payment
from fundraising.giving.simulator.shapes import payment_shape
from fundraising.giving.simulator.states import UNFINISHED
from fundraising.giving.simulator.store import Selection
from fundraising.giving.simulator.world import current_world

blueprint = Blueprint("payments", __name__)


@blueprint.post("/payments")
def create_payment() -> Response:
    """Create a payment."""
    world = current_world()
    payment = open_payment(world, new_payment(world, hal.json_body(), mode()))
    return hal.single(payment_shape(world, payment, hal.embeds()), 201)


@blueprint.get("/payments")
def list_payments() -> Response:
    """List payments, newest first."""
    world, embed = current_world(), hal.embeds()
    selection = Selection(kind="payment", mode=mode())
    return hal.page(world, selection, lambda entity: payment_shape(world, Payment.of(entity), embed), "payments")


@blueprint.get("/payments/<payment_id>")
def get_payment(payment_id: str) -> Response:
    """Show a payment."""
    world = current_world()
    return hal.single(payment_shape(world, world.payment(payment_id, mode()), hal.embeds()))


@blueprint.patch("/payments/<payment_id>")
def update_payment(payment_id: str) -> Response:
    """Change the merchant's own words and addresses."""
    world = current_world()
    with world.store.transaction():
        payment = world.payment(payment_id, mode())
        changed = amend(world, replace(payment, **amendments(world, hal.json_body())))
    return hal.single(payment_shape(world, changed, hal.embeds()))


@blueprint.delete("/payments/<payment_id>")
def cancel_payment(payment_id: str) -> Response:
    """Cancel a payment whose method allows it, before anyone has paid."""
    world = current_world()
    with world.store.transaction():
        payment = world.payment(payment_id, mode())
        method = find_method(payment.method)
        if payment.status not in UNFINISHED or not (method and method.cancelable):
            raise unprocessable("The payment cannot be canceled")
        canceled = reach(world, payment_id, "canceled")
    return hal.single(payment_shape(world, canceled))
