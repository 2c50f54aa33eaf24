"""The page of one contact: who it is, how to reach it, what it gave, and all that happened."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import abort, redirect, render_template, request, url_for

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import current_user, requires
from fundraising.clock import today
from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import UnknownContact
from fundraising.desk.queries.timeline import by_day, timeline
from fundraising.desk.rules import giving
from fundraising.desk.views.blueprint import blueprint
from fundraising.gifts.queries import totals_by_year
from fundraising.programmes.queries import programme_names
from fundraising.web.lists import Sort, wanted
from fundraising.web.locale import current_language

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.contacts.queries.record import ContactRecord
    from fundraising.desk.rules import Giving

_MOMENTS = 25


@blueprint.get("/relaties/<int:contact_id>")
@requires(Permission.SEE_CONTACTS)
def contact(contact_id: int) -> str | Response:
    """A person or an organisation; one that was merged leads to what it is now."""
    try:
        found = record(contact_id)
    except UnknownContact:
        abort(404)
    if found.contact_id != contact_id:
        return redirect(url_for("desk.contact", contact_id=found.contact_id), code=HTTPStatus.MOVED_PERMANENTLY)
    permissions = current_user().permissions
    asked = wanted(request.args, sortable=(), default=Sort(""), size=_MOMENTS)
    page = timeline(found, asked, permissions)
    return render_template(
        "desk/contact.html",
        contact=found,
        giving=_giving(found) if Permission.SEE_GIFTS in permissions else None,
        programmes=programme_names(current_language()),
        page=page,
        days=by_day(page.items),
        today=today(),
    )


def _giving(found: ContactRecord) -> Giving:
    return giving([(row.year, row.programme_id, row.total) for row in totals_by_year(found.numbers)])
