"""Pages about contacts, all under `/desk/relaties`, and what all of them use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, url_for

from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import UnknownContact
from fundraising.web.answers import see_other

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.contacts.queries.record import ContactRecord


blueprint = Blueprint("contacts", __name__, url_prefix="/desk/relaties")


def found(contact_id: int) -> ContactRecord:
    """All that is kept of a contact, or 404."""
    try:
        return record(contact_id)
    except UnknownContact:
        abort(404)


def to_contact(contact_id: int) -> Response:
    """The way back to the page of a contact."""
    return see_other(url_for("desk.contact", contact_id=contact_id))
