"""Reads of programmes: a programme as its pages show it, and the names behind the ids."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.db import session
from fundraising.programmes.models import Figure, GivingOption, Programme, ProgrammeText, UnitCost
from fundraising.programmes.rules import FigureKind

if TYPE_CHECKING:
    from datetime import date

    from fundraising.money import Euro


@dataclass(frozen=True, slots=True)
class ProgrammeName:
    """How a programme is addressed and called."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class PointView:
    """One thing that the programme does."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class OptionView:
    """An amount to offer. `units` and `label` ("2 gezinnen") only where it is a multiple of the unit cost."""

    amount: Euro
    units: int | None
    label: str


@dataclass(frozen=True, slots=True)
class UnitCostView:
    """What one unit costs on average, as published in `year`; `one` and `many` name the unit."""

    key: str
    year: int
    amount: Euro
    label: str
    source: str
    one: str
    many: str

    def units(self, amount: Euro) -> int | None:
        """How many units an amount is exactly, or None: then nothing is said about it."""
        times, rest = divmod(amount.cents, self.amount.cents)
        return times if times > 0 and rest == 0 else None

    def written(self, units: int) -> str:
        """`1 gezin`, `2 gezinnen`."""
        return f"{units} {self.one if units == 1 else self.many}"


@dataclass(frozen=True, slots=True)
class FigureView:
    """An approved figure that no later one supersedes."""

    key: str
    year: int
    kind: FigureKind
    value: int
    label: str
    source: str
    approved_on: date

    @property
    def is_target(self) -> bool:
        """Whether this is an aim, and so never to be worded as a result."""
        return self.kind is FigureKind.TARGET


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """The figures of one year and kind, which a page shows under one heading: "Resultaat 2024"."""

    year: int
    kind: FigureKind
    figures: tuple[FigureView, ...]

    @property
    def is_target(self) -> bool:
        """Whether these are aims."""
        return self.kind is FigureKind.TARGET


@dataclass(frozen=True, slots=True)
class ProgrammeView:
    """A programme in one language, as its pages show it."""

    id: int
    code: str
    language: str
    name: str
    promise: str
    summary: str
    gift: str
    transfer_purpose: str
    points: tuple[PointView, ...]
    options: tuple[OptionView, ...]
    unit_cost: UnitCostView | None
    figures: tuple[FigureView, ...]

    @property
    def figure_groups(self) -> tuple[FigureGroup, ...]:
        """The figures by year and kind: the newest results first, then the newest aims."""
        groups: dict[tuple[int, FigureKind], list[FigureView]] = {}
        for figure in self.figures:
            groups.setdefault((figure.year, figure.kind), []).append(figure)
        ordered = sorted(groups, key=lambda group: (group[1] is FigureKind.TARGET, -group[0]))
        return tuple(FigureGroup(year, kind, tuple(groups[year, kind])) for year, kind in ordered)


def programmes(language: str) -> list[ProgrammeView]:
    """All programmes in a language (`nl` or `en`), in their order; five queries, however many there are."""
    found = session().scalars(select(Programme).order_by(Programme.position, Programme.id)).all()
    copy = _copy(language)
    options, costs, figures = _options(), _unit_costs(), _figures()
    return [
        _view(
            programme, language, copy[programme.id], (options[programme.id], costs[programme.id], figures[programme.id])
        )
        for programme in found
    ]


def programme(code: str, language: str) -> ProgrammeView | None:
    """One programme in a language, or None for a code that nobody knows."""
    return next((view for view in programmes(language) if view.code == code), None)


def programme_names(language: str = "nl") -> dict[int, ProgrammeName]:
    """Code and name of every programme by its id, in one query."""
    rows = session().execute(
        select(Programme.id, Programme.code, ProgrammeText.text)
        .join(ProgrammeText, ProgrammeText.programme_id == Programme.id)
        .where(ProgrammeText.language == language, ProgrammeText.key == "name")
        .order_by(Programme.position, Programme.id)
    )
    return {row.id: ProgrammeName(row.code, row.text) for row in rows}


def _view(
    row: Programme,
    language: str,
    copy: dict[str, str],
    parts: tuple[list[GivingOption], list[UnitCost], list[Figure]],
) -> ProgrammeView:
    options, costs, figures = parts
    cost = _unit_cost_view(costs[0], language, copy) if costs else None
    return ProgrammeView(
        id=row.id,
        code=row.code,
        language=language,
        name=copy["name"],
        promise=copy["promise"],
        summary=copy["summary"],
        gift=copy["gift"],
        transfer_purpose=copy["transfer_purpose"],
        points=_points(copy),
        options=tuple(_option_view(option, cost) for option in options),
        unit_cost=cost,
        figures=tuple(_figure_view(figure, language) for figure in figures),
    )


def _points(copy: dict[str, str]) -> tuple[PointView, ...]:
    numbers = sorted(int(key.split(".")[1]) for key in copy if key.startswith("point.") and key.endswith(".title"))
    return tuple(PointView(copy[f"point.{number}.title"], copy[f"point.{number}.text"]) for number in numbers)


def _option_view(row: GivingOption, cost: UnitCostView | None) -> OptionView:
    label = cost.written(row.units) if cost is not None and row.units is not None else ""
    return OptionView(row.amount, row.units, label)


def _unit_cost_view(row: UnitCost, language: str, copy: dict[str, str]) -> UnitCostView:
    return UnitCostView(
        key=row.key,
        year=row.year,
        amount=row.amount,
        label=row.label_en if language == "en" else row.label_nl,
        source=row.source,
        one=copy["unit_one"],
        many=copy["unit_many"],
    )


def _figure_view(row: Figure, language: str) -> FigureView:
    if row.approved_on is None:
        raise LookupError(f"figure {row.id} is not approved")
    return FigureView(
        key=row.key,
        year=row.year,
        kind=row.kind,
        value=row.value,
        label=row.label_en if language == "en" else row.label_nl,
        source=row.source,
        approved_on=row.approved_on,
    )


def _copy(language: str) -> defaultdict[int, dict[str, str]]:
    copy: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for row in session().scalars(select(ProgrammeText).where(ProgrammeText.language == language)):
        copy[row.programme_id][row.key] = row.text
    return copy


def _options() -> defaultdict[int, list[GivingOption]]:
    options: defaultdict[int, list[GivingOption]] = defaultdict(list)
    for row in session().scalars(select(GivingOption).order_by(GivingOption.position)):
        options[row.programme_id].append(row)
    return options


def _unit_costs() -> defaultdict[int, list[UnitCost]]:
    """The unit costs that hold, the latest year first."""
    costs: defaultdict[int, list[UnitCost]] = defaultdict(list)
    holding = select(UnitCost).where(UnitCost.superseded_by_id.is_(None)).order_by(UnitCost.year.desc(), UnitCost.id)
    for row in session().scalars(holding):
        costs[row.programme_id].append(row)
    return costs


def _figures() -> defaultdict[int, list[Figure]]:
    figures: defaultdict[int, list[Figure]] = defaultdict(list)
    shown = select(Figure).where(Figure.approved_on.is_not(None), Figure.superseded_by_id.is_(None))
    for row in session().scalars(shown.order_by(Figure.position, Figure.id)):
        figures[row.programme_id].append(row)
    return figures
