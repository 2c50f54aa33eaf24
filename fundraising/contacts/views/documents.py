"""Documents of a contact: listed, added, opened and taken away."""

from __future__ import annotations

from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, render_template, send_file, url_for
from flask_babel import gettext as _
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import Length

from fundraising import documents as store
from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires, takes_files
from fundraising.contacts.queries import contact, current_id
from fundraising.contacts.queries.documents import AREA, UnknownContactDocument, document, documents_of, documents_under
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.rules.documents import LARGEST_FILE, FileFault, RefusedFile, endings
from fundraising.contacts.services.documents import attach, forget_unused, keep_file, remove
from fundraising.db import transaction
from fundraising.web import formats
from fundraising.web.answers import see_other
from fundraising.web.fields import clean_line
from fundraising.web.forms import StaffForm
from fundraising.web.locale import lazy_text
from fundraising.web.notices import notice

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

    from fundraising.contacts.queries.documents import DocumentRow

blueprint = Blueprint("documents", __name__, url_prefix="/desk")
# A form is a little larger than the file in it.
_LARGEST_UPLOAD = LARGEST_FILE + 64 * 1024
_KIB, _MIB = 1024, 1024 * 1024
_WORDS = {
    FileFault.EMPTY: lazy_text("This file is empty."),
    FileFault.TOO_LARGE: lazy_text("This file is larger than 20 MB."),
    FileFault.UNKNOWN_KIND: lazy_text(
        "Files of this kind are not kept here. Choose a PDF, a photo (JPEG or PNG), a document or spreadsheet, a text "
        "or a mail (EML)."
    ),
    FileFault.NOT_WHAT_IT_SAYS: lazy_text("What is in this file is not what its name says."),
    FileFault.MACROS: lazy_text("There are macros in this file: programs that can do harm. Save it without them."),
}


class DocumentForm(StaffForm):
    """A document to be kept."""

    file = FileField(lazy_text("File"))
    description = StringField(lazy_text("What it is"), filters=[clean_line], validators=[Length(max=200)])


def init_documents(app: Flask) -> None:
    """Register the pages, and give templates what a document's line shows."""
    app.register_blueprint(blueprint)
    app.jinja_env.filters["file_size"] = file_size
    app.jinja_env.globals["documents_under"] = documents_under


def file_size(size: int) -> str:
    """A size as people say it: `12 kB`, `3,4 MB`, in English `3.4 MB`; never nothing."""
    if size < _MIB:
        return f"{max(1, round(size / _KIB))} kB"
    return f"{formats.counted(round(size / _MIB, 1))} MB"


@blueprint.get("/relaties/<int:contact_id>/documenten")
@requires(Permission.SEE_DOCUMENTS)
def documents(contact_id: int) -> str | Response:
    """What is kept with a contact, and the form to add to it."""
    now_is = current_id(contact_id)
    if now_is != contact_id:
        return redirect(url_for(".documents", contact_id=now_is), code=HTTPStatus.MOVED_PERMANENTLY)
    return _shown(contact_id, DocumentForm())


@blueprint.post("/relaties/<int:contact_id>/documenten")
@requires(Permission.EDIT_DOCUMENTS)
@takes_files(_LARGEST_UPLOAD)
def add_document(contact_id: int) -> str | Response | tuple[str, int]:
    """Keep a file that somebody sent."""
    form = DocumentForm()
    if form.accepted():
        try:
            return _added(contact_id, form)
        except RefusedFile as refused:
            form.file.errors = [_WORDS[refused.fault]]
        except UnknownContact:
            abort(404)
    return _shown(contact_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("/documenten/<int:document_id>")
@requires(Permission.SEE_DOCUMENTS)
def open_document(document_id: int) -> Response:
    """The file itself: always to be saved, never shown by the browser within our pages."""
    found = _found(document_id)
    try:
        file = store.open_stored(found.digest, area=AREA)
    except store.UnknownDocument:
        abort(404)
    answer = send_file(
        file, mimetype=found.media_type, as_attachment=True, download_name=found.filename, etag=False, max_age=0
    )
    answer.headers["Cache-Control"] = "private, no-store"
    # Should a browser show it all the same, it may run and fetch nothing.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.get("/documenten/<int:document_id>/verwijderen")
@requires(Permission.EDIT_DOCUMENTS)
def ask_to_remove(document_id: int) -> str:
    """Ask before a document goes."""
    found = _found(document_id)
    return render_template("contacts/remove_document.html", document=found, contact=contact(found.contact_id))


@blueprint.post("/documenten/<int:document_id>/verwijderen")
@requires(Permission.EDIT_DOCUMENTS)
def remove_document(document_id: int) -> Response:
    """Take a document away, and its file where nothing else has the same."""
    found = _found(document_id)
    with transaction():
        digest = remove(document_id)
    with transaction():
        forget_unused([digest])
    notice(_("The document “%(name)s” is removed.", name=found.filename))
    return see_other(url_for(".documents", contact_id=found.contact_id))


def _added(contact_id: int, form: DocumentForm) -> Response:
    upload = form.file.data
    if upload is None:
        raise RefusedFile(FileFault.EMPTY)
    # What is large stands in a temporary file, which goes when it is closed.
    with closing(upload):
        kept = keep_file(upload.filename or "", upload.stream)
        try:
            with transaction():
                attach(contact_id, kept, description=form.description.data or "")
        except UnknownContact:
            with transaction():
                forget_unused([kept.stored.digest])
            raise
    notice(_("The document “%(name)s” is kept.", name=kept.filename))
    return see_other(url_for(".documents", contact_id=contact_id))


def _shown(contact_id: int, form: DocumentForm) -> str:
    try:
        found = contact(contact_id)
    except UnknownContact:
        abort(404)
    return render_template(
        "contacts/documents.html",
        contact=found,
        documents=documents_of(contact_id),
        form=form,
        accept=",".join(endings()),
    )


def _found(document_id: int) -> DocumentRow:
    try:
        return document(document_id)
    except UnknownContactDocument:
        abort(404)
