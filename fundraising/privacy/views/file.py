"""A person's complete file, to look through and to hand over (GDPR, articles 15 and 20)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import abort, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale

from fundraising import pdf
from fundraising.accounts.rules import Permission, Subject
from fundraising.accounts.services import record
from fundraising.accounts.views import requires_proof
from fundraising.clock import now
from fundraising.contacts.queries import contact
from fundraising.contacts.queries.record import record as known
from fundraising.contacts.rules import PersonName, UnknownContact, addressed, greeting, postal_address_lines
from fundraising.db import transaction
from fundraising.money import Euro
from fundraising.privacy.services.sources import Kept, file_of
from fundraising.privacy.views.blueprint import blueprint
from fundraising.web.lists import chosen
from fundraising.web.locale import DUTCH, ENGLISH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from werkzeug.wrappers import Response as BaseResponse

    from fundraising.contacts.queries import ContactRow

JSON, PDF = "json", "pdf"


@blueprint.get("/relaties/<int:contact_id>/dossier")
@requires_proof(Permission.PERSON_FILE)
def file(contact_id: int) -> str | BaseResponse:
    """What is kept of somebody, kind by kind, and the buttons to take it along."""
    found = found_contact(contact_id)
    if found.contact_id != contact_id:
        return redirect(url_for(".file", contact_id=found.contact_id), code=HTTPStatus.MOVED_PERMANENTLY)
    deceased = known(found.contact_id).deceased_on is not None
    return render_template("privacy/file.html", contact=found, kinds=file_of(contact_id), deceased=deceased)


@blueprint.post("/relaties/<int:contact_id>/dossier")
@requires_proof(Permission.PERSON_FILE)
def take_file(contact_id: int) -> Response:
    """The whole file, as JSON for another program or as a PDF to read. That it was made is written down."""
    found = found_contact(contact_id)
    shape = chosen(request.form, "vorm", (JSON, PDF)) or abort(400)
    kinds = file_of(contact_id)
    made = _as_json(found, kinds) if shape == JSON else _as_pdf(found, kinds)
    with transaction():
        told = {"shape": shape, "rows": sum(len(kind.rows) for kind in kinds)}
        record("contact.file_made", Subject("contact", found.contact_id), after=told)
    answer = make_response(made)
    answer.mimetype = f"application/{shape}"
    # The name would tell on a shared computer who it is about.
    answer.headers.set("Content-Disposition", "attachment", filename=f"dossier-{found.contact_id}.{shape}")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def found_contact(contact_id: int) -> ContactRow:
    """A contact as it is now. Answers 404 where there is none."""
    try:
        return contact(contact_id)
    except UnknownContact:
        abort(404)


def _as_json(found: ContactRow, kinds: Sequence[Kept]) -> bytes:
    told = {
        "organisation": current_app.config["ORGANISATION"].name,
        "made_at": now().isoformat(timespec="seconds"),
        "contact": found.contact_id,
        "name": found.display_name,
        "kept": [_kind(kind) for kind in kinds],
    }
    return json.dumps(told, ensure_ascii=False, indent=2, default=_plain).encode()


def _kind(kind: Kept) -> dict[str, Any]:
    source = kind.source
    return {
        "kind": source.name,
        "what": str(source.title),
        "purpose": str(source.purpose),
        "ground": str(source.ground),
        "retention": str(source.retention),
        "rows": kind.rows,
    }


def _plain(value: object) -> str:
    """What JSON has no sign for: an amount with a point and two decimals, days and instants as ISO 8601 writes them."""
    return value.value if isinstance(value, Euro) else value.isoformat()  # type: ignore[attr-defined]


def _as_pdf(found: ContactRow, kinds: Sequence[Kept]) -> bytes:
    """A letter to whom it is about, in their language, with all that is kept below it.

    About somebody deceased it is to whoever asks: it names nobody else, and has no address.
    """
    language = ENGLISH if found.language == ENGLISH else DUTCH
    deceased = known(found.contact_id).deceased_on is not None
    with force_locale(language):
        page = render_template(
            "privacy/file_pdf.html",
            lines=[] if deceased else _address(found, language),
            greeting=greeting(PersonName() if deceased else found.name, language),
            about=found.display_name if deceased else "",
            contact=found,
            kinds=kinds,
            made_at=now(),
        )
    return pdf.from_html(page)


def _address(found: ContactRow, language: str) -> list[str]:
    """Of them alone: who shares their household may not know what stands here."""
    spoken = found.organisation_name or addressed(found.name, language)
    first = spoken[:1].upper() + spoken[1:]
    return postal_address_lines(first, found.address) if found.address is not None else [first]
