"""What programmes, options and figures may be: pure rules, and the reading of one programme's file.

A file is checked whole and all its faults are named together; `data/*.toml` shows its form.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from fundraising.money import Euro, NotAnAmount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T = TypeVar("T")

LANGUAGES = ("nl", "en")
LABEL_LENGTH = 200
# A transfer carries at most 140 characters, shared with the reference.
TRANSFER_PURPOSE_LENGTH = 70

_COPY_LENGTHS = {
    "name": 80,
    "promise": 120,
    "summary": 1000,
    "gift": 1000,
    "transfer_purpose": TRANSFER_PURPOSE_LENGTH,
}
_UNIT_COPY_LENGTHS = {"unit_one": 40, "unit_many": 40}


class FigureKind(StrEnum):
    """A target is an aim, a realised figure a result; the one is never worded as the other."""

    TARGET = "target"
    REALISED = "realised"


class ProgrammeDataError(ValueError):
    """Programme files that cannot be loaded; the message lists every fault on a line of its own."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("programme data that must be mended:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class OptionData:
    """An amount to offer; `units` where it is that many times the unit cost."""

    amount: Euro
    units: int | None


@dataclass(frozen=True, slots=True)
class UnitCostData:
    """What one unit costs on average, as published."""

    year: int
    key: str
    version: int
    amount: Euro
    label: Mapping[str, str]
    source: str
    approved_by: str
    approved_on: date

    @property
    def identity(self) -> tuple[object, ...]:
        """What stays the same from version to version."""
        return (self.year, self.key)


@dataclass(frozen=True, slots=True)
class FigureData:
    """A figure of one year; without approval it is kept and not shown."""

    year: int
    key: str
    kind: FigureKind
    version: int
    value: int
    label: Mapping[str, str]
    source: str
    approved_by: str | None
    approved_on: date | None

    @property
    def identity(self) -> tuple[object, ...]:
        """What stays the same from version to version."""
        return (self.year, self.key, self.kind.value)


@dataclass(frozen=True, slots=True)
class ProgrammeData:
    """One programme's file, checked. `copy` is text by (language, key)."""

    file: str
    code: str
    position: int
    copy: Mapping[tuple[str, str], str]
    options: tuple[OptionData, ...]
    unit_costs: tuple[UnitCostData, ...]
    figures: tuple[FigureData, ...]


def read_programme(file: str, text: str) -> ProgrammeData:
    """Read one programme's TOML. Raises ProgrammeDataError naming every fault with the file and the key."""
    faults: list[str] = []
    try:
        top = _Table(tomllib.loads(text), file, "", faults)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeDataError([f"{file}: is not TOML: {error}"]) from None
    data = ProgrammeData(
        file=file,
        code=top.text("code", 32),
        position=top.number("position"),
        copy=_copy(top),
        options=tuple(_option(table) for table in top.tables("options")),
        unit_costs=tuple(_unit_cost(table) for table in top.tables("unit_costs")),
        figures=tuple(_figure(table) for table in top.tables("figures")),
    )
    top.done()
    faults += _faults_between(data)
    if faults:
        raise ProgrammeDataError(faults)
    return data


@dataclass(slots=True)
class _Table:
    """Takes keys from a TOML table one by one and remembers what was wrong with them."""

    values: Mapping[str, object]
    file: str
    path: str
    faults: list[str]
    _taken: set[str] = field(default_factory=set)

    def fault(self, key: str, what: str) -> None:
        self.faults.append(f"{self.file}: {self.path}{key} {what}")

    def take(self, key: str, kind: type[T], default: T) -> T:
        """The value of a key that must be there. TOML's true is no number here, a date with a time no date."""
        self._taken.add(key)
        if key not in self.values:
            self.fault(key, "is missing")
            return default
        value = self.values[key]
        if not isinstance(value, kind) or isinstance(value, bool | datetime):
            self.fault(key, f"must be {_KINDS[kind]}, not {value!r}")
            return default
        return value

    def has(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str, longest: int = LABEL_LENGTH) -> str:
        text = self.take(key, str, "?").strip()
        if not text:
            self.fault(key, "is empty")
        if len(text) > longest:
            self.fault(key, f"is longer than {longest} characters")
        return text

    def number(self, key: str, least: int = 1) -> int:
        number = self.take(key, int, least)
        if number < least:
            self.fault(key, f"must be {least} or more, not {number}")
        return number

    def year(self) -> int:
        year = self.number("year")
        if not 2000 <= year <= 2100:  # noqa: PLR2004  a slip of the hand, not a limit of the house
            self.fault("year", f"must be a year, not {year}")
        return year

    def version(self) -> int:
        return self.number("version") if self.has("version") else 1

    def amount(self, key: str) -> Euro:
        raw = self.take(key, str, "0.01")
        try:
            amount = Euro.from_value(raw)
        except NotAnAmount:
            amount = Euro(0)
        if amount <= Euro(0):
            self.fault(key, f'must be an amount above 0 such as "1300.00", not {raw!r}')
        return amount

    def table(self, key: str) -> _Table:
        return _Table(self.take(key, dict, {}), self.file, f"{self.path}{key}.", self.faults)

    def tables(self, key: str) -> list[_Table]:
        found = self.take(key, list, []) if self.has(key) else []
        if not all(isinstance(item, dict) for item in found):
            self.fault(key, "must be tables")
            return []
        return [_Table(item, self.file, f"{self.path}{key}[{n}].", self.faults) for n, item in enumerate(found, 1)]

    def both(self, key: str, longest: int = LABEL_LENGTH) -> dict[str, str]:
        inner = self.table(key)
        texts = {language: inner.text(language, longest) for language in LANGUAGES}
        inner.done()
        return texts

    def done(self) -> None:
        for key in self.values:
            if key not in self._taken:
                self.fault(key, "is not a key that is known here")


_KINDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    dict: "a table",
    list: "a list of tables",
    date: "a date",
}


def _copy(top: _Table) -> dict[tuple[str, str], str]:
    by_language = top.table("copy")
    lengths = _COPY_LENGTHS | (_UNIT_COPY_LENGTHS if top.has("unit_costs") else {})
    copy: dict[tuple[str, str], str] = {}
    for language in LANGUAGES:
        inner = by_language.table(language)
        copy |= {(language, key): inner.text(key, longest) for key, longest in lengths.items()}
        inner.done()
    by_language.done()
    return copy | _points(top)


def _points(top: _Table) -> dict[tuple[str, str], str]:
    copy: dict[tuple[str, str], str] = {}
    for number, point in enumerate(top.tables("points"), 1):
        for key, longest in (("title", 80), ("text", 600)):
            for language, text in point.both(key, longest).items():
                copy[language, f"point.{number}.{key}"] = text
        point.done()
    return copy


def _option(table: _Table) -> OptionData:
    option = OptionData(table.amount("amount"), table.number("units") if table.has("units") else None)
    table.done()
    return option


def _unit_cost(table: _Table) -> UnitCostData:
    cost = UnitCostData(
        year=table.year(),
        key=table.text("key", 32),
        version=table.version(),
        amount=table.amount("amount"),
        label=table.both("label"),
        source=table.text("source"),
        approved_by=table.text("approved_by", 120),
        approved_on=table.take("approved_on", date, date.min),
    )
    table.done()
    return cost


def _figure(table: _Table) -> FigureData:
    approved = table.has("approved_by") or table.has("approved_on")
    figure = FigureData(
        year=table.year(),
        key=table.text("key", 48),
        kind=_kind(table),
        version=table.version(),
        value=table.number("value", least=0),
        label=table.both("label"),
        source=table.text("source"),
        approved_by=table.text("approved_by", 120) if approved else None,
        approved_on=table.take("approved_on", date, date.min) if approved else None,
    )
    table.done()
    return figure


def _kind(table: _Table) -> FigureKind:
    raw = table.text("kind")
    try:
        return FigureKind(raw)
    except ValueError:
        table.fault("kind", f"must be target or realised, not {raw!r}")
        return FigureKind.TARGET


def _faults_between(data: ProgrammeData) -> list[str]:
    faults = _faults_of_versions(data.file, "figures", data.figures)
    faults += _faults_of_versions(data.file, "unit_costs", data.unit_costs)
    faults += _faults_of_options(data)
    return faults


def _faults_of_versions(file: str, table: str, rows: Iterable[FigureData | UnitCostData]) -> list[str]:
    versions: dict[tuple[object, ...], list[int]] = {}
    for row in rows:
        versions.setdefault(row.identity, []).append(row.version)
    return [
        f"{file}: {table} {_written(identity)} has versions {found}; they must run 1, 2, 3 …, each once"
        for identity, found in versions.items()
        if sorted(found) != list(range(1, len(found) + 1))
    ]


def _faults_of_options(data: ProgrammeData) -> list[str]:
    amounts = [option.amount for option in data.options]
    faults = [
        f"{data.file}: options has {amount.value} twice" for amount in sorted(set(amounts)) if amounts.count(amount) > 1
    ]
    if not amounts:
        faults.append(f"{data.file}: options is missing")
    current = current_unit_cost(data.unit_costs)
    return faults + [
        f"{data.file}: options {option.amount.value} is not {option.units} times the unit cost"
        for option in data.options
        if option.units is not None and (current is None or option.amount != current.amount * option.units)
    ]


def current_unit_cost(costs: Iterable[UnitCostData]) -> UnitCostData | None:
    """The unit cost that holds: of the latest year, in its latest version."""
    return max(costs, key=lambda cost: (cost.year, cost.version), default=None)


def _written(identity: tuple[object, ...]) -> str:
    return " ".join(str(part) for part in identity)
