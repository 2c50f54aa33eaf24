"""Pages for what went wrong, in the language of the address, each with a way on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    SecurityError,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)

from fundraising.web.desk import is_desk
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from flask import Flask, Response

# (what happened, what you can do)
_EXPLAINED = {
    400: (
        _("We could not read that"),
        _("Something in the address or the form was not as expected. Please try again."),
    ),
    403: (_("This page is not open to you"), _("If you think it should be, please get in touch with us.")),
    404: (_("This page does not exist"), _("The address may have been mistyped, or the page may have moved.")),
    405: (_("That is not possible here"), _("Please go back to the page you came from and try again.")),
    413: (_("That is too much text"), _("Please shorten your message and send the form again.")),
    429: (
        _("That went rather fast"),
        _("We saw many attempts in a short time. Please wait a few minutes and try again."),
    ),
    500: (_("Something went wrong on our side"), _("Please try again later. If it goes wrong again, please tell us.")),
    503: (_("We cannot do this right now"), _("Please try again in a few minutes.")),
}

# At the desk other words help: who works there may ask for a role, and has work that must not be lost.
_EXPLAINED_TO_STAFF = _EXPLAINED | {
    401: (
        _("You are no longer signed in"),
        _("Nothing was saved. Sign in again in another window, and then send this once more."),
    ),
    403: (_("This is not open to you"), _("None of your roles has it. An administrator can give you one that does.")),
    404: (_("This cannot be found here"), _("The address may have been mistyped, or what stood here was taken away.")),
    413: (_("That is too much"), _("What you sent is larger than this page takes.")),
    501: (
        _("This server cannot make PDF files"),
        _("It lacks Pango, which makes them. Please tell an administrator; all else works."),
    ),
}
_OPEN_TOO_LONG = (
    _("This page was open too long"),
    _("Nothing was saved yet. Look at what you filled in, and send it once more."),
)
_SECRET_FIELDS = frozenset({"csrf_token", "code"})
_SECRET_WORDS = ("password", "secret")
_MOST_KEPT = 200


def init(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(HTTPException, _error_page)


def _error_page(error: HTTPException) -> Response | HTTPException:
    explained = _EXPLAINED_TO_STAFF if is_desk(request.path) else _EXPLAINED
    if error.code is None or error.code not in explained:
        return error
    # Under a host that is not ours no address leads anywhere: the plain page needs none.
    for_staff = is_desk(request.path) and not isinstance(error, SecurityError)
    page = _staff_page(error, error.code) if for_staff else _plain_page(error.code)
    response = make_response(page, error.code)
    retry_after = _retry_after(error)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _plain_page(status: int) -> str:
    title, explanation = _EXPLAINED[status]
    return render_template("error.html", status=status, title=title, explanation=explanation)


def _staff_page(error: HTTPException, status: int) -> str:
    title, explanation = _OPEN_TOO_LONG if isinstance(error, CSRFError) else _EXPLAINED_TO_STAFF[status]
    kept = _typed() if isinstance(error, CSRFError) or status == Unauthorized.code else []
    if status >= InternalServerError.code:
        # Who is signed in stands in the database, which may be what failed.
        g.setdefault("staff", None)
    return render_template(
        "desk/error.html",
        status=status,
        title=title,
        explanation=explanation,
        kept=kept,
        may_send_again=bool(kept) and _came_from_here(),
    )


def _typed() -> list[tuple[str, str]]:
    """What was filled in, to be shown again, without what is secret. Files cannot be kept: their owner has them."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if not _is_secret(name)]
    return fields[:_MOST_KEPT]


def _is_secret(name: str) -> bool:
    return name in _SECRET_FIELDS or any(word in name.lower() for word in _SECRET_WORDS)


def _came_from_here() -> bool:
    """Whether a form of ours sent this: what another site sent is not offered to be sent once more."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin") or request.referrer or "").netloc == request.host


def _retry_after(error: HTTPException) -> int | None:
    """Seconds to wait before another try, where waiting helps."""
    if isinstance(error, TooManyRequests) and isinstance(error.retry_after, int):
        return error.retry_after
    return 60 if isinstance(error, ServiceUnavailable) else None
