"""The simulator's Flask application."""

from pathlib import Path

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from fundraising.giving.simulator import chargebacks, gate, hal, idempotency, methods, payments, refunds
from fundraising.giving.simulator.checkout import blueprint as checkout_pages
from fundraising.giving.simulator.control import blueprint as control_api
from fundraising.giving.simulator.control_pages import blueprint as control_pages
from fundraising.giving.simulator.errors import ApiError
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.giving.simulator.world import EXTENSION, World, make_world

PAGES = Path(__file__).parent / "pages"
"""The simulator carries its own pages and its own style sheet."""

RESOURCES = (payments.blueprint, refunds.blueprint, chargebacks.blueprint, methods.blueprint)


def create_simulator(settings: SimulatorSettings | None = None) -> Flask:
    """Return a simulator that remembers what its folder holds. It sends no webhooks until a courier is started."""
    app = Flask(__name__, template_folder=str(PAGES), static_folder=str(PAGES / "static"))
    world = make_world(settings or SimulatorSettings())
    idempotency.forget_unanswered(world)
    app.extensions[EXTENSION] = world
    app.register_blueprint(_api())
    for blueprint in (control_api, control_pages, checkout_pages):
        app.register_blueprint(blueprint)
    app.register_error_handler(ApiError, hal.refusal)
    app.register_error_handler(HTTPException, _http_error)
    app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok"})
    return app


def world_of(app: Flask) -> World:
    """Return the world of a simulator, with which it can be driven without HTTP."""
    world: World = app.extensions[EXTENSION]
    return world


def _api() -> Blueprint:
    api = Blueprint("v2", __name__, url_prefix="/v2")
    gate.guard(api)
    for resource in RESOURCES:
        api.register_blueprint(resource)
    return api


def _http_error(error: HTTPException) -> Response | HTTPException:
    """Answer as Mollie does where a program is asking, with a plain page where a person is."""
    if request.path.startswith(("/v2/", "/control/api/")):
        return hal.refusal(ApiError(error.code or 500, error.description or error.name))
    return error
