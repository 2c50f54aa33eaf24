"""Which payment methods the account offers, as last heard from Mollie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from fundraising import clock
from fundraising.db import session
from fundraising.giving.models import OfferedMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundraising.giving.rules import Method


def store_methods(methods: Sequence[Method]) -> None:
    """Replace the offered methods by these; an empty answer changes nothing, since a donor could then pay with none."""
    if not methods:
        return
    now = clock.now()
    session().execute(delete(OfferedMethod))
    session().add_all(
        OfferedMethod(
            code=method.code,
            description=method.description,
            position=position,
            minimum=method.minimum,
            maximum=method.maximum,
            refreshed_at=now,
        )
        for position, method in enumerate(methods)
    )
