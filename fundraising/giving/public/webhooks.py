"""Where Mollie says "look at this payment": stored and answered at once, looked into afterwards.

The call is unsigned, so it is only ever a hint: what happened is asked of Mollie itself
(https://docs.mollie.com/reference/webhooks).
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from flask import Blueprint, Response, request

from fundraising.db import after_commit, transaction
from fundraising.giving.jobs import HINTS_JOB
from fundraising.giving.mollie import PAYMENT_ID
from fundraising.giving.services.hints import TooManyHints, note_hint
from fundraising.logs import get_logger
from fundraising.tasks import nudge

# Mollie sends one id. More is not Mollie.
_LARGEST_BODY = 1024

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
_log = get_logger()


@blueprint.post("/mollie")
def mollie() -> Response:
    """Store the hint: 200 for any id that could be one, known or not; 400 for anything else; 503 in a flood."""
    request.max_content_length = _LARGEST_BODY
    provider_id = request.form.get("id", "")
    if not PAYMENT_ID.fullmatch(provider_id):
        _log.warning("webhook.malformed")
        return Response(status=HTTPStatus.BAD_REQUEST)
    try:
        with transaction():
            note_hint(provider_id)
            after_commit(partial(nudge, HINTS_JOB))
    except TooManyHints:
        _log.warning("webhook.flood")
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "300"})
    return Response(status=HTTPStatus.OK)
