"""Who is due to be erased: proposed each night, decided on by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request, url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires
from fundraising.accounts.views.leafing import note_leafing
from fundraising.db import transaction
from fundraising.privacy.queries import count_proposals
from fundraising.privacy.queries import proposals as due_now
from fundraising.privacy.services import keep
from fundraising.privacy.services.sources import SOURCES
from fundraising.privacy.views.blueprint import blueprint
from fundraising.privacy.views.file import found_contact
from fundraising.web.answers import see_other
from fundraising.web.lists import Sort, page_of, wanted
from fundraising.web.locale import lazy_text
from fundraising.web.menu import Group, MenuItem, in_menu
from fundraising.web.notices import notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

in_menu(
    blueprint,
    MenuItem(
        group=Group.HOUSE,
        place=40,
        label=lazy_text("Privacy"),
        endpoint="privacy.proposals",
        permission=Permission.ERASE_CONTACTS,
    ),
)


@blueprint.get("/privacy")
@requires(Permission.ERASE_CONTACTS)
def proposals() -> str:
    """Who is due, the longest first, and for how long each kind of data is kept."""
    asked = wanted(request.args, sortable=(), default=Sort(""))
    rows = due_now(skip=asked.skipped, limit=asked.size + 1)
    page = page_of(rows, asked, total=count_proposals())
    note_leafing("contacts", page)
    return render_template("privacy/proposals.html", page=page, sources=SOURCES)


@blueprint.post("/privacy/<int:contact_id>/bewaren")
@requires(Permission.ERASE_CONTACTS)
def keep_after_all(contact_id: int) -> Response:
    """Keep somebody for another year."""
    found = found_contact(contact_id)
    with transaction():
        keep(found.contact_id)
    notice(_("%(name)s is kept, and proposed again in a year.", name=found.display_name))
    return see_other(url_for(".proposals"))
