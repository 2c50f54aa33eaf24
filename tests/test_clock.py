"""Instants are aware and UTC; dates of money are Amsterdam's."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundraising.clock import AMSTERDAM, aware, date_of, now, parse_instant, standing_still, today

ZONES = ["UTC", "Europe/Amsterdam", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Niue"]
instants = st.datetimes(timezones=st.sampled_from(ZONES).map(ZoneInfo)).filter(lambda at: 1950 < at.year < 2100)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # New Year's Eve: in Amsterdam the year turns an hour before it does in UTC.
        ("2026-12-31T22:59:59+00:00", date(2026, 12, 31)),
        ("2026-12-31T23:00:00+00:00", date(2027, 1, 1)),
        ("2026-12-31T23:30:00Z", date(2027, 1, 1)),
        ("2027-01-01T00:30:00+01:00", date(2027, 1, 1)),
        ("2026-12-31T18:30:00-05:00", date(2027, 1, 1)),
        # In summer the day turns two hours before.
        ("2026-07-01T21:59:59+00:00", date(2026, 7, 1)),
        ("2026-07-01T22:00:00+00:00", date(2026, 7, 2)),
        # The nights on which the clock moves, 29 March and 25 October 2026.
        ("2026-03-28T23:00:00+00:00", date(2026, 3, 29)),
        ("2026-03-29T21:59:59+00:00", date(2026, 3, 29)),
        ("2026-03-29T22:00:00+00:00", date(2026, 3, 30)),
        ("2026-10-24T22:00:00+00:00", date(2026, 10, 25)),
        ("2026-10-25T22:59:59+00:00", date(2026, 10, 25)),
        ("2026-10-25T23:00:00+00:00", date(2026, 10, 26)),
    ],
)
def test_the_date_of_a_gift_is_amsterdams(instant, day):
    assert date_of(parse_instant(instant)) == day


@given(instants)
def test_an_instant_has_one_date_whatever_zone_it_is_written_in(instant):
    assert date_of(instant) == date_of(aware(instant)) == date_of(parse_instant(instant.isoformat()))


@given(instants, st.integers(1, 86_400))
def test_dates_never_run_backwards(instant, seconds):
    later = aware(instant) + timedelta(seconds=seconds)
    assert date_of(instant) <= date_of(later) <= date_of(instant) + timedelta(days=2)


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_midday_in_amsterdam_lies_on_its_own_date(day):
    assert date_of(datetime(day.year, day.month, day.day, 12, tzinfo=AMSTERDAM)) == day


@pytest.mark.parametrize("read", [date_of, aware])
def test_a_naive_datetime_raises(read):
    with pytest.raises(ValueError, match="naive"):
        read(datetime(2026, 12, 31, 23, 30))  # noqa: DTZ001


@pytest.mark.parametrize("text", ["2026-12-31T23:30:00", "2026-12-31", "gisteren", ""])
def test_text_without_an_offset_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  two sources of it, the standard library's among them
        parse_instant(text)


def test_the_present_is_aware_and_in_utc():
    assert now().tzinfo is UTC
    earliest = datetime.now(timezone(timedelta(hours=5)))
    assert earliest <= now() <= datetime.now(timezone(timedelta(hours=5)))


def test_the_clock_stands_still_and_runs_again():
    eve = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    with standing_still(eve):
        assert now() == eve
        assert today() == date(2027, 1, 1)
        with standing_still(eve - timedelta(hours=1)):
            assert today() == date(2026, 12, 31)
        assert now() == eve
    assert now() != eve


def test_a_clock_cannot_be_held_at_a_naive_instant():
    with pytest.raises(ValueError, match="naive"), standing_still(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass
    assert now().year >= 2026
