"""Postal addresses that came with a gift while the giver's post goes elsewhere; staff judge which of the two holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires
from fundraising.clock import today
from fundraising.contacts.rules.details import AddressEntry
from fundraising.contacts.rules.terms import Term
from fundraising.contacts.services.ways import add_address
from fundraising.db import transaction
from fundraising.desk.queries.today import addresses_with_names
from fundraising.desk.views.blueprint import blueprint
from fundraising.giving.queries.addresses import address_to_judge
from fundraising.giving.services.addresses import leave_address
from fundraising.web.answers import see_other
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

_MOST = 50


@blueprint.get("/adressen")
@requires(Permission.EDIT_CONTACTS)
def addresses() -> str:
    """Each with what we know, the newest gift first."""
    return render_template("desk/addresses.html", rows=addresses_with_names(_MOST))


@blueprint.post("/adressen/<int:donation_id>/overnemen")
@requires(Permission.EDIT_CONTACTS)
def take_address(donation_id: int) -> Response:
    """The giver moved: from today post goes to the new address, and the one before ends."""
    with transaction():
        found = address_to_judge(donation_id)
        if found is not None:
            add_address(found.contact_id, AddressEntry(found.typed, term=Term(today())))
    return _done(_("The new address holds from today. The one before stands in the history.") if found else "")


@blueprint.post("/adressen/<int:donation_id>/laten")
@requires(Permission.EDIT_CONTACTS)
def leave_known_address(donation_id: int) -> Response:
    """What we know holds: what was typed is forgotten."""
    with transaction():
        left = leave_address(donation_id)
    return _done(_("The address that we know stays.") if left else "")


def _done(told: str) -> Response:
    if told:
        notice(told)
    else:
        notice(_("Somebody was before you: this address is judged."), tone=Tone.WARN)
    return see_other(url_for(".addresses"))
