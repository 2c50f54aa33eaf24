"""The one door to Flask-Security: passwords, sessions of who is signed in, codes of authenticator apps.

Its engine is used and its pages are not: those answer reading and writing on one address and commit by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import flask_security
from flask_security import RoleMixin, Security, SQLAlchemyUserDatastore

from fundraising.clock import now
from fundraising.db import db

if TYPE_CHECKING:
    from flask import Flask
    from flask_security import UserMixin

# A password must be worth this much to zxcvbn, on its scale of 0 to 4: "safely unguessable" to most.
LEAST_SCORE = 3
SHORTEST_PASSWORD = 10


def init_security(app: Flask, user_model: type, *, issuer: str) -> None:
    """Prepare the engine for an application and its table of staff."""
    app.config.update(
        SECURITY_DATETIME_FACTORY=now,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  the name of an algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        # Argon2 salts by itself; a second, shared salt would tie all passwords to one more secret.
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_JOIN_USER_ROLES=False,
        SECURITY_TOTP_SECRETS={"1": str(app.config["SECRET_KEY"])},
        SECURITY_TOTP_ISSUER=issuer,
        SECURITY_TWO_FACTOR=True,
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_ANONYMOUS_USER_DISABLED=False,
    )
    store = SQLAlchemyUserDatastore(db, user_model, RoleMixin)
    security = Security(app, store, register_blueprint=False)
    # Only a session says who somebody is: no token in an address or a header does.
    security.login_manager.request_loader(lambda _request: None)
    # Colleagues move between networks; a session ends by its own clock and by its owner.
    security.login_manager.session_protection = None  # type: ignore[assignment]


def hash_password(password: str) -> str:
    """The Argon2 hash of a password; takes some 50 ms on purpose."""
    return str(flask_security.hash_password(password))


def password_fits(password: str, hashed: str) -> bool:
    """Whether this is the password. Takes as long without a hash, so that nobody learns who has an account."""
    if not hashed:
        hash_password(password)
        return False
    return bool(flask_security.verify_password(password, hashed))


def begin_session(user: object) -> None:
    """Let this browser be signed in as a member of staff."""
    flask_security.login_user(cast("UserMixin", user))


def end_session() -> None:
    """Let this browser be signed in no longer."""
    flask_security.logout_user()
