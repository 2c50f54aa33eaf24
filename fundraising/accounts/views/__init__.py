"""Staff pages about staff, and the guard before every staff page.

A slice marks each of its staff views with `requires()`; the guard sees to the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.accounts.models import User
from fundraising.accounts.security import init_security
from fundraising.accounts.views import (  # noqa: F401  imported for their routes
    account,
    deeds,
    guard,
    passwords,
    permissions,
    second_step,
    set_up,
    sign_in,
    trail,
    users,
)
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.guard import (
    StaffUser,
    current_user,
    requires,
    requires_proof,
    requires_staff,
    takes_files,
)

if TYPE_CHECKING:
    from flask import Flask

__all__ = [
    "AccountSettings",
    "StaffUser",
    "current_user",
    "init_accounts",
    "requires",
    "requires_proof",
    "requires_staff",
    "takes_files",
]


def init_accounts(app: Flask, settings: guard.AccountSettings) -> None:
    """Bring sign-in, the guard and the pages about staff into an application; after `init_web()`."""
    init_security(app, User, issuer=app.config["ORGANISATION"].name)
    guard.init(app, settings)
    deeds.init(app)
    app.register_blueprint(blueprint)


AccountSettings = guard.AccountSettings
