"""Whose time is over."""

from datetime import date

import pytest

from fundraising.personal import Degree
from fundraising.privacy.rules import Due, Facts, Reason, degree_on, due, years_after

TODAY = date(2026, 11, 22)
LONG_AGO = date(2015, 5, 1)


def facts(**changes):
    values = {
        "known_since": LONG_AGO,
        "changed_on": LONG_AGO,
        "last_gift_on": None,
        "deceased_on": None,
        "bound": False,
        "needed_until": None,
        "done": None,
    }
    return Facts(**(values | changes))


def gave(day):
    return {"last_gift_on": day, "needed_until": date(day.year + 7, 12, 31)}


@pytest.mark.parametrize(
    ("known", "degree", "reason", "since"),
    [
        (facts(), Degree.ANONYMISED, Reason.NEVER_GAVE, date(2018, 5, 1)),
        (facts(**gave(date(2018, 3, 1))), Degree.ANONYMISED, Reason.GIFTS_OVER, date(2025, 12, 31)),
        (facts(**gave(date(2019, 3, 1))), Degree.REDUCED, Reason.QUIET, date(2022, 3, 1)),
        (facts(deceased_on=date(2025, 1, 1), bound=True), Degree.ANONYMISED, Reason.DECEASED, date(2026, 1, 1)),
        (
            facts(deceased_on=date(2025, 1, 1), **gave(date(2024, 12, 1))),
            Degree.REDUCED,
            Reason.DECEASED,
            date(2026, 1, 1),
        ),
        (
            facts(done=Degree.REDUCED, changed_on=TODAY, **gave(date(2018, 3, 1))),
            Degree.ANONYMISED,
            Reason.GIFTS_OVER,
            date(2025, 12, 31),
        ),
    ],
)
def test_who_is_due(known, degree, reason, since):
    assert due(known, TODAY) == Due(degree, reason, since)


@pytest.mark.parametrize(
    "known",
    [
        facts(bound=True),
        facts(changed_on=date(2024, 1, 1)),
        facts(**gave(date(2024, 1, 1))),
        facts(deceased_on=date(2026, 1, 1)),
        facts(done=Degree.ANONYMISED),
        facts(done=Degree.REDUCED, **gave(date(2020, 1, 1))),
        # Whose gift came in after they were erased.
        facts(done=Degree.ANONYMISED, **gave(date(2020, 1, 1))),
        # Whose gifts need not be kept any more, and who is in touch.
        facts(changed_on=date(2024, 6, 1), **gave(date(2018, 3, 1))),
    ],
)
def test_who_is_not(known):
    assert due(known, TODAY) is None


def test_the_last_day_on_which_the_tax_office_may_ask():
    known = facts(done=Degree.REDUCED, **gave(date(2019, 1, 1)))
    assert due(known, date(2026, 12, 31)) is None
    assert due(known, date(2027, 1, 1)).degree is Degree.ANONYMISED
    assert degree_on(date(2026, 12, 31), known.needed_until) is Degree.REDUCED


def test_three_years_are_over_on_the_day_after():
    assert due(facts(), date(2018, 5, 1)) is None
    assert due(facts(), date(2018, 5, 2)) is not None


def test_a_leap_day_has_its_anniversary():
    assert years_after(date(2024, 2, 29), 3) == date(2027, 2, 28)
