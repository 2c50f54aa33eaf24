"""What staff do with an import on its pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import request, url_for
from flask_babel import gettext as _

from fundraising.db import transaction
from fundraising.documents import TooLarge, store
from fundraising.imports import services
from fundraising.imports.forms import STATES
from fundraising.imports.rules import BadMapping, BroughtInBefore, CheckedAnew, NotNow, RefusedRows, WrongCount
from fundraising.imports.services.reading import AREA
from fundraising.imports.views.looking import its_run, page_of_columns, page_of_run
from fundraising.money import Euro, NotAnAmount
from fundraising.web.answers import see_other
from fundraising.web.lists import number_in, whole_number
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.imports.views.kinds import ImportPages

LARGEST_FILE = 48 * 1024 * 1024
_COLUMN = "kolom-"
_TOTAL = "totaal-"
_CHOICE = "keuze-"
_REFUSALS = (WrongCount, RefusedRows, BroughtInBefore, CheckedAnew)


def upload(pages: ImportPages) -> Response:
    """Keep a file, and begin an import with it."""
    file = request.files.get("bestand")
    if file is None or not file.filename:
        notice(_("Choose a file first."), tone=Tone.BAD)
        return _to(pages, "list")
    try:
        stored = store(file.stream, area=AREA, most=LARGEST_FILE)
    except TooLarge:
        notice(_("This file is larger than 48 MB. Please divide it."), tone=Tone.BAD)
        return _to(pages, "list")
    with transaction():
        number = services.upload(pages.kind.name, file.filename, stored)
    return _to(pages, "show", number)


def choose(pages: ImportPages, number: int) -> Response | tuple[str, int]:
    """Take what each column means, and let all rows be checked by that."""
    found = its_run(pages, number)
    mapping = {
        index: code for index in range(len(found.headers)) if (code := request.form.get(f"{_COLUMN}{index}", ""))
    }
    choices = {field.name: request.form.get(_CHOICE + field.name, "").strip()[:200] for field in pages.choices}
    try:
        with transaction():
            services.choose_columns(number, mapping, choices)
    except BadMapping as bad:
        problem = pages.words.problem(bad.problem, bad.meaning)
        return page_of_columns(pages, found, mapping, choices, error=problem), HTTPStatus.UNPROCESSABLE_ENTITY
    except NotNow as elsewhere:
        _say_not_now(elsewhere)
    return _to(pages, "show", number)


def accept(pages: ImportPages, number: int) -> Response | tuple[str, int]:
    """Agree to what a check showed, when the numbers that were expected are those that were found."""
    found = its_run(pages, number)
    form = request.form
    typed = {"rows": form.get("aantal", "").strip(), "leave_out": "zonder-fouten" in form}
    typed["totals"] = {name: form.get(_TOTAL + name, "").strip() for name in found.totals}
    try:
        with transaction():
            services.accept(
                number,
                expected_rows=_count(form.get("aantal", "")),
                expected_totals={name: _cents(form.get(_TOTAL + name, "")) for name in found.totals},
                leave_out="zonder-fouten" in form,
                attempt=whole_number(form, "controle"),
            )
    except _REFUSALS as refusal:
        return page_of_run(pages, found, typed | {"error": _why_not(pages, refusal)}), HTTPStatus.UNPROCESSABLE_ENTITY
    except NotNow as elsewhere:
        _say_not_now(elsewhere)
    return _to(pages, "show", number)


def discard(pages: ImportPages, number: int) -> Response:
    """Throw an import away that brought nothing in."""
    its_run(pages, number)
    try:
        with transaction():
            services.discard(number)
    except NotNow as elsewhere:
        _say_not_now(elsewhere)
        return _to(pages, "show", number)
    notice(_("The import is thrown away. Nothing of it was brought in."))
    return _to(pages, "list")


def undo(pages: ImportPages, number: int) -> Response:
    """Ask for everything that an import brought to be taken back."""
    its_run(pages, number)
    try:
        with transaction():
            services.ask_to_undo(number)
    except NotNow as elsewhere:
        _say_not_now(elsewhere)
    return _to(pages, "show", number)


def _count(text: str) -> int:
    """A number of rows that was typed, perhaps as pages show it, `50.000`; what is none agrees with no number."""
    count = number_in("".join(text.split()).replace(".", ""))
    return -1 if count is None else count


def _cents(text: str) -> int:
    """An amount that was typed; what is none agrees with no total."""
    try:
        return Euro.parse(text).cents
    except NotAnAmount:
        return -1


def _why_not(pages: ImportPages, refusal: WrongCount | RefusedRows | BroughtInBefore | CheckedAnew) -> str:
    match refusal:
        case CheckedAnew():
            return _("The rows were checked again since you saw them. Please look at the outcome once more.")
        case WrongCount(what="rows"):
            return _("The number of rows is not the one that you expected. Please compare the list with its source.")
        case WrongCount():
            return _("The total of %(what)s is not the one that you expected.", what=refusal.what)
        case RefusedRows() if pages.kind.whole:
            return _("Rows with an error: %(count)s. Mend them in your own list, and upload that.", count=refusal.count)
        case RefusedRows():
            return _("Rows with an error: %(count)s. They have to be mended, or left out.", count=refusal.count)
        case _:
            return _("This very file was brought in before, as import %(number)s.", number=refusal.number)


def _say_not_now(elsewhere: NotNow) -> None:
    state = str(STATES[elsewhere.state]).lower()
    notice(_("That cannot be done now: this import is “%(state)s”.", state=state), tone=Tone.WARN)


def _to(pages: ImportPages, view: str, number: int | None = None) -> Response:
    values = {"number": number} if number is not None else {}
    return see_other(url_for(pages.endpoint(view), **values))  # type: ignore[arg-type]
