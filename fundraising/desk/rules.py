"""What pages of the desk are made of, without a database: giving per year, charts as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CHART_WIDTH, _CHART_HEIGHT, _LABEL_HEIGHT = 480, 160, 20
_WIDEST_BAR = 48
_GAP = 0.3
_MOST_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar, of one series: the number of a colour."""

    series: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart, stacked from its parts; `middle` is where its label stands."""

    label: str
    total: Euro
    x: float
    width: float
    middle: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart in units of an SVG's view box."""

    width: int
    height: int
    ground: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class GivingYear:
    """What one contact gave in a tax year, to each programme in the order of the table, and in all."""

    year: int
    amounts: tuple[Euro, ...]
    total: Euro


@dataclass(frozen=True, slots=True)
class Giving:
    """What a contact gave: per year, newest first, and per programme in the order of `programme_ids`."""

    programme_ids: tuple[int, ...]
    years: tuple[GivingYear, ...]
    total: Euro
    chart: Chart


def giving(totals: Sequence[tuple[int, int, Euro]]) -> Giving:
    """Giving from (tax year, programme, amount). Years without a gift between two with one stay in, empty."""
    by_year: dict[int, dict[int, Euro]] = {}
    for year, programme_id, amount in totals:
        by_year.setdefault(year, {})[programme_id] = amount
    programme_ids = tuple(sorted({programme_id for _, programme_id, _ in totals}))
    every_year = range(min(by_year), max(by_year) + 1) if by_year else range(0)
    years = [_giving_year(year, by_year.get(year, {}), programme_ids) for year in every_year]
    columns = [(str(year.year), dict(enumerate(year.amounts))) for year in years[-_MOST_COLUMNS:]]
    return Giving(
        programme_ids,
        tuple(reversed(years)),
        Euro.sum(amount for _, _, amount in totals),
        bar_chart(columns),
    )


def _giving_year(year: int, amounts: Mapping[int, Euro], programme_ids: Sequence[int]) -> GivingYear:
    each = tuple(amounts.get(programme_id, Euro(0)) for programme_id in programme_ids)
    return GivingYear(year, each, Euro.sum(each))


def bar_chart(columns: Sequence[tuple[str, Mapping[int, Euro]]]) -> Chart:
    """A chart of columns: each a label with an amount per series. What is below zero has no height."""
    ground = _CHART_HEIGHT - _LABEL_HEIGHT
    step = _CHART_WIDTH / max(len(columns), 1)
    width = min(step * (1 - _GAP), _WIDEST_BAR)
    highest = max((_height_in_cents(amounts) for _, amounts in columns), default=0)
    scale = (ground - 4) / highest if highest else 0.0
    bars = [
        Bar(
            label=label,
            total=Euro.sum(amounts.values()),
            x=round(number * step + (step - width) / 2, 1),
            width=round(width, 1),
            middle=round((number + 0.5) * step, 1),
            parts=_stacked(amounts, scale, ground),
        )
        for number, (label, amounts) in enumerate(columns)
    ]
    return Chart(_CHART_WIDTH, _CHART_HEIGHT, ground, tuple(bars))


def _height_in_cents(amounts: Mapping[int, Euro]) -> int:
    return sum(max(amount.cents, 0) for amount in amounts.values())


def _stacked(amounts: Mapping[int, Euro], scale: float, ground: int) -> tuple[Part, ...]:
    parts, top = [], float(ground)
    for series, amount in sorted(amounts.items()):
        height = max(amount.cents, 0) * scale
        if height:
            top -= height
            parts.append(Part(series, round(top, 1), round(height, 1)))
    return tuple(parts)
