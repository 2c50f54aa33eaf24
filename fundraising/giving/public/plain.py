"""Pages that only tell: the front page, privacy, ANBI; and the few files that browsers and robots ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, redirect, render_template, request, url_for

from fundraising.giving.public.blueprint import pages
from fundraising.giving.public.kept import all_programmes
from fundraising.web.locale import language_of_address
from fundraising.web.pages import KeptPage, PageFacts, kept_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as AnyResponse

# Pages about one gift are for one donor, though they show nothing personal.
_NOT_FOR_ROBOTS = (
    "betaling",
    "bedankt",
    "bank",
    "nieuwsbrief",
    "afmelden",
    "e-mail-controle",
    "iban-controle",
    "webhooks",
)


@pages.get("/")
def home() -> KeptPage:
    """The front page: both programmes, and how to give."""
    return _kept("pages/home.html", lambda: {"programmes": all_programmes()})


@pages.get("/privacy")
def privacy() -> KeptPage:
    """What we do with what donors tell us."""
    return _kept("pages/privacy.html")


@pages.get("/anbi")
def anbi() -> KeptPage:
    """What an ANBI must publish."""
    return _kept("pages/anbi.html")


@pages.get("/robots.txt")
def robots() -> Response:
    """What search engines may look at."""
    lines = ["User-agent: *"]
    lines += [f"Disallow: {prefix}/{name}/" for name in _NOT_FOR_ROBOTS for prefix in ("", "/en")]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@pages.get("/favicon.ico")
def favicon() -> AnyResponse:
    """For browsers that do not read the page before they ask for its icon."""
    return redirect(url_for("static", filename="favicon.ico"), 302)


def _kept(template: str, context: Callable[[], dict[str, object]] = dict) -> KeptPage:
    facts = PageFacts(request.endpoint or "", language_of_address())
    return kept_page(request.path, lambda: KeptPage(render_template(template, **context()), facts))
