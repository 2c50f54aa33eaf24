"""The time: aware UTC instants for what happened when, Amsterdam dates for money.

A gift paid at half past midnight in Amsterdam on New Year's Day is a gift of the new year, whatever UTC says; so dates
of money are made here and nowhere else.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

_standing_still: list[datetime] = []


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _standing_still[-1] if _standing_still else datetime.now(UTC)


def today() -> date:
    """Today's date in Amsterdam."""
    return date_of(now())


def date_of(instant: datetime) -> date:
    """The date in Amsterdam on which an instant fell. Raises ValueError for a naive one."""
    return aware(instant).astimezone(AMSTERDAM).date()


def aware(instant: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError where the zone is unknown: guessing it moves money between years."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime has no place in time")
    return instant.astimezone(UTC)


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant with its offset, as Mollie writes them. Raises ValueError."""
    return aware(datetime.fromisoformat(text))


@contextmanager
def standing_still(at: datetime) -> Iterator[None]:
    """Hold the clock at an instant, for tests and for replays of history; nests."""
    _standing_still.append(aware(at))
    try:
        yield
    finally:
        _standing_still.pop()
