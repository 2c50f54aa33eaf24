"""The control page, for a person who plays Mollie, the bank and bad luck."""

import re
from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response as AnyResponse

from fundraising.giving.simulator import catalogue, dutch, faults, lifecycle, webhooks
from fundraising.giving.simulator.amounts import parse_value
from fundraising.giving.simulator.clock import written
from fundraising.giving.simulator.errors import ApiError, unprocessable
from fundraising.giving.simulator.records import Payment
from fundraising.giving.simulator.shapes import REASONS
from fundraising.giving.simulator.states import PAYMENT_STATES, REFUND_STATES
from fundraising.giving.simulator.store import Selection
from fundraising.giving.simulator.world import World, current_world

blueprint = Blueprint("control_pages", __name__, url_prefix="/control")
Found = TypeVar("Found")
SECONDS_PER_MINUTE = 60
_LISTED = 50
_THOUSANDS = re.compile(r"\d{1,3}(\.\d{3})+", re.ASCII)
_FAULT_CHOICES = {
    "429": "antwoord 429 (te veel verzoeken)",
    "500": "antwoord 500 (fout)",
    "503": "antwoord 503 (niet beschikbaar)",
    "hang": "hangen en dan pas werken",
    "drop_before": "verbinding verbreken, niets doen",
    "drop_after": "wel doen, dan verbinding verbreken",
}
_FAULT_WORDS = {
    "status": "antwoord",
    "hang": "hangen",
    "drop_before": "verbreken zonder iets te doen",
    "drop_after": "doen en dan verbreken",
}


@blueprint.get("", strict_slashes=False)
def show_control() -> str:
    """Show the latest payments and webhooks, the faults, the clock and the methods."""
    world = current_world()
    lifecycle.expire_due(world)
    latest = world.store.page(Selection(kind="payment"), None, _LISTED)
    return render_template(
        "control.html",
        payments=[Payment.of(entity) for entity in latest],
        queue=webhooks.queue(world, _LISTED),
        webhook_faults=faults.webhook_faults(world.store),
        api_faults=faults.api_faults(world.store),
        fault_choices=_FAULT_CHOICES,
        fault_words=_FAULT_WORDS,
        now=written(world.clock.now()),
        speed=world.clock.speed,
        methods=catalogue.METHODS,
        active=catalogue.active_methods(world.store),
    )


@blueprint.get("/payments/<payment_id>")
def show_payment(payment_id: str) -> str:
    """Show a payment with what may still happen to it."""
    world = current_world()
    lifecycle.expire_due(world)
    return _payment_page(world, payment_id)


@blueprint.post("/payments/<payment_id>/status")
def set_status(payment_id: str) -> AnyResponse | tuple[str, int]:
    """Bring a payment to a state."""
    status = request.form.get("status", "")
    return _attempt(payment_id, lambda world: lifecycle.reach(world, payment_id, status))


@blueprint.post("/payments/<payment_id>/refunds")
def create_refund(payment_id: str) -> AnyResponse | tuple[str, int]:
    """Refund a payment."""

    def act(world: World) -> None:
        order = lifecycle.RefundOrder(cents=_typed_cents(), status=request.form.get("status", "pending"))
        lifecycle.refund(world, payment_id, order)

    return _attempt(payment_id, act)


@blueprint.post("/refunds/<refund_id>/status")
def move_refund(refund_id: str) -> AnyResponse | tuple[str, int]:
    """Bring a refund to its next state."""
    status = request.form.get("status", "")
    payment_id = _known(lambda world: world.refund(refund_id).payment_id)
    return _attempt(payment_id, lambda world: lifecycle.move_refund(world, refund_id, status))


@blueprint.post("/payments/<payment_id>/chargebacks")
def charge_back(payment_id: str) -> AnyResponse | tuple[str, int]:
    """Charge a payment back."""
    code = request.form.get("reason_code") or None
    return _attempt(
        payment_id,
        lambda world: lifecycle.charge_back(world, payment_id, cents=_typed_cents(), reason_code=code),
    )


@blueprint.post("/chargebacks/<chargeback_id>/reverse")
def reverse_chargeback(chargeback_id: str) -> AnyResponse | tuple[str, int]:
    """Reverse a chargeback."""
    payment_id = _known(lambda world: world.chargeback(chargeback_id).payment_id)
    return _attempt(payment_id, lambda world: lifecycle.reverse_chargeback(world, chargeback_id))


@blueprint.post("/payments/<payment_id>/webhook")
def send_webhook(payment_id: str) -> AnyResponse | tuple[str, int]:
    """Send one more webhook for a payment."""

    def act(world: World) -> None:
        with world.store.transaction():
            webhooks.announce(world, world.payment(payment_id), "by hand")

    return _attempt(payment_id, act)


