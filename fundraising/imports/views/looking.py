"""Pages that show imports."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _

from fundraising.accounts.views.leafing import note_leafing
from fundraising.imports.forms import (
    FAULTS,
    NOTES,
    OUTCOME_TONES,
    OUTCOMES,
    PROBLEMS,
    STATE_TONES,
    STATES,
)
from fundraising.imports.queries import RunView, remembered, rows, run, runs, same_file
from fundraising.imports.rules import Columns, ImportState, Outcome, SheetFault, UnknownImport, proposals
from fundraising.money import Euro
from fundraising.web.answers import see_other
from fundraising.web.lists import Facet, Sort, chosen, page_of, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from fundraising.imports.views.kinds import ImportPages

_DOUBTFUL = "twijfel"
_SHOWN_SAMPLES = 3
# Seconds until the page of an import at work asks again.
_LOOK_AGAIN = 2


def listing(pages: ImportPages) -> str:
    """The imports so far, and where to begin one."""
    asked = wanted(request.args, sortable=(), default=Sort("nummer", descending=True))
    found = runs(pages.kind.name, skip=asked.skipped, limit=asked.size + 1)
    return render_template(
        "imports/list.html", pages=pages, page=page_of(found, asked), states=STATES, tones=STATE_TONES
    )


def show(pages: ImportPages, number: int) -> str | Response:
    """An import: how far it is, what would happen, what happened."""
    found = its_run(pages, number)
    if found.state is ImportState.READ:
        return see_other(url_for(pages.endpoint("columns"), number=number))
    return page_of_run(pages, found)


def page_of_run(pages: ImportPages, found: RunView, typed: Mapping[str, Any] | None = None) -> str:
    """The page of an import; with what was typed, and what is wrong with it, where that was refused."""
    outcome = chosen(request.args, "soort", [*(each.value for each in Outcome), _DOUBTFUL])
    asked = wanted(request.args, sortable=(), default=Sort("regel"))
    some = rows(
        found.run_id,
        outcome=Outcome(outcome) if outcome and outcome != _DOUBTFUL else None,
        doubtful=outcome == _DOUBTFUL,
        skip=asked.skipped,
        limit=asked.size + 1,
    )
    page = page_of(some, asked)
    note_leafing("import", page, found.run_id)
    return render_template(
        "imports/run.html",
        pages=pages,
        run=found,
        same=same_file(found) if found.state is ImportState.CHECKED else None,
        page=page,
        facets=_facets(pages, found, outcome),
        notes=[str(NOTES[name]) % {"count": count} for name, count in found.notes.items() if name in NOTES],
        problem=_problem(pages, found),
        states=STATES,
        tones=STATE_TONES,
        outcomes=OUTCOMES,
        outcome_tones=OUTCOME_TONES,
        totals={name: Euro(cents) for name, cents in found.totals.items()},
        typed=typed or {},
        cents=Euro,
        day=date.fromisoformat,
        look_again=_LOOK_AGAIN,
    )


def columns(pages: ImportPages, number: int) -> str:
    """The columns of a file, with what each probably means."""
    found = its_run(pages, number)
    if found.state not in {ImportState.READ, ImportState.CHECKED}:
        abort(404)
    before = remembered(pages.kind.name, found.shape)
    told = Columns(found.headers, found.samples)
    mapping = found.mapping or (before.mapping if before else proposals(told, pages.kind.meanings))
    choices = found.choices or (before.choices if before else {})
    return page_of_columns(pages, found, mapping, choices)


def page_of_columns(
    pages: ImportPages, found: RunView, mapping: Mapping[int, str], choices: Mapping[str, str], error: str = ""
) -> str:
    """The page on which columns get their meaning."""
    return render_template(
        "imports/columns.html",
        pages=pages,
        run=found,
        mapping=mapping,
        chosen=choices,
        error=error,
        columns=[
            (index, header, [cell for cell in found.samples[index] if cell][:_SHOWN_SAMPLES])
            for index, header in enumerate(found.headers)
        ],
        meanings=[(meaning.code, pages.words.column(meaning.code)) for meaning in pages.kind.meanings],
    )


def undo(pages: ImportPages, number: int) -> str:
    """Ask before an import is taken back."""
    found = its_run(pages, number)
    if found.state is not ImportState.ACCEPTED or found.emptied_at is not None or pages.kind.undo is None:
        abort(404)
    return render_template("imports/undo.html", pages=pages, run=found)


def its_run(pages: ImportPages, number: int) -> RunView:
    """An import of this kind; 404 for any other."""
    try:
        found = run(number)
    except UnknownImport:
        abort(404)
    if found.kind != pages.kind.name:
        abort(404)
    return found


def _facets(pages: ImportPages, found: RunView, outcome: str) -> list[Facet]:
    options = [(each.value, f"{OUTCOMES[each]} ({found.outcomes.get(each, 0)})") for each in Outcome]
    options.append((_DOUBTFUL, f"{pages.words.doubt} ({found.doubtful})"))
    return [Facet("soort", _("Rows"), options, outcome)]


def _problem(pages: ImportPages, found: RunView) -> dict[str, Any]:
    """Why an import is refused, where, and what was built upon it."""
    code = found.problem.get("code", "")
    if not code:
        return {}
    text = PROBLEMS.get(code) or FAULTS[SheetFault(code)]
    reasons = [pages.words.reason(*reason) for reason in found.problem.get("reasons", [])]
    return {"text": text, "line": found.problem.get("line", 0), "reasons": reasons}
