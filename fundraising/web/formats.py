"""How money, dates and account numbers are written in templates, in the language of the page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import phonenumbers
from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from flask_babel import gettext

from fundraising import iban as ibans
from fundraising.clock import AMSTERDAM, aware, date_of, today
from fundraising.web.locale import ENGLISH, current_language

if TYPE_CHECKING:
    from flask import Flask

    from fundraising.money import Euro

_NBSP = "\u00a0"
# "22 November 2026" is how the Dutch write it, and in English it reads well too.
_LONG_DATE = "d MMMM y"
_DUTCH_NUMBERS = 31
_SHORT_DATE = "d MMM y"


def init(app: Flask) -> None:
    """Give templates filters for what they show, and the charity as `organisation`."""
    app.jinja_env.filters.update(
        euro=euro,
        written_date=written_date,
        written_moment=written_moment,
        short_date=short_date,
        short_moment=short_moment,
        time_of_day=time_of_day,
        ago=ago,
        counted=counted,
        phone=phone,
        country=country,
        iban=iban,
    )
    app.jinja_env.globals["organisation"] = app.config["ORGANISATION"]
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def euro(amount: Euro) -> str:
    """An amount: `€ 1.300` with a no-break space, in English `€1,300`."""
    return amount.written(english=current_language() == ENGLISH)


def written_date(day: date) -> str:
    """A date in words: `22 november 2026`. Of an instant it is the one in Amsterdam, which Python would not ask for."""
    return format_date(_day(day), _LONG_DATE, locale=current_language())


def written_moment(instant: datetime) -> str:
    """The Amsterdam date of an instant, in words. Raises ValueError for a naive one."""
    return written_date(date_of(instant))


def short_date(day: date) -> str:
    """A date in a table, which a line never breaks: `22 nov 2026`; of an instant the one in Amsterdam."""
    return format_date(_day(day), _SHORT_DATE, locale=current_language()).replace(" ", _NBSP)


def short_moment(instant: datetime) -> str:
    """The Amsterdam date of an instant, for a table. Raises ValueError for a naive one."""
    return short_date(date_of(instant))


def time_of_day(instant: datetime) -> str:
    """The time in Amsterdam, to the minute: `14:05`. Raises ValueError for a naive instant."""
    return f"{aware(instant).astimezone(AMSTERDAM):%H:%M}"


def _day(day: date) -> date:
    return date_of(day) if isinstance(day, datetime) else day


def ago(instant: datetime) -> str:
    """How long ago something was, in days of the calendar and longer: `vandaag`, `3 dagen geleden`."""
    since = today() - date_of(instant)
    if since < timedelta(days=1):
        return gettext("today")
    return format_timedelta(-since, add_direction=True, locale=current_language())


def counted(number: float) -> str:
    """A number of things or of what they measure: `1.300` and `3,4`, in English `1,300` and `3.4`."""
    return format_decimal(number, locale=current_language())


def phone(number: str) -> str:
    """A telephone number in E.164 as people read it: `06 12345678`, from abroad `+32 2 555 12 12`."""
    try:
        parsed = phonenumbers.parse(number, "NL")
    except phonenumbers.NumberParseException:
        return number
    ours = parsed.country_code == _DUTCH_NUMBERS
    style = phonenumbers.PhoneNumberFormat.NATIONAL if ours else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def country(code: str) -> str:
    """A country by its ISO code, in the language of the page."""
    return str(Locale(current_language()).territories.get(code, code))


def iban(compact: str) -> str:
    """An IBAN in groups of four that a line never breaks."""
    return ibans.formatted(compact).replace(" ", _NBSP)