@blueprint.post("/webhook-faults")
def set_webhook_faults() -> AnyResponse:
    """Replace what happens to webhooks."""
    data = {
        "delay_seconds": _typed_number("delay_seconds"),
        "duplicates": int(_typed_number("duplicates")),
        "reorder_seconds": _typed_number("reorder_seconds"),
        "lose_next": int(_typed_number("lose_next")),
    }
    return _setting(lambda world: faults.set_webhook_faults(world.store, data))


@blueprint.post("/api-faults")
def add_api_fault() -> AnyResponse:
    """Ask for a fault."""
    choice = request.form.get("fault", "")
    fault = {"kind": "status", "status": int(choice)} if choice.isdecimal() else {"kind": choice}
    data = fault | {"times": int(_typed_number("times")), "seconds": _typed_number("seconds")}
    return _setting(lambda world: faults.add_api_fault(world.store, data))


@blueprint.post("/api-faults/clear")
def clear_api_faults() -> AnyResponse:
    """Let the API answer as it should."""
    return _setting(lambda world: faults.clear_api_faults(world.store))


@blueprint.post("/clock")
def set_clock() -> AnyResponse:
    """Move the clock forward and set its speed."""
    speed, minutes = _typed_number("speed"), _typed_number("advance_minutes")
    if speed <= 0:
        raise BadRequest("De klok loopt vooruit: kies een snelheid boven 0.")

    def act(world: World) -> None:
        world.clock.set(speed=speed)
        world.clock.advance(minutes * SECONDS_PER_MINUTE)
        world.news.set()

    return _setting(act)


@blueprint.post("/methods")
def set_methods() -> AnyResponse:
    """Switch methods on and off."""
    on = request.form.getlist("on")
    off = [method.id for method in catalogue.METHODS if method.id not in on]
    return _setting(lambda world: catalogue.switch_off(world.store, off))


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    """Give the pages the Dutch words for states and amounts."""
    return {
        "payment_words": dutch.PAYMENT_WORDS,
        "refund_words": dutch.REFUND_WORDS,
        "webhook_words": dutch.WEBHOOK_WORDS,
        "euros": dutch.euros,
        "grouped": dutch.grouped,
        "moment": dutch.moment,
    }


def _payment_page(world: World, payment_id: str, error: ApiError | None = None) -> str:
    payment = _known(lambda known: known.payment(payment_id))
    return render_template(
        "payment.html",
        payment=payment,
        nexts=PAYMENT_STATES[payment.status],
        refunds=world.refunds(payment_id),
        refund_states=REFUND_STATES,
        chargebacks=world.chargebacks(payment_id),
        reasons=REASONS,
        queue=webhooks.queue(world, _LISTED, payment_id),
        error=error,
    )


def _attempt(payment_id: str, act: Callable[[World], object]) -> AnyResponse | tuple[str, int]:
    """Do something to a payment and go back to it; where it is refused, show why."""
    world = current_world()
    _known(lambda known: known.payment(payment_id))
    try:
        act(world)
    except ApiError as error:
        return _payment_page(world, payment_id, error), error.status
    return redirect(url_for("control_pages.show_payment", payment_id=payment_id), 303, Response)


def _setting(act: Callable[[World], object]) -> AnyResponse:
    try:
        act(current_world())
    except ApiError as error:
        raise BadRequest(error.detail) from None
    return redirect(url_for("control_pages.show_control"), 303, Response)


def _known(find: Callable[[World], Found]) -> Found:
    try:
        return find(current_world())
    except ApiError:
        raise NotFound from None


def _typed_cents() -> int | None:
    """Return an amount as a Dutchman types it (`1.300`, `1.300,00`, `25`), in cents; None where nothing is typed."""
    typed = request.form.get("amount", "").replace("€", "").replace("\N{NO-BREAK SPACE}", "").strip()
    if not typed:
        return None
    if "," in typed or _THOUSANDS.fullmatch(typed):
        typed = typed.replace(".", "").replace(",", ".")
    whole, _, decimals = typed.partition(".")
    if len(decimals) > 2:  # noqa: PLR2004 (cents)
        raise unprocessable("The amount contains an invalid value", "amount")
    return parse_value(f"{whole}.{decimals:0<2}")


def _typed_number(name: str) -> float:
    try:
        value = float(request.form.get(name, "0") or 0)
    except ValueError:
        raise BadRequest(f"{name}: een getal graag.") from None
    if not 0 <= value < float("inf"):
        raise BadRequest(f"{name}: een getal van 0 of meer graag.")
    return value
