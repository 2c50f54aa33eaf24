"""Periods in which something holds: a role, an address, an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fundraising.contacts.rules.refusals import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

# Nobody has held a role since before this; a year with two digits, or 0202 for 2022, is a slip.
EARLIEST = date(1900, 1, 1)
# What is arranged ahead: a minister who comes next summer, but not in the year 2204.
FURTHEST_AHEAD = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Term:
    """From one day up to and including another, of which either may be unknown. Raises Refusal."""

    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise Refusal(Reason.ENDS_BEFORE_IT_BEGINS)

    def ended_by(self, day: date) -> bool:
        """Whether it had ended before a day."""
        return self.valid_until is not None and self.valid_until < day

    def ending(self, last_day: date) -> Term:
        """The same with a last day. Raises Refusal where it began later."""
        return Term(self.valid_from, last_day)


# Since we do not know when, and with no end in sight.
ALWAYS = Term()


def check_likely(days: Iterable[date | None], today: date) -> None:
    """Refuse days that nobody can have meant. Raises Refusal."""
    if any(day is not None and not EARLIEST <= day <= today + FURTHEST_AHEAD for day in days):
        raise Refusal(Reason.UNLIKELY_DATE)


def day_before(day: date) -> date:
    """The last day of what is followed by something on this day."""
    return day - timedelta(days=1)
