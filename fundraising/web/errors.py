"""Pages for what went wrong, in the language of the address, each with a way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, render_template
from werkzeug.exceptions import HTTPException, ServiceUnavailable, TooManyRequests

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


def init(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(HTTPException, _error_page)


def _error_page(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code not in _EXPLAINED:
        return error
    return error_page(error.code, retry_after=_retry_after(error))


def error_page(status: int, *, retry_after: int | None = None) -> Response:
    """The page for a status, for a view that refuses by itself."""
    title, explanation = _EXPLAINED.get(status, _EXPLAINED[500])
    page = render_template("error.html", status=status, title=title, explanation=explanation)
    response = make_response(page, status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _retry_after(error: HTTPException) -> int | None:
    """Seconds to wait before another try, where waiting helps."""
    if isinstance(error, TooManyRequests) and isinstance(error.retry_after, int):
        return error.retry_after
    return 60 if isinstance(error, ServiceUnavailable) else None
