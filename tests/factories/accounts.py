"""Members of staff."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from fundraising.accounts.models import User, UserRole
from fundraising.clock import now
from fundraising.db import session

if TYPE_CHECKING:
    from fundraising.accounts.rules import Role

# Signing in with it takes an application, whose Argon2 makes the hash.
PASSWORD = "drie-bruggen-over-de-vecht"


def user(*roles: Role, email: str = "", **changes: Any) -> User:
    """A new member of staff with these roles, by default without a password."""
    address = email or f"{'-'.join(roles) or 'niemand'}-{secrets.token_hex(8)}@example.nl"
    values = {
        "email": address,
        "match_email": address.casefold(),
        "name": "Sanne de Boer",
        "fs_uniquifier": secrets.token_hex(16),
        "passkey_handle": secrets.token_hex(16),
        "created_at": now(),
        "held": [UserRole(role=role, granted_at=now()) for role in roles],
    }
    made = User(**(values | changes))
    session().add(made)
    session().flush()  # its id is what a test asks for
    return made
