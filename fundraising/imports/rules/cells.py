"""What cells of every kind of sheet have in common: how they are refused, and how dates stand in them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundraising.imports.rules import Value

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("januari jan january", "februari feb february", "maart mrt march mar", "april apr", "mei may"),
            *("juni jun june", "juli jul july", "augustus aug august", "september sep sept"),
            *("oktober okt october oct", "november nov", "december dec"),
        ),
        start=1,
    )
    for name in names.split()
}
_BY_NUMBERS = re.compile(r"(?P<day>[0-9]{1,2})[-/. ](?P<month>[0-9]{1,2})[-/. ](?P<year>[0-9]{4})(\s.*)?")
_BY_NAME = re.compile(r"(?P<day>[0-9]{1,2})[- ](?P<month>[a-z]+)\.?[- ](?P<year>[0-9]{4})", re.IGNORECASE)
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})([T ].*)?")
# Excel counts days from here (its year 1900 had a 29 February); these serials are 1954 to 2119.
_EXCEL_BEGINS = date(1899, 12, 30)
_SERIAL = re.compile(r"[0-9]{5}")
_SERIALS = range(20_000, 80_000)
_EARLIEST = date(1950, 1, 1)


class BadCell(ValueError):
    """A cell that cannot be read as what its column means; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def day(value: Value) -> date:
    """A date: a cell that is one, a serial of Excel, or text as the Dutch write it. A year has four digits."""
    if isinstance(value, str) and _SERIAL.fullmatch(value.strip()):
        # As a sheet writes its dates into a text file where their cells have no format.
        value = Decimal(value.strip())
    if isinstance(value, Decimal):
        if value != int(value) or int(value) not in _SERIALS:
            raise BadCell("not_a_date")
        value = _EXCEL_BEGINS + timedelta(days=int(value))
    found = value if isinstance(value, date) else _written(value.strip())
    if found < _EARLIEST:
        raise BadCell("not_a_date")
    return found


def _written(text: str) -> date:
    match = _ISO.fullmatch(text) or _BY_NUMBERS.fullmatch(text) or _BY_NAME.fullmatch(text)
    if match is None:
        raise BadCell("not_a_date")
    month = match["month"].lower()
    try:
        return date(int(match["year"]), _MONTHS.get(month) or int(month), int(match["day"]))
    except ValueError as wrong:
        raise BadCell("not_a_date") from wrong
