"""`/control/api`: everything that a person could do to the money, the clock and the faults, for programs and tests."""

from http import HTTPStatus
from typing import Any, cast

from flask import Blueprint, Response, jsonify, request

from fundraising.giving.simulator import catalogue, faults, lifecycle, webhooks
from fundraising.giving.simulator.amounts import format_cents, parse_value
from fundraising.giving.simulator.clock import written
from fundraising.giving.simulator.errors import unprocessable
from fundraising.giving.simulator.hal import json_body
from fundraising.giving.simulator.payers import Payer, compact, is_valid_iban
from fundraising.giving.simulator.records import Payment
from fundraising.giving.simulator.shapes import chargeback_shape, payment_shape, refund_shape
from fundraising.giving.simulator.states import PAYMENT_STATES
from fundraising.giving.simulator.store import Selection
from fundraising.giving.simulator.world import World, current_world

blueprint = Blueprint("control", __name__, url_prefix="/control/api")
_EVERYTHING = {"refunds", "chargebacks"}
_LISTED = 100


@blueprint.get("/payments")
def list_payments() -> Response:
    """List the latest payments of both modes, with their refunds and chargebacks; `status`, `mode`, `limit` narrow."""
    world = current_world()
    lifecycle.expire_due(world)
    selection = Selection(kind="payment", mode=request.args.get("mode"))
    entities = world.store.page(selection, None, request.args.get("limit", _LISTED, type=int))
    found = [Payment.of(entity) for entity in entities]
    wanted = request.args.get("status")
    shapes = [_payment(world, payment) for payment in found if wanted in {None, payment.status}]
    return jsonify(payments=shapes)


@blueprint.get("/payments/<payment_id>")
def get_payment(payment_id: str) -> Response:
    """Show a payment of either mode."""
    world = current_world()
    lifecycle.expire_due(world)
    return jsonify(_payment(world, world.payment(payment_id)))


@blueprint.post("/payments/<payment_id>/status")
def set_status(payment_id: str) -> Response:
    """Bring a payment to a state: `status`, and optionally `method`, `consumer_name`, `consumer_account`."""
    world, data = current_world(), json_body()
    status = _text(data, "status")
    if status not in PAYMENT_STATES:
        raise unprocessable(f"A payment is one of {', '.join(PAYMENT_STATES)}", "status")
    payer = read_payer(_text(data, "consumer_name"), _text(data, "consumer_account"))
    reached = lifecycle.reach(world, payment_id, status, method=_text(data, "method") or None, payer=payer)
    return jsonify(_payment(world, reached))


@blueprint.post("/payments/<payment_id>/refunds")
def create_refund(payment_id: str) -> tuple[Response, int]:
    """Refund: `amount` (a value such as "10.00"; default: what is left), `status` (default pending), `description`."""
    world, data = current_world(), json_body()
    order = lifecycle.RefundOrder(
        cents=_cents(data), status=_text(data, "status") or "pending", description=_text(data, "description") or None
    )
    return jsonify(refund_shape(lifecycle.refund(world, payment_id, order))), HTTPStatus.CREATED


@blueprint.post("/refunds/<refund_id>/status")
def move_refund(refund_id: str) -> Response:
    """Bring a refund to its next state: `status`."""
    return jsonify(refund_shape(lifecycle.move_refund(current_world(), refund_id, _text(json_body(), "status"))))


@blueprint.post("/payments/<payment_id>/chargebacks")
def charge_back(payment_id: str) -> tuple[Response, int]:
    """Charge back: `amount` (a value; default: all that was not yet), `reason_code` (such as "MD06")."""
    world, data = current_world(), json_body()
    made = lifecycle.charge_back(world, payment_id, cents=_cents(data), reason_code=_text(data, "reason_code") or None)
    return jsonify(chargeback_shape(made)), HTTPStatus.CREATED


@blueprint.post("/chargebacks/<chargeback_id>/reverse")
def reverse_chargeback(chargeback_id: str) -> Response:
    """Reverse a chargeback; `silently` true sends no webhook."""
    silently = json_body().get("silently") is True
    return jsonify(chargeback_shape(lifecycle.reverse_chargeback(current_world(), chargeback_id, silently=silently)))


@blueprint.post("/payments/<payment_id>/webhook")
def send_again(payment_id: str) -> tuple[Response, int]:
    """Send one more webhook for a payment, though nothing happened."""
    world = current_world()
    with world.store.transaction():
        webhooks.announce(world, world.payment(payment_id), "by hand")
    return jsonify(queued=True), HTTPStatus.ACCEPTED


