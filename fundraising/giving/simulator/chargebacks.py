"""`/v2/payments/<id>/chargebacks` and `/v2/chargebacks`."""

from typing import Any

from flask import Blueprint, Response

from fundraising.giving.simulator import hal
from fundraising.giving.simulator.errors import not_found
from fundraising.giving.simulator.gate import mode
from fundraising.giving.simulator.records import Chargeback
from fundraising.giving.simulator.shapes import chargeback_shape, with_payment
from fundraising.giving.simulator.store import Selection
from fundraising.giving.simulator.world import World, current_world

blueprint = Blueprint("chargebacks", __name__)


@blueprint.get("/payments/<payment_id>/chargebacks")
def list_payment_chargebacks(payment_id: str) -> Response:
    """List a payment's chargebacks, newest first."""
    world = current_world()
    world.payment(payment_id, mode())
    selection = Selection(kind="chargeback", mode=mode(), parent=payment_id)
    return _page(world, selection, f"payments/{payment_id}/chargebacks")


@blueprint.get("/chargebacks")
def list_chargebacks() -> Response:
    """List all chargebacks, newest first."""
    return _page(current_world(), Selection(kind="chargeback", mode=mode()), "chargebacks")


@blueprint.get("/payments/<payment_id>/chargebacks/<chargeback_id>")
def get_chargeback(payment_id: str, chargeback_id: str) -> Response:
    """Show a chargeback."""
    world = current_world()
    found = world.chargeback(chargeback_id, mode())
    if found.payment_id != payment_id:
        raise not_found(chargeback_id)
    return hal.single(_shape(world, found))


def _shape(world: World, found: Chargeback) -> dict[str, Any]:
    return with_payment(world, chargeback_shape(found), found.payment_id)


def _page(world: World, selection: Selection, path: str) -> Response:
    return hal.page(world, selection, lambda entity: hal.documented(_shape(world, Chargeback.of(entity))), path)
