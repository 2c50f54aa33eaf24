"""Changing a contact, section by section: each on a page of its own, saved where it was seen as it stands."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires
from fundraising.clock import today
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.rules.refusals import Refusal
from fundraising.contacts.services.changes import StaleRecord
from fundraising.contacts.services.notes import finish_reminder, resume_reminder
from fundraising.contacts.views.blueprint import blueprint, found, to_contact
from fundraising.contacts.views.sections import ADDABLE, CHANGEABLE, HANDOVER, NOTES, PARTS, SECTIONS
from fundraising.db import transaction
from fundraising.web.answers import see_other
from fundraising.web.notices import notice

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from werkzeug.wrappers import Response

    from fundraising.contacts.forms.edits import EditForm
    from fundraising.contacts.queries.record import ContactRecord
    from fundraising.contacts.views.sections import Section

    Answer: TypeAlias = str | Response | tuple[str, int]

_CONTACT = "/<int:contact_id>"
_SECTION = f"{_CONTACT}/bewerken/<any({', '.join(f'{word!r}' for word in SECTIONS)}):word>"
_NEW = f"{_CONTACT}/<any({', '.join(ADDABLE)}):word>/nieuw"
_NOTE = f"{_CONTACT}/notities/nieuw"
_REMINDER = f"{_CONTACT}/notities/<int:row_id>"
_ROW = f"{_CONTACT}/<any({', '.join(CHANGEABLE)}):word>/<int:row_id>"
_HANDOVER = f"{_CONTACT}/rollen/<int:row_id>/overdracht"


@blueprint.get(f"{_CONTACT}/bewerken")
@requires(Permission.EDIT_CONTACTS)
def edit(contact_id: int) -> Answer:
    """All that can be changed of a contact, with the way to each."""
    contact = found(contact_id)
    return render_template("contacts/edit.html", contact=contact, today=today())


@blueprint.get(_SECTION)
@requires(Permission.EDIT_CONTACTS)
def section(contact_id: int, word: str) -> Answer:
    """What a contact has once, to change."""
    return _ask(SECTIONS[word], word, contact_id)


@blueprint.post(_SECTION)
@requires(Permission.EDIT_CONTACTS)
def save_section(contact_id: int, word: str) -> Answer:
    """Change it."""
    return _save(SECTIONS[word], word, contact_id)


@blueprint.get(_NEW)
@requires(Permission.EDIT_CONTACTS)
def new_row(contact_id: int, word: str) -> Answer:
    """Something more that a contact has."""
    return _ask(PARTS[word], word, contact_id)


@blueprint.post(_NEW)
@requires(Permission.EDIT_CONTACTS)
def save_new_row(contact_id: int, word: str) -> Answer:
    """Add it."""
    return _save(PARTS[word], word, contact_id)


@blueprint.get(_NOTE)
@requires(Permission.EDIT_CONTACTS)
def new_note(contact_id: int) -> Answer:
    """Something to write down."""
    return _ask(NOTES, "notities", contact_id)


@blueprint.post(_NOTE)
@requires(Permission.EDIT_CONTACTS)
def save_new_note(contact_id: int) -> Answer:
    """Write it down."""
    return _save(NOTES, "notities", contact_id)


@blueprint.post(f"{_REMINDER}/gedaan")
@requires(Permission.EDIT_CONTACTS)
def finish(contact_id: int, row_id: int) -> Answer:
    """Be done with what a note reminds of."""
    return _remind(finish_reminder, contact_id, row_id, done=True)


@blueprint.post(f"{_REMINDER}/weer")
@requires(Permission.EDIT_CONTACTS)
def resume(contact_id: int, row_id: int) -> Answer:
    """Let a note remind again."""
    return _remind(resume_reminder, contact_id, row_id, done=False)


def _remind(verb: Callable[[int, int], bool], contact_id: int, row_id: int, *, done: bool) -> Answer:
    try:
        with transaction():
            verb(contact_id, row_id)
    except UnknownContact:
        abort(404)
    if done:
        notice(_("Done."), undo=url_for(".resume", contact_id=contact_id, row_id=row_id))
    else:
        notice(_("The reminder stands again."))
    # Whoever works down the list on Today stays there.
    return see_other(url_for("desk.front")) if request.form.get("op") == "vandaag" else to_contact(contact_id)


@blueprint.get(_ROW)
@requires(Permission.EDIT_CONTACTS)
def row(contact_id: int, word: str, row_id: int) -> Answer:
    """One of what a contact has, to change."""
    return _ask(PARTS[word], word, contact_id, row_id)


@blueprint.post(_ROW)
@requires(Permission.EDIT_CONTACTS)
def save_row(contact_id: int, word: str, row_id: int) -> Answer:
    """Change it; where somebody removed it meanwhile, what was typed can be added anew."""
    contact = found(contact_id)
    try:
        PARTS[word].form.shown(contact, row_id)
    except UnknownContact:
        return _gone(PARTS[word], word, contact)
    return _save(PARTS[word], word, contact_id, row_id)


@blueprint.get(_HANDOVER)
@requires(Permission.EDIT_CONTACTS)
def handover(contact_id: int, row_id: int) -> Answer:
    """A role to hand over."""
    return _ask(HANDOVER, "rollen", contact_id, row_id)


@blueprint.post(_HANDOVER)
@requires(Permission.EDIT_CONTACTS)
def hand_over_now(contact_id: int, row_id: int) -> Answer:
    """Hand it over."""
    return _save(HANDOVER, "rollen", contact_id, row_id)


def _ask(of: Section, word: str, contact_id: int, row_id: int | None = None) -> Answer:
    return _page(_form(of, contact_id, row_id), word)


def _save(of: Section, word: str, contact_id: int, row_id: int | None = None) -> Answer:
    form = _form(of, contact_id, row_id)
    if not form.accepted():
        return _page(form, word), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction():
            form.keep()
    except StaleRecord as stale:
        return _conflict(form, word, stale), HTTPStatus.CONFLICT
    except Refusal as refusal:
        form.tell(refusal.reason)
    except UnknownContact:
        form.missing()
    else:
        notice(form.saved)
        return to_contact(form.contact.contact_id)
    return _page(form, word), HTTPStatus.UNPROCESSABLE_ENTITY


def _form(of: Section, contact_id: int, row_id: int | None) -> EditForm:
    """The form as it stands. A row that is not there is 404; so is a section that such a contact does not have."""
    contact = found(contact_id)
    if not of.belongs_to(contact):
        abort(404)
    try:
        return of.form(contact, row_id)
    except UnknownContact:
        abort(404)


def _gone(of: Section, word: str, contact: ContactRecord) -> Answer:
    """What was typed, in a form that adds it."""
    form = of.form(contact, None)
    form.now_seen(contact)
    form.form_errors.append(_("Somebody removed this meanwhile. Save what you typed if it should stand here again."))
    number = contact.contact_id
    anew = url_for(".new_note", contact_id=number) if of is NOTES else url_for(".new_row", contact_id=number, word=word)
    return _page(form, word, action=anew), HTTPStatus.CONFLICT


def _conflict(form: EditForm, word: str, stale: StaleRecord) -> str:
    """What was typed beside what stands; saving again means it."""
    compared = form.compared(stale.now)
    form.now_seen(stale.now)
    return _page(form, word, compared)


def _page(form: EditForm, word: str, compared: list[tuple[str, str, str]] | None = None, *, action: str = "") -> str:
    return render_template(
        "contacts/form.html",
        form=form,
        contact=form.contact,
        word=word,
        compared=compared,
        action=action or request.path,
    )
