"""Taking something away from a contact: asked first, and refused where it has to stay."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import abort, render_template, request, url_for

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires
from fundraising.contacts.forms.edits import seen_of, version_of
from fundraising.contacts.forms.words import REASONS
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.rules.refusals import Refusal
from fundraising.contacts.services import ways
from fundraising.contacts.services.changes import StaleRecord
from fundraising.contacts.services.households import leave_household
from fundraising.contacts.services.notes import remove_note
from fundraising.contacts.services.putting_back import last_removal, put_back
from fundraising.contacts.services.ties import remove_role
from fundraising.contacts.views.blueprint import blueprint, found, to_contact
from fundraising.db import transaction
from fundraising.web.locale import lazy_text as _
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from werkzeug.wrappers import Response

    from fundraising.contacts.queries.record import ContactRecord

    Answer: TypeAlias = str | Response | tuple[str, int]

_REMOVERS: dict[str, Callable[..., None]] = {
    "email": ways.remove_email,
    "telefoon": ways.remove_phone,
    "adressen": ways.remove_address,
    "rekeningen": ways.remove_account,
    "rollen": remove_role,
    "notities": remove_note,
}
_ROW = f"/<int:contact_id>/<any({', '.join(_REMOVERS)}):word>/<int:row_id>/verwijderen"
_LEAVE = "/<int:contact_id>/huishouden/verlaten"
CHANGED_MEANWHILE = _("Somebody changed this contact meanwhile. Please look once more.")


@blueprint.get(_ROW)
@requires(Permission.EDIT_CONTACTS)
def ask_removal(contact_id: int, word: str, row_id: int) -> Answer:
    """Ask whether it may go."""
    return _asked(found(contact_id), word, row_id)


@blueprint.post(_ROW)
@requires(Permission.EDIT_CONTACTS)
def remove_row(contact_id: int, word: str, row_id: int) -> Answer:
    """Take it away."""
    contact = found(contact_id)
    _entry(contact, word, row_id)
    try:
        with transaction():
            number, version = seen_of(request.form.get("version"), contact)
            _REMOVERS[word](number, row_id, version=version)
            removal = last_removal(number)
    except StaleRecord as stale:
        return _asked(stale.now, word, row_id, CHANGED_MEANWHILE), HTTPStatus.CONFLICT
    except Refusal as refusal:
        return _asked(contact, word, row_id, REASONS[refusal.reason][1]), HTTPStatus.UNPROCESSABLE_ENTITY
    undo = url_for("contacts.undo_removal", contact_id=number, removal=removal) if removal else ""
    notice(_("Removed."), undo=undo)
    return to_contact(contact.contact_id)


@blueprint.post("/<int:contact_id>/verwijderd/<int:removal>/terug")
@requires(Permission.EDIT_CONTACTS)
def undo_removal(contact_id: int, removal: int) -> Answer:
    """Put back what was removed a moment ago."""
    contact = found(contact_id)
    try:
        with transaction():
            put_back(contact.contact_id, removal)
        notice(_("It is put back."))
    except UnknownContact:
        abort(404)
    except Refusal as refusal:
        notice(REASONS[refusal.reason][1], tone=Tone.WARN)
    return to_contact(contact.contact_id)


@blueprint.get(_LEAVE)
@requires(Permission.EDIT_CONTACTS)
def ask_leaving(contact_id: int) -> Answer:
    """Ask whether this person lives apart."""
    return _asked_to_leave(found(contact_id))


@blueprint.post(_LEAVE)
@requires(Permission.EDIT_CONTACTS)
def leave(contact_id: int) -> Answer:
    """Let this person live apart."""
    contact = found(contact_id)
    try:
        with transaction():
            number, version = seen_of(request.form.get("version"), contact)
            leave_household(number, version=version)
    except StaleRecord as stale:
        return _asked_to_leave(stale.now, CHANGED_MEANWHILE), HTTPStatus.CONFLICT
    except UnknownContact:
        abort(404)
    notice(_("Saved."))
    return to_contact(contact.contact_id)


def _asked(contact: ContactRecord, word: str, row_id: int, wrong: str = "") -> str:
    return _question(contact, word, _entry(contact, word, row_id), wrong)


def _asked_to_leave(contact: ContactRecord, wrong: str = "") -> str:
    return _question(contact, "huishouden", contact.household or abort(404), wrong)


def _question(contact: ContactRecord, word: str, entry: object, wrong: str) -> str:
    return render_template(
        "contacts/remove.html",
        contact=contact,
        word=word,
        entry=entry,
        wrong=wrong,
        version=version_of(contact),
        action=request.path,
    )


def _entry(contact: ContactRecord, word: str, row_id: int) -> object:
    entries: dict[str, tuple[Any, ...]] = {
        "email": contact.emails,
        "telefoon": contact.phones,
        "adressen": contact.places,
        "rekeningen": contact.ibans,
        "rollen": contact.positions,
        "notities": contact.notes,
    }
    return next((entry for entry in entries[word] if entry.row_id == row_id), None) or abort(404)
