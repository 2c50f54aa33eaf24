"""Which language a page is in: its address says so. Dutch stands at `/…`, English at `/en/…`, on the same views.

No cookie and no Accept-Language: an address shows the same page to everyone, so that it can be linked, cached and
printed in a church magazine. Staff pages alone go by who reads them: their session says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Flask, current_app, has_request_context, request, session
from flask_babel import Babel, get_locale, lazy_gettext

from fundraising.resources import resource
from fundraising.web.desk import LANGUAGE_KEY, is_desk

if TYPE_CHECKING:
    from werkzeug.routing import MapAdapter

DUTCH = "nl"
ENGLISH = "en"
LANGUAGES = (DUTCH, ENGLISH)
NATIVE_NAMES = {DUTCH: "Nederlands", ENGLISH: "English"}
HOME = "giving.home"
_BUILDER = "addresses"
_ENGLISH_SUFFIX = "_en"
# Where a donor came from, and the amount that the link there proposed; no longer than a giving link has them.
_CARRIED = ("via", "bedrag")
_LONGEST_CARRIED = 64


@dataclass(frozen=True, slots=True)
class Alternate:
    """This page in one of the languages."""

    language: str
    name: str
    path: str
    absolute: str
    current: bool


def init(app: Flask) -> None:
    """Let the address choose the language, and give templates what they need to link to pages."""
    Babel(  # type: ignore[no-untyped-call]
        app,
        default_locale=DUTCH,
        default_timezone="Europe/Amsterdam",
        default_translation_directories=str(resource("translations")),
        locale_selector=language_of_address,
    )
    app.jinja_env.globals.update(
        public_url=public_url,
        absolute_url=absolute_url,
        current_language=current_language,
        alternates=alternates,
        carried=carried,
    )


def register_public(app: Flask, blueprint: Blueprint) -> None:
    """Register a blueprint of public pages in both languages: `giving` at `/` and `giving_en` at `/en`."""
    app.register_blueprint(blueprint)
    app.register_blueprint(blueprint, name=blueprint.name + _ENGLISH_SUFFIX, url_prefix="/en")


def lazy_text(message: str) -> str:
    """A message that is translated when it is shown, for what is written before any request: labels and such."""
    return cast("str", lazy_gettext(message))


def current_language() -> str:
    """The language of this request, or the one that a job has forced; Dutch without either."""
    chosen = get_locale()
    return chosen.language if chosen is not None and chosen.language in LANGUAGES else DUTCH


def public_url(endpoint: str, *, language: str | None = None, **values: str | int | None) -> str:
    """The path of a public page, `giving.home` say, in the current language or the one asked for."""
    adapter: MapAdapter | None = current_app.extensions.get(_BUILDER)
    if adapter is None:
        adapter = current_app.extensions[_BUILDER] = current_app.url_map.bind("localhost")
    given = {name: value for name, value in values.items() if value is not None}
    return adapter.build(_in_language(endpoint, language or current_language()), given)


def absolute_url(endpoint: str, *, language: str | None = None, **values: str | int | None) -> str:
    """The whole address of a public page, as a mail or Mollie needs it; never taken from the Host header."""
    return str(current_app.config["PUBLIC_URL"]) + public_url(endpoint, language=language, **values)


def alternates() -> list[Alternate]:
    """This page in each language, for the language switch and `hreflang`. A page that is none leads home.

    A path carries along what came with the giving link; the absolute address, which search engines keep, does not.
    """
    endpoint, values = _this_page()
    return [
        Alternate(
            language=language,
            name=NATIVE_NAMES[language],
            path=public_url(endpoint, language=language, **values, **carried()),
            absolute=absolute_url(endpoint, language=language, **values),
            current=language == current_language(),
        )
        for language in LANGUAGES
    ]


def carried() -> dict[str, str]:
    """What came with the giving link and goes along to the next page, until a form is sent."""
    arguments = request.args if has_request_context() else {}
    return {name: arguments[name][:_LONGEST_CARRIED] for name in _CARRIED if arguments.get(name)}


def _this_page() -> tuple[str, dict[str, str]]:
    blueprint, _, view = (request.endpoint or "").rpartition(".") if has_request_context() else ("", "", "")
    dutch = blueprint.removesuffix(_ENGLISH_SUFFIX)
    if not dutch or dutch + _ENGLISH_SUFFIX not in current_app.blueprints:
        return HOME, {}
    return f"{dutch}.{view}", dict(request.view_args or {})


def _in_language(endpoint: str, language: str) -> str:
    blueprint, _, view = endpoint.rpartition(".")
    return f"{blueprint}{_ENGLISH_SUFFIX}.{view}" if language == ENGLISH else endpoint


def language_of_address() -> str:
    """The language that the address of this request asks for, or at the desk its reader; Dutch outside a request."""
    if not has_request_context():
        return DUTCH
    path = request.path
    if is_desk(path):
        return ENGLISH if session.get(LANGUAGE_KEY) == ENGLISH else DUTCH
    return ENGLISH if path == "/en" or path.startswith("/en/") else DUTCH
