"""The short address of a giving link, as it stands on a poster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort

from fundraising.giving.public.blueprint import pages
from fundraising.giving.queries.links import link
from fundraising.giving.rules.links import BadCode, parse_code
from fundraising.programmes.queries import programme_names
from fundraising.web.answers import see_other
from fundraising.web.locale import current_language, public_url

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


@pages.get("/via/<code>")
def via(code: str) -> Response:
    """The giving page of a link, with its source code and amount; however its code is spelled; also of an ended one."""
    try:
        found = link(parse_code(code)) or abort(404)
    except BadCode:
        abort(404)
    programme = programme_names(current_language()).get(found.programme_id) or abort(404)
    amount = found.amount.written().lstrip("€\u00a0") if found.amount else None
    return see_other(public_url("giving.programme", code=programme.code, via=found.code, bedrag=amount))
