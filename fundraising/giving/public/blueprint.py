"""The blueprint of the pages for donors, and what all of them use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort

from fundraising.gifts.rules import BadReference, parse_reference, written_reference
from fundraising.giving.queries import DonationStatus, donation_status
from fundraising.web.answers import see_other
from fundraising.web.locale import public_url

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

# Marks a form that is sent only to be shown again with what is in it: in the other language, or after a refusal.
FILLING_IN = "invullen"

pages = Blueprint("giving", __name__)
pages.add_app_template_filter(written_reference, "reference")


def go_to(endpoint: str, **values: str | None) -> Response:
    """The way on after a form was sent, so that a refresh does not send it again."""
    return see_other(public_url(endpoint, **values))


def status_or_404(typed: str) -> DonationStatus:
    """What became of the donation with this reference. Of twenty forged ones nineteen cost no query."""
    try:
        reference = parse_reference(typed)
    except BadReference:
        abort(404)
    return donation_status(reference) or abort(404)
