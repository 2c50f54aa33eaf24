"""Adding a person or an organisation whom we did not know."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import render_template, request
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires
from fundraising.contacts.forms.newcomers import NewOrganisationForm, NewPersonForm
from fundraising.contacts.queries.record import others
from fundraising.contacts.rules import OrganisationKind, UnknownContact
from fundraising.contacts.rules.refusals import Refusal
from fundraising.contacts.views.blueprint import blueprint, to_contact
from fundraising.db import transaction
from fundraising.web.notices import notice

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from werkzeug.wrappers import Response

    from fundraising.contacts.forms.newcomers import WaysForm

    Answer: TypeAlias = str | Response | tuple[str, int]

# By the word in the address.
KINDS = {
    "kerk": OrganisationKind.CHURCH,
    "diaconie": OrganisationKind.DIACONIE,
    "school": OrganisationKind.SCHOOL,
    "bedrijf": OrganisationKind.COMPANY,
    "fonds": OrganisationKind.FUND,
    "organisatie": OrganisationKind.OTHER,
}
_ORGANISATION = f"/nieuw/<any({', '.join(KINDS)}):word>"


@blueprint.get("/nieuw")
@requires(Permission.EDIT_CONTACTS)
def new() -> Answer:
    """What is to be added."""
    return render_template("contacts/new.html", kinds=KINDS)


@blueprint.get("/nieuw/persoon")
@requires(Permission.EDIT_CONTACTS)
def new_person() -> Answer:
    """A new person, with `?bij=12` at once with a role in that organisation."""
    return _page(NewPersonForm(tied_to=request.args.get("bij", "")))


@blueprint.post("/nieuw/persoon")
@requires(Permission.EDIT_CONTACTS)
def create_person() -> Answer:
    """Add the person."""
    form = NewPersonForm()
    return _create(form, form.keep)


@blueprint.get(_ORGANISATION)
@requires(Permission.EDIT_CONTACTS)
def new_organisation(word: str) -> Answer:
    """A new organisation of a kind, with `?bij=12` at once as part of that one."""
    return _page(NewOrganisationForm(tied_to=request.args.get("bij", "")), KINDS[word])


@blueprint.post(_ORGANISATION)
@requires(Permission.EDIT_CONTACTS)
def create_organisation(word: str) -> Answer:
    """Add the organisation."""
    form = NewOrganisationForm()
    return _create(form, lambda: form.keep(KINDS[word]), KINDS[word])


def _create(form: WaysForm, keep: Callable[[], int], kind: OrganisationKind | None = None) -> Answer:
    if form.accepted():
        try:
            with transaction():
                number = keep()
        except Refusal as refusal:
            form.tell(refusal.reason)
        except UnknownContact:
            form.form_errors.append(_("The organisation to which this was to be tied is no longer there."))
        else:
            notice(_("Added."))
            return to_contact(number)
    return _page(form, kind), HTTPStatus.UNPROCESSABLE_ENTITY


def _page(form: WaysForm, kind: OrganisationKind | None = None) -> str:
    number = form.tie()
    tied_to = others([number]).get(number) if number is not None else None
    return render_template("contacts/new_contact.html", form=form, kind=kind, tied_to=tied_to, action=request.path)
