"""What every call of the API passes: the key, the faults asked for, and the idempotency key."""

import re
import socket
import time

from flask import Blueprint, Response, g, request

from fundraising.giving.simulator import hal, idempotency
from fundraising.giving.simulator.errors import ApiError
from fundraising.giving.simulator.faults import ApiFault, take_api_fault
from fundraising.giving.simulator.idempotency import Claim, Replay
from fundraising.giving.simulator.lifecycle import expire_due
from fundraising.giving.simulator.world import current_world

_BEARER = re.compile(r"Bearer ((live|test)_\w+)", re.ASCII)
_FAULT_DETAILS = {
    429: "You have exceeded the rate limit. Please slow down your requests.",
    500: "An internal server error occurred while processing your request.",
    503: "Payment platform for this payment method temporarily not available",
}


def guard(blueprint: Blueprint) -> None:
    """Let every call of the blueprint pass the gate."""
    blueprint.before_request(_enter)
    blueprint.after_request(_leave)


def mode() -> str:
    """Return the mode of the caller's key, `live` or `test`."""
    return str(g.mode)


def _enter() -> Response | None:
    _authenticate()
    fault = take_api_fault(current_world().store, request.method, request.path)
    g.fault = fault
    if fault and fault.kind == "status":
        detail = _FAULT_DETAILS.get(fault.status, "This answer was asked for on the control page.")
        raise ApiError(fault.status, detail)
    if fault and fault.kind == "drop_before":
        return drop_connection()
    replay = _claim()
    if replay is not None:
        return replay
    if fault and fault.kind == "hang":
        time.sleep(fault.seconds)
    expire_due(current_world())
    return None


def _leave(response: Response) -> Response:
    claimed: Claim | None = g.pop("claim", None)
    if claimed is not None:
        answer = Replay(response.status_code, response.get_data(as_text=True))
        idempotency.remember(current_world(), claimed, answer)
    fault: ApiFault | None = g.pop("fault", None)
    if fault and fault.kind == "drop_after":
        return drop_connection()
    return response


def _authenticate() -> None:
    match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    accepted = current_world().settings.api_keys
    if match is None or (accepted and match[1] not in accepted):
        raise ApiError(401, "Missing authentication, or failed to authenticate")
    g.api_key, g.mode = match[1], match[2]


def _claim() -> Response | None:
    key = request.headers.get("Idempotency-Key", "")
    if request.method != "POST" or not key:
        return None
    claimed = Claim(key, g.api_key)
    request_line = f"{request.method} {request.full_path}"
    replay = idempotency.claim(current_world(), claimed, request_line, request.get_data())
    if replay is None:
        g.claim = claimed
        return None
    response = Response(replay.body, replay.status, content_type=hal.HAL)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def drop_connection() -> Response:
    """Break the connection to the caller, who then sees a network error.

    Only werkzeug's server hands out the socket; under another one the caller gets a 502 that is no JSON.
    """
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    response = Response("The connection was to be dropped here.", 502, content_type="text/plain")
    response.headers["Connection"] = "close"
    return response
