"""Members of staff to try things out with: one per role, with a password that everybody may know."""

from __future__ import annotations

from fundraising.accounts.queries import users
from fundraising.accounts.rules import Role
from fundraising.accounts.services.proofs import set_password
from fundraising.accounts.services.users import NewUser, add_user

DEMO_PASSWORD = "proef-met-vier-woorden"  # noqa: S105  printed at the start of the demonstration
DEMO_STAFF = {
    "relaties@example.nl": ("Roos Relaties", Role.RELATIONS),
    "financien@example.nl": ("Frits Financiën", Role.FINANCE),
    "beheer@example.nl": ("Bea Beheer", Role.ADMINISTRATOR),
    "controle@example.nl": ("Cor Controle", Role.AUDITOR),
}


def seed_staff(password_hash: str) -> int:
    """Add them where there is no member of staff at all, in the caller's transaction; how many were added."""
    if users():
        return 0
    for email, (name, role) in DEMO_STAFF.items():
        set_password(add_user(NewUser(email, name, frozenset({role}))), password_hash, why="demonstration")
    return len(DEMO_STAFF)
