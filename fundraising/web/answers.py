"""The answer to a form that was taken."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import redirect

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


def see_other(location: str) -> Response:
    """Lead on to a page that is read, so that reloading it does not send the form again."""
    return redirect(location, HTTPStatus.SEE_OTHER)
