"""Erasing somebody: what goes, what stays and why, and then the deed itself."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires_proof
from fundraising.db import transaction
from fundraising.personal import Degree
from fundraising.privacy.queries import proposal
from fundraising.privacy.rules import ErasedAlready, Reason, StillNeeded
from fundraising.privacy.services import erase
from fundraising.privacy.services.sources import file_of, plan_for
from fundraising.privacy.views.blueprint import blueprint
from fundraising.privacy.views.file import found_contact
from fundraising.web.answers import see_other
from fundraising.web.lists import chosen
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


@blueprint.get("/relaties/<int:contact_id>/wissen")
@requires_proof(Permission.ERASE_CONTACTS)
def ask_to_erase(contact_id: int) -> str | Response:
    """Say what goes and what stays, or why it cannot be done yet."""
    found = found_contact(contact_id)
    if found.contact_id != contact_id:
        return redirect(url_for(".ask_to_erase", contact_id=found.contact_id), code=HTTPStatus.MOVED_PERMANENTLY)
    waiting = proposal(contact_id)
    return render_template(
        "privacy/erase.html",
        contact=found,
        plan=plan_for(contact_id),
        kinds=file_of(contact_id),
        reason=waiting.reason if waiting is not None else Reason.REQUEST,
    )


@blueprint.post("/relaties/<int:contact_id>/wissen")
@requires_proof(Permission.ERASE_CONTACTS)
def erase_now(contact_id: int) -> Response:
    """Erase somebody as far as the page said."""
    found = found_contact(contact_id)
    here = see_other(url_for(".ask_to_erase", contact_id=found.contact_id))
    reason = chosen(request.form, "reden", [reason.value for reason in Reason]) or abort(400)
    degree = chosen(request.form, "mate", [degree.value for degree in Degree]) or abort(400)
    try:
        with transaction():
            afterwards = erase(found.contact_id, Reason(reason), degree=Degree(degree))
    except StillNeeded as needed:
        notice(_("Nothing is erased. %(why)s", why=str(needed.hindrances[0])), tone=Tone.BAD)
        return here
    except ErasedAlready:
        notice(_("Nothing is erased: it stands otherwise by now. Look at it once more."), tone=Tone.WARN)
        return here
    for task in afterwards:
        with transaction():
            task()
    notice(_("Contact %(number)s is erased.", number=found.contact_id))
    return see_other(url_for(".proposals"))
