"""Telling a person who gives from stolen cards being tried: pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fundraising.money import Euro


@dataclass(frozen=True, slots=True)
class Velocity:
    """What one address, and everybody together, did of late."""

    from_address_10_minutes: int
    from_address_day: int
    unsuccessful_from_address_day: int
    small_everywhere_10_minutes: int


class Verdict(StrEnum):
    """Whether a submission may go on to Mollie."""

    ALLOWED = "allowed"
    TOO_MANY = "too_many"
    TOO_MANY_FAILURES = "too_many_failures"
    UNDER_ATTACK = "under_attack"


SMALL_AMOUNT = Euro.of(10)
# A whole church council may give over one network after the service.
MOST_IN_10_MINUTES = 15
MOST_IN_A_DAY = 60
MOST_FAILURES_IN_A_DAY = 8
MOST_SMALL_EVERYWHERE = 60
# How to transfer is also mailed, to whatever address was typed. After these the page alone tells it.
MOST_MAILED_IN_A_DAY = 10


def judge(velocity: Velocity, amount: Euro) -> Verdict:
    """Whether this looks like a person giving or like stolen cards being tried.

    Testers send many small amounts, fail often, and spread over addresses; so small amounts are also counted over all
    addresses together, and only small ones are then refused.
    """
    if velocity.unsuccessful_from_address_day >= MOST_FAILURES_IN_A_DAY:
        return Verdict.TOO_MANY_FAILURES
    if velocity.from_address_10_minutes >= MOST_IN_10_MINUTES or velocity.from_address_day >= MOST_IN_A_DAY:
        return Verdict.TOO_MANY
    if amount <= SMALL_AMOUNT and velocity.small_everywhere_10_minutes >= MOST_SMALL_EVERYWHERE:
        return Verdict.UNDER_ATTACK
    return Verdict.ALLOWED
