"""The way to Mollie: over a page of our own, since our policy blocks a redirect from a form to another site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, render_template

from fundraising.giving.jobs import mollie_door, start_payment
from fundraising.giving.jobs.looks import TROUBLE
from fundraising.giving.public.blueprint import go_to, pages, status_or_404
from fundraising.giving.rules import PaymentStatus
from fundraising.logs import get_logger, summary
from fundraising.web.locale import absolute_url

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

_log = get_logger()


def to_checkout(reference: str, payment_id: int, language: str) -> Response:
    """Have the payment made and lead to its checkout; where Mollie does not answer, to the page that says so."""
    back = absolute_url("giving.thanks", language=language, reference=reference)
    try:
        address = start_payment(mollie_door().in_a_hurry(), payment_id, redirect_url=back)
    except TROUBLE as trouble:
        _log.warning("checkout.failed", payment=payment_id, error=summary(trouble))
        address = ""
    return go_to("giving.checkout" if address else "giving.thanks", reference=reference)


@pages.get("/betaling/<reference>")
def checkout(reference: str) -> Response:
    """Send the donor on to the checkout, at once and without a script. Who comes back to it later is told the truth."""
    status = status_or_404(reference)
    if status.payment_status is not PaymentStatus.OPEN or not status.checkout_url:
        return go_to("giving.thanks", reference=status.reference)
    response = make_response(render_template("giving/checkout.html", status=status))
    response.headers["Cache-Control"] = "no-store"
    return response
