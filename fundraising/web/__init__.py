"""Page plumbing that every face of the house shares: locale, headers, errors, logs, rate limits, tokens, static files.

`init_web()` puts it into an application. It knows nothing of gifts or programmes; slices bring their pages as
blueprints, and `register_public()` registers those of donors once per language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from fundraising.db import LARGEST_NUMBER
from fundraising.web import desk, errors, formats, headers, limits, locale, logs, menu, pages, statics

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Map

# A giving form with a long message in it is some 8 kB; nobody has a reason to post more to a page for donors.
LARGEST_FORM = 64 * 1024
LARGEST_FIELD_COUNT = 60
_PROBES = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the pages need to know of an installation. `trusted_proxies` is how many stand before us."""

    public_url: str
    production: bool
    trusted_proxies: int


class _Number(IntegerConverter):
    """A number in an address: one that is larger than any row's leads nowhere, instead of failing in the database."""

    def __init__(self, map: Map, fixed_digits: int = 0, max: int = LARGEST_NUMBER) -> None:  # noqa: A002  werkzeug's
        super().__init__(map, fixed_digits, max=max)


def init_web(app: Flask, settings: WebSettings) -> None:
    """Prepare an application for pages; blueprints come after it. Needs SECRET_KEY and ORGANISATION in its config."""
    _know_the_outside(app, settings)
    app.url_map.converters = app.url_map.converters | {"int": _Number}
    encrypted = settings.public_url.startswith("https://")
    desk.init(app, encrypted=encrypted)
    locale.init(app)
    # From the inside out: the shelf, then what every answer gets, then its line in the log.
    pages.init(app)
    headers.init(app, encrypted=encrypted and settings.production)
    logs.init(app, as_json=settings.production)
    formats.init(app)
    statics.init(app)
    menu.init(app)
    limits.init(app)
    errors.init(app)


def _know_the_outside(app: Flask, settings: WebSettings) -> None:
    host = urlsplit(settings.public_url).hostname or ""
    app.config.update(
        PUBLIC_URL=settings.public_url,
        # Probes on the machine itself ask for localhost; pages never build an address from the Host header.
        TRUSTED_HOSTS=[host, *(probe for probe in _PROBES if probe != host)],
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_FORM_PARTS=LARGEST_FIELD_COUNT,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
