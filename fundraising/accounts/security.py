"""The one door to Flask-Security: passwords, sessions of who is signed in, codes of authenticator apps.

Its engine is used and its pages are not: those answer reading and writing on one address and commit by themselves.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, cast

import flask_security
from flask import current_app
from flask_security import RoleMixin, Security, SQLAlchemyUserDatastore, Totp
from passlib.exc import TokenError

from fundraising.clock import now
from fundraising.db import db

if TYPE_CHECKING:
    from flask import Flask
    from flask_security import UserMixin

_EXTENSION = "authenticator"
# Codes of the half minute before and after count too: clocks differ, and typing takes time.
_WINDOW = 30
_CODES = 10


class Authenticator(Totp):
    """Codes of authenticator apps (RFC 6238): six digits, new every 30 s. Secrets are encrypted where they are kept."""

    def new_secret(self) -> str:
        """A secret for somebody's app, encrypted."""
        return str(self.generate_totp_secret())

    def step_of(self, code: str, secret: str, last_step: int | None) -> int | None:
        """The half minute that a code is of, or None where it is wrong, too old, or was used before."""
        try:
            match = self._totp.verify(code, secret, time=int(now().timestamp()), window=_WINDOW, last_counter=last_step)
        except (TokenError, ValueError):
            return None
        return int(match.counter)

    def code_at(self, secret: str, seconds: float) -> str:
        """The code that an app shows at so many seconds since 1970."""
        return str(self._totp.from_source(secret).generate(int(seconds)).token)


def init_security(app: Flask, user_model: type, *, issuer: str) -> None:
    """Prepare the engine for an application and its table of staff."""
    app.config.update(
        SECURITY_DATETIME_FACTORY=now,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  the name of an algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        # Argon2 salts by itself; a second, shared salt would tie all passwords to one more secret.
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_JOIN_USER_ROLES=False,
    )
    store = SQLAlchemyUserDatastore(db, user_model, RoleMixin)
    security = Security(app, store, register_blueprint=False)
    # Only a session says who somebody is: no token in an address or a header does.
    security.login_manager.request_loader(lambda _request: None)
    # Colleagues move between networks; a session ends by its own clock and by its owner.
    security.login_manager.session_protection = None  # type: ignore[assignment]
    # Flask-Principal would look up who is signed in before every request, donors' too. The guard does so at the desk.
    app.before_request_funcs[None].remove(security.principal._on_before_request)  # noqa: SLF001
    app.extensions[_EXTENSION] = Authenticator({"1": str(app.config["SECRET_KEY"])}, issuer)


def authenticator() -> Authenticator:
    """The codes of the running application."""
    return cast("Authenticator", current_app.extensions[_EXTENSION])


def hash_password(password: str) -> str:
    """The Argon2 hash of a password; takes some 50 ms on purpose."""
    return str(flask_security.hash_password(password))


def password_fits(password: str, hashed: str) -> bool:
    """Whether this is the password. Takes as long without a hash, so that nobody learns who has an account."""
    if not hashed:
        hash_password(password)
        return False
    return bool(flask_security.verify_password(password, hashed))


def new_recovery_codes() -> list[str]:
    """Codes for on paper: twelve hexadecimal digits each, in threes of four."""
    words = [secrets.token_hex(6) for _ in range(_CODES)]
    return [f"{word[:4]}-{word[4:8]}-{word[8:]}" for word in words]


def code_digest(code: str) -> str:
    """A keyed digest of a recovery code, however it was typed."""
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())
    return hmac.digest(_key(), f"recovery:{plain}".encode(), "sha256").hex()


def person_digest(email: str) -> str:
    """A keyed digest of an address of e-mail, fit to count tries by."""
    return hmac.digest(_key(), f"email:{email.strip().casefold()}".encode(), "sha256").hex()


def begin_session(user: object) -> None:
    """Let this browser be signed in as a member of staff."""
    flask_security.login_user(cast("UserMixin", user))


def end_session() -> None:
    """Let this browser be signed in no longer."""
    flask_security.logout_user()


def _key() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode()
