"""Remembering what is not well, so that it is told once, again each day while it lasts, and once when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.clock import now
from fundraising.db import session
from fundraising.operations.models import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Select

    from fundraising.operations.queries import Trouble

# Less than a day, so that a daily job that starts some seconds earlier than yesterday tells too.
_TELL_AGAIN = timedelta(hours=20)
_LONGEST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class News:
    """What the administrator is to be told: troubles that are due, and the names of those that are over."""

    troubles: tuple[Trouble, ...]
    over: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.troubles or self.over)


def settle(area: str, found: Iterable[Trouble], *, grace: timedelta) -> News:
    """Compare an area's troubles of now with its open alerts, in the caller's transaction, and note what is new.

    What is over within `grace` is told to nobody: after a night without a worker everything is late for a minute.
    """
    now_found = {f"{area}:{trouble.name}": trouble for trouble in found}
    known = {row.name: row for row in session().scalars(_of(area))}
    for name in now_found.keys() - known.keys():
        known[name] = Alert(name=name, raised_at=now())
        session().add(known[name])
    due = tuple(trouble for name, trouble in now_found.items() if _is_due(known[name], trouble, grace))
    ended = [row for name, row in known.items() if name not in now_found and row.cleared_at is None]
    for row in ended:
        row.cleared_at = now()
    return News(due, tuple(sorted(row.name.partition(":")[2] for row in ended if row.mailed_at)))


def _of(area: str) -> Select[Alert]:
    return select(Alert).where(Alert.name.startswith(f"{area}:", autoescape=True)).with_for_update()


def _is_due(row: Alert, trouble: Trouble, grace: timedelta) -> bool:
    row.detail = trouble.in_english[:_LONGEST_DETAIL]
    if row.cleared_at is not None:
        row.raised_at, row.mailed_at, row.cleared_at = now(), None, None
    if now() - row.raised_at < grace or (row.mailed_at and now() - row.mailed_at < _TELL_AGAIN):
        return False
    row.mailed_at = now()
    return True
