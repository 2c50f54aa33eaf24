"""Reading accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.accounts.models import User
from fundraising.db import session

if TYPE_CHECKING:
    from fundraising.accounts.rules import Role  # noqa: F401


def user_by_email(email: str) -> User | None:
    """The member of staff with this address, however it is spelled."""
    return session().scalar(select(User).where(User.match_email == email.strip().casefold()))
