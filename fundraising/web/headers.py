"""What every answer tells the browser: run nothing but our own files, send nothing elsewhere, guess nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from fundraising.web.desk import is_desk
from fundraising.web.locale import language_of_address

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Any

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask, Response

# `form-action 'self'` also governs redirects after a POST: the way to the checkout leads over a page of ours.
_DIRECTIVES = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{directive} {source}" for directive, source in _DIRECTIVES.items())
# Bootstrap's stylesheet, which staff pages use, carries its few icons in itself.
DESK_SECURITY_POLICY = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # A reference in an address is nobody else's business, so no address goes to another site.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TWO_YEARS = 2 * 365 * 24 * 3600
PAGE_CACHING = "private, no-cache"
# What staff see is not kept in the browser: it would still be there after signing out.
DESK_CACHING = "no-store"


class SecurityHeaders:
    """Sends the same headers with every answer, whoever made it; outside Flask, where adding them costs nothing."""

    def __init__(self, app: WSGIApplication, *, encrypted: bool) -> None:
        """Wrap an application; `encrypted` also keeps browsers on https for two years."""
        self._app = app
        shared = list(_ALWAYS.items())
        if encrypted:
            shared.append(("Strict-Transport-Security", f"max-age={_TWO_YEARS}"))
        self._headers = [("Content-Security-Policy", CONTENT_SECURITY_POLICY), *shared]
        self._desk_headers = [("Content-Security-Policy", DESK_SECURITY_POLICY), *shared]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        ours = self._desk_headers if is_desk(environ["PATH_INFO"]) else self._headers

        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
        ) -> Any:  # noqa: ANN401  the server's
            return start_response(status, headers + ours, exc_info)

        return self._app(environ, start)


def init(app: Flask, *, encrypted: bool) -> None:
    """Send the headers with every answer, and say of each page in which language it is and how long it keeps."""
    app.wsgi_app = SecurityHeaders(app.wsgi_app, encrypted=encrypted)  # type: ignore[method-assign]

    @app.after_request
    def describe(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Language"] = language_of_address()
        if "Cache-Control" not in response.headers:
            # A page may come back with the Back button as it was left, and is otherwise asked for again.
            response.headers["Cache-Control"] = DESK_CACHING if is_desk(request.path) else PAGE_CACHING
        return response