@blueprint.get("/webhooks")
def list_webhooks() -> Response:
    """List the latest webhooks, each with its attempts; `limit` narrows."""
    return jsonify(webhooks=webhooks.queue(current_world(), request.args.get("limit", _LISTED, type=int)))


@blueprint.post("/webhooks/deliver")
def deliver() -> Response:
    """Send now what is due, in the calling thread."""
    return jsonify(delivered=webhooks.deliver_due(current_world()))


@blueprint.get("/webhook-faults")
def get_webhook_faults() -> Response:
    """Show what happens to webhooks."""
    return jsonify(vars(faults.webhook_faults(current_world().store)))


@blueprint.put("/webhook-faults")
def put_webhook_faults() -> Response:
    """Replace what happens to webhooks: `delay_seconds`, `duplicates`, `reorder_seconds`, `lose_next`."""
    return jsonify(vars(faults.set_webhook_faults(current_world().store, json_body())))


@blueprint.get("/api-faults")
def get_api_faults() -> Response:
    """List the faults still to come."""
    return jsonify(faults=[vars(fault) for fault in faults.api_faults(current_world().store)])


@blueprint.post("/api-faults")
def add_api_fault() -> tuple[Response, int]:
    """Ask for a fault: `kind`, `times`, `status`, `seconds`, `method`, `path` (see `faults.ApiFault`)."""
    return jsonify(vars(faults.add_api_fault(current_world().store, json_body()))), HTTPStatus.CREATED


@blueprint.delete("/api-faults")
def clear_api_faults() -> Response:
    """Let the API answer as it should."""
    faults.clear_api_faults(current_world().store)
    return jsonify(faults=[])


@blueprint.get("/clock")
def get_clock() -> Response:
    """Show simulated time."""
    return _clock(current_world())


@blueprint.patch("/clock")
def set_clock() -> Response:
    """Set the clock: `offset_seconds` ahead of real time, `speed` (above 0), or `advance_seconds` further."""
    world, data = current_world(), json_body()
    offset, speed = _number(data, "offset_seconds"), _number(data, "speed")
    if speed is not None and speed <= 0:
        raise unprocessable("The clock runs forward", "speed")
    world.clock.set(offset=offset, speed=speed)
    world.clock.advance(_number(data, "advance_seconds") or 0)
    world.news.set()
    return _clock(world)


@blueprint.get("/balance")
def get_balance() -> Response:
    """Show how much there is to refund from: `amount`, a value, or null where it is enough for anything."""
    cents = lifecycle.balance(current_world())
    return jsonify(amount=None if cents is None else format_cents(cents))


@blueprint.put("/balance")
def put_balance() -> Response:
    """Set how much there is to refund from: `amount`, a value; null: enough for anything."""
    lifecycle.set_balance(current_world(), _cents(json_body()))
    return get_balance()


@blueprint.get("/methods")
def get_methods() -> Response:
    """List the ids of the methods that are on, and of those that are off."""
    on = [method.id for method in catalogue.active_methods(current_world().store)]
    return jsonify(on=on, off=[method.id for method in catalogue.METHODS if method.id not in on])


@blueprint.put("/methods")
def put_methods() -> Response:
    """Switch methods off: `off`, a list of ids; all others are on."""
    off = json_body().get("off")
    if not isinstance(off, list):
        raise unprocessable("The 'off' field should be a list of method ids", "off")
    catalogue.switch_off(current_world().store, cast("list[str]", off))
    return get_methods()


@blueprint.post("/reset")
def reset() -> Response:
    """Forget every payment, fault and setting; the clock goes back to real time."""
    world = current_world()
    world.store.clear()
    world.clock.set(offset=0, speed=1)
    return jsonify(reset=True)


def read_payer(name: str, account: str) -> Payer:
    """Return the payer as typed; raises a 422 on an IBAN that is not valid. Empty parts take the default."""
    if account and not is_valid_iban(compact(account)):
        raise unprocessable("The IBAN is not valid", "consumer_account")
    return Payer(name.strip(), compact(account))


def _payment(world: World, payment: Payment) -> dict[str, Any]:
    return payment_shape(world, payment, _EVERYTHING)


def _clock(world: World) -> Response:
    clock = world.clock
    return jsonify(now=written(clock.now()), offset_seconds=round(clock.offset, 3), speed=clock.speed)


def _cents(data: dict[str, Any]) -> int | None:
    return None if data.get("amount") is None else parse_value(data["amount"])


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise unprocessable("The value should be a text", name)
    return value


def _number(data: dict[str, Any], name: str) -> float | None:
    value = data.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise unprocessable("The value should be a number", name)
    return value
