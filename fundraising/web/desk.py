"""What sets staff pages apart from donors': they stand under /desk, and there alone is a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask.sessions import NullSession, SecureCookieSessionInterface

if TYPE_CHECKING:
    from flask import Flask, Request
    from flask.sessions import SecureCookieSession

DESK = "/desk"
# In the session: the language that somebody at the desk reads.
LANGUAGE_KEY = "language"


def init(app: Flask, *, encrypted: bool) -> None:
    """Give staff pages a session in a signed cookie of their own, and donors' pages none."""
    app.config.update(
        SESSION_COOKIE_NAME="desk",
        SESSION_COOKIE_PATH=DESK,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=encrypted,
    )
    app.session_interface = _DeskSession()


def is_desk(path: str) -> bool:
    """Whether a path is that of a staff page."""
    return path == DESK or path.startswith(f"{DESK}/")


class _DeskSession(SecureCookieSessionInterface):
    """Sessions under /desk. Elsewhere no cookie is read or set: no page for donors needs one."""

    def __init__(self) -> None:
        self._none = NullSession()

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """A session, or one that refuses to be written to."""
        return super().open_session(app, request) if is_desk(request.path) else self._none
