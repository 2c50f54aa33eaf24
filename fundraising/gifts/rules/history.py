"""Gifts of earlier years in a spreadsheet: what columns there are, and what a row says. Pure rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from fundraising.iban import InvalidIban, check
from fundraising.imports.rules import Meaning, Reason, SheetRow, plain, shown
from fundraising.imports.rules.cells import BadCell, day
from fundraising.money import Euro, NotAnAmount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fundraising.imports.rules import Value

# The source system of a gift of earlier years; its reference is the import and the line.
HISTORY = "history"

DATE, AMOUNT = "date", "amount"
NUMBER, NAME, EMAIL, IBAN = "number", "name", "email", "iban"

_DATE = re.compile(r"([0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})|([0-9]{4}-[0-9]{2}-[0-9]{2})")
_AMOUNT = re.compile(r"(€\s?)?-?[0-9.]*[0-9],[0-9]{2}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}(\s?[A-Za-z0-9]{4}){2,7}(\s?[A-Za-z0-9]{1,3})?")

COLUMNS = (
    Meaning(DATE, ("datum", "giftdatum", "boekdatum", "ontvangstdatum", "date", "received on"), _DATE),
    Meaning(AMOUNT, ("bedrag", "gift", "bedrag gift", "euro", "amount"), _AMOUNT),
    Meaning("programme", ("doel", "bestemming", "programma", "project", "programme", "purpose")),
    Meaning("method", ("betaalwijze", "betaalmethode", "betaald met", "wijze", "method", "paid by")),
    Meaning(NUMBER, ("relatienummer", "ons nummer", "contactnummer", "nummer", "contact number")),
    Meaning(NAME, ("relatie", "naam", "gever", "donateur", "naam gever", "naam relatie", "kerk", "name", "donor")),
    Meaning(EMAIL, ("e-mail", "email", "e-mailadres", "emailadres", "e-mail address"), _EMAIL),
    Meaning(IBAN, ("iban", "rekening", "rekeningnummer", "tegenrekening", "bank account"), _IBAN),
)

_METHODS = {
    plain(word): code
    for code, words in {
        "transfer": "transfer,overboeking,overschrijving,bank,bankoverschrijving,giro,acceptgiro",
        "ideal": "ideal,online,website,wero",
        "directdebit": "directdebit,direct debit,incasso,automatische incasso,machtiging,sepa",
        "cash": "cash,contant,kas,collecte contant",
        "creditcard": "creditcard,kaart,pin,card",
    }.items()
    for word in words.split(",")
}
METHODS = tuple(dict.fromkeys(_METHODS.values()))
# How far, in cents, a sheet's own arithmetic may be off.
_NOISE = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Clue:
    """What a row says of whose gift it was; what it does not say is empty. If all is empty, nobody knows."""

    number: int = 0
    email: str = ""
    iban: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        """The most telling of it."""
        return self.name or self.email or self.iban or (str(self.number) if self.number else "")

    def __bool__(self) -> bool:
        return bool(self.number or self.email or self.iban or self.name)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a row does not say it: a programme's id (0 for none), a method."""

    programme_id: int
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricGift:
    """What a row says; with `errors` not all of it is known."""

    line: int
    received_on: date | None
    amount: Euro | None
    programme_id: int
    method: str
    clue: Clue
    errors: tuple[Reason, ...]


def parse_row(row: SheetRow, programmes: Mapping[str, int], defaults: Defaults) -> HistoricGift:
    """Read a row; `programmes` are ids by code and name, as `plain` has them. It never raises."""
    errors = list(row.reasons)

    def read(code: str, reader: Callable[[Value], object]) -> object:
        value = row.values.get(code)
        if not value:
            return None
        try:
            return reader(value)
        except BadCell as bad:
            errors.append(Reason(bad.code, code, shown(value)[:200]))
            return None

    received_on, amount = read(DATE, day), read(AMOUNT, euros)
    errors += [Reason("needed", code) for code in (DATE, AMOUNT) if not row.values.get(code)]
    programme = read("programme", lambda value: _chosen(value, programmes)) or defaults.programme_id
    if not programme and not any(error.column == "programme" for error in errors):
        errors.append(Reason("needed", "programme"))
    method = read("method", lambda value: _chosen(value, _METHODS)) or defaults.method
    clue = Clue(
        int(str(read(NUMBER, _number) or 0)),
        str(read(EMAIL, lambda value: shown(value).strip()) or ""),
        str(read(IBAN, _account) or ""),
        str(read(NAME, lambda value: " ".join(shown(value).split())[:200]) or ""),
    )
    return HistoricGift(
        line=row.line,
        received_on=received_on if isinstance(received_on, date) else None,
        amount=amount if isinstance(amount, Euro) else None,
        programme_id=int(str(programme)),
        method=str(method),
        clue=clue,
        errors=tuple(errors),
    )


def euros(value: Value) -> Euro:
    """An amount of more than nothing, in whole cents."""
    if isinstance(value, date):
        raise BadCell("not_an_amount")
    if isinstance(value, Decimal):
        cents = (value * 100).to_integral_value()
        if abs(value * 100 - cents) > _NOISE:
            raise BadCell("not_an_amount")
        found = Euro(int(cents))
    else:
        found = _typed_amount(value)
    if found <= Euro(0):
        raise BadCell("not_positive")
    return found


def closed(received_on: date, closed_through: int | None) -> bool:
    """Whether the year of a gift takes no booking any more."""
    return closed_through is not None and received_on.year <= closed_through


def _typed_amount(text: str) -> Euro:
    if text.replace("€", "").strip().startswith("-"):
        raise BadCell("not_positive")
    try:
        return Euro.parse(text)
    except NotAnAmount as wrong:
        raise BadCell("not_an_amount") from wrong


def _number(value: Value) -> int:
    text = shown(value).strip()
    if not (text.isascii() and text.isdecimal() and len(text) < len(str(2**31))):
        raise BadCell("not_a_number")
    return int(text)


def _account(value: Value) -> str:
    try:
        return check(shown(value)).compact
    except InvalidIban as wrong:
        raise BadCell("not_an_iban") from wrong


def _chosen(value: Value, words: Mapping[str, int] | Mapping[str, str]) -> int | str:
    found = words.get(plain(shown(value)))
    if found is None:
        raise BadCell("not_a_choice")
    return found
