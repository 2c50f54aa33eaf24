"""`/v2/methods`."""

from flask import Blueprint, Response, request

from fundraising.giving.simulator import hal
from fundraising.giving.simulator.amounts import Amount, parse_amount
from fundraising.giving.simulator.catalogue import active_methods, suitable
from fundraising.giving.simulator.errors import not_found
from fundraising.giving.simulator.shapes import method_shape
from fundraising.giving.simulator.world import current_world

blueprint = Blueprint("methods", __name__)


@blueprint.get("/methods")
def list_methods() -> Response:
    """List the account's methods, iDEAL first; with `amount[value]` and `amount[currency]` those that take it."""
    world, amount, locale = current_world(), _amount(), request.args.get("locale")
    found = suitable(world.store, amount) if amount else active_methods(world.store)
    currency = amount.currency if amount else "EUR"
    return hal.answer(
        {
            "count": len(found),
            "_embedded": {"methods": [method_shape(method, locale=locale, currency=currency) for method in found]},
            "_links": {"self": hal.link(hal.api_url("methods")), "documentation": hal.documentation()},
        }
    )


@blueprint.get("/methods/<method_id>")
def get_method(method_id: str) -> Response:
    """Show one of the account's methods."""
    for method in active_methods(current_world().store):
        if method.id == method_id:
            currency = request.args.get("currency", "EUR")
            shape = method_shape(method, locale=request.args.get("locale"), currency=currency)
            return hal.single(shape)
    raise not_found(method_id)


def _amount() -> Amount | None:
    given = {key: request.args[f"amount[{key}]"] for key in ("value", "currency") if f"amount[{key}]" in request.args}
    return parse_amount(given) if given else None
