"""Who did something, where a number was kept for ever and the name can change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.accounts.models import User
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection

_PREFIX = "staff:"


def names_of_staff(recorded_by: Collection[str]) -> dict[str, str]:
    """The names behind `staff:12` and its like; what is no number of staff is left out."""
    numbers = [each.removeprefix(_PREFIX) for each in recorded_by if each.startswith(_PREFIX)]
    ids = [int(number) for number in numbers if number.isdecimal()]
    rows = session().execute(select(User.id, User.name).where(User.id.in_(ids))) if ids else ()
    return {f"{_PREFIX}{row[0]}": row[1] for row in rows}
