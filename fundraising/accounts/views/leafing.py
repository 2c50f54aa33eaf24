"""Whoever leafs through a list of people sees personal data in bulk, which the audit trail tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.db import transaction

if TYPE_CHECKING:
    from fundraising.web.lists import Page


def note_leafing(kind: str, page: Page[Any], number: int | None = None) -> None:
    """Write down that somebody sees a further page of a list, in a transaction of its own.

    The first page is what everybody passes on the way to one record: it tells of no more people than a search does.
    `number` is that of the record of which the list shows the rows.
    """
    if page.has_previous and page.items:
        told = {"page": page.number, "rows": len(page.items), "filter": dict(request.args)}
        with transaction():
            record(f"{kind}.leafed", Subject(kind, number), after=told)
