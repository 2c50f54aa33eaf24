"""When somebody's time is over, and how far they are erased: pure rules.

The seven years of the tax office are law, and each kind of data that falls under it says until when it is needed. The
three years of quiet and the year after a death are the charity's own policy (docs/adr).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fundraising.personal import Degree

if TYPE_CHECKING:
    from datetime import date

# After so many years without a gift, a role, a consent or a change nobody is in touch any more.
QUIET_YEARS = 3
YEARS_AFTER_DEATH = 1
# For how long a decision to keep somebody after all holds.
YEARS_KEPT_AFTER_ALL = 1


class Reason(StrEnum):
    """Why somebody is erased."""

    # They asked for it (GDPR, article 17).
    REQUEST = "request"
    # The last gift need not be kept any more.
    GIFTS_OVER = "gifts_over"
    # In touch no more, while gifts are still to be kept.
    QUIET = "quiet"
    NEVER_GAVE = "never_gave"
    DECEASED = "deceased"


class StillNeeded(ValueError):
    """Somebody who cannot be erased yet; `hindrances` say why."""

    def __init__(self, hindrances: tuple[str, ...]) -> None:
        super().__init__("something is still open")
        self.hindrances = hindrances


class ErasedAlready(ValueError):
    """There is nothing left to erase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides about a person. `needed_until` is the last day on which their name may be asked for."""

    known_since: date
    last_gift_on: date | None
    changed_on: date
    deceased_on: date | None
    bound: bool
    needed_until: date | None
    done: Degree | None


@dataclass(frozen=True, slots=True)
class Due:
    """That somebody is due, how far, why and since when."""

    degree: Degree
    reason: Reason
    since: date


def degree_on(day: date, needed_until: date | None) -> Degree:
    """How far somebody may be erased on a day."""
    return Degree.REDUCED if needed_until is not None and day <= needed_until else Degree.ANONYMISED


def due(facts: Facts, day: date) -> Due | None:
    """Whether somebody is due on a day; None while they are in touch, or are erased as far as may be."""
    degree = degree_on(day, facts.needed_until)
    if facts.done in {degree, Degree.ANONYMISED}:
        return None
    found = _why(facts, degree)
    return Due(degree, *found) if found is not None and found[1] < day else None


def _why(facts: Facts, degree: Degree) -> tuple[Reason, date] | None:
    """Why somebody is due, and since or from when."""
    if facts.done is Degree.REDUCED and facts.needed_until is not None:
        return Reason.GIFTS_OVER, facts.needed_until
    if facts.deceased_on is not None:
        return Reason.DECEASED, years_after(facts.deceased_on, YEARS_AFTER_DEATH)
    if facts.bound:
        return None
    in_touch = max(facts.known_since, facts.changed_on, facts.last_gift_on or facts.known_since)
    quiet_since = years_after(in_touch, QUIET_YEARS)
    if degree is Degree.REDUCED:
        return Reason.QUIET, quiet_since
    if facts.needed_until is None:
        return Reason.NEVER_GAVE, quiet_since
    return Reason.GIFTS_OVER, max(facts.needed_until, quiet_since)


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
