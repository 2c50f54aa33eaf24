"""Loading programmes from their files: copy and options follow the file, approved figures stay what they are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fundraising.db import session
from fundraising.money import Euro
from fundraising.programmes.models import Figure, GivingOption, Programme, ProgrammeText, UnitCost
from fundraising.programmes.rules import ProgrammeDataError, read_programme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from fundraising.db import Model
    from fundraising.programmes.rules import FigureData, ProgrammeData, UnitCostData


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading one programme changed: rows, by what happened to them."""

    programme: str
    added: int
    changed: int
    superseded: int
    removed: int

    @property
    def total(self) -> int:
        """All changes; 0 when the file was loaded before."""
        return self.added + self.changed + self.superseded + self.removed


class _Tally:
    def __init__(self) -> None:
        self.added = self.changed = self.superseded = self.removed = 0

    def count(self, *, added: int = 0, changed: int = 0, superseded: int = 0, removed: int = 0) -> None:
        self.added += added
        self.changed += changed
        self.superseded += superseded
        self.removed += removed


def read_folder(folder: Path) -> list[ProgrammeData]:
    """Read and check every `*.toml` in a folder. Raises ProgrammeDataError naming the faults of all files together."""
    data, faults = [], []
    for path in sorted(folder.glob("*.toml")):
        try:
            data.append(read_programme(path.name, path.read_text(encoding="utf-8")))
        except ProgrammeDataError as error:
            faults += error.faults
        except UnicodeDecodeError:
            faults.append(f"{path.name}: is not text in UTF-8")
    codes = [item.code for item in data]
    faults += [
        f"{item.file}: code {item.code} stands in another file too" for item in data if codes.count(item.code) > 1
    ]
    if not (data or faults):
        faults = [f"{folder}: holds no programme files"]
    if faults:
        raise ProgrammeDataError(faults)
    return data


def load_programmes(data: Sequence[ProgrammeData]) -> list[Loaded]:
    """Bring the tables in line with the files; loading the same again changes nothing.

    Raises ProgrammeDataError, with nothing changed, when an approved figure or unit cost differs from what was loaded
    before or is gone from the file: it may stand in a letter already, so it is superseded and never rewritten.
    """
    known = {row.code: row for row in session().scalars(select(Programme))}
    faults = [
        f"{code}: has no file any more; gifts point to it" for code in known if code not in {d.code for d in data}
    ]
    for item in data:
        if item.code in known:
            faults += _faults_of_figures(item, known[item.code].id) + _faults_of_unit_costs(item, known[item.code].id)
    if faults:
        raise ProgrammeDataError(faults)
    return [_load(item, known.get(item.code)) for item in data]


def _load(data: ProgrammeData, row: Programme | None) -> Loaded:
    tally = _Tally()
    if row is None:
        row = Programme(code=data.code, position=data.position)
        session().add(row)
        session().flush()  # the rows below carry its id
        tally.count(added=1)
    tally.count(changed=_set(row, position=data.position))
    _load_copy(data, row.id, tally)
    _load_options(data, row.id, tally)
    _load_unit_costs(data, row.id, tally)
    _load_figures(data, row.id, tally)
    session().flush()  # the next statement in this transaction may read what was loaded
    return Loaded(data.code, tally.added, tally.changed, tally.superseded, tally.removed)


def _load_copy(data: ProgrammeData, programme_id: int, tally: _Tally) -> None:
    rows = session().scalars(select(ProgrammeText).where(ProgrammeText.programme_id == programme_id))
    known = {(row.language, row.key): row for row in rows}
    for (language, key), text in data.copy.items():
        row = known.pop((language, key), None)
        if row is None:
            session().add(ProgrammeText(programme_id=programme_id, language=language, key=key, text=text))
            tally.count(added=1)
        else:
            tally.count(changed=_set(row, text=text))
    _remove(known.values(), tally)


def _load_options(data: ProgrammeData, programme_id: int, tally: _Tally) -> None:
    rows = session().scalars(select(GivingOption).where(GivingOption.programme_id == programme_id))
    known = {row.amount: row for row in rows}
    for position, option in enumerate(data.options, 1):
        row = known.pop(option.amount, None)
        if row is None:
            session().add(
                GivingOption(programme_id=programme_id, position=position, amount=option.amount, units=option.units)
            )
            tally.count(added=1)
        else:
            tally.count(changed=_set(row, position=position, units=option.units))
    _remove(known.values(), tally)


def _load_unit_costs(data: ProgrammeData, programme_id: int, tally: _Tally) -> None:
    known = _known_unit_costs(programme_id)
    rows: dict[tuple[object, ...], UnitCost] = {}
    for cost in data.unit_costs:
        row = known.pop(_key_of(cost), None)
        if row is None:
            row = UnitCost(programme_id=programme_id, **_of_unit_cost(cost))
            session().add(row)
            tally.count(added=1)
        rows[_key_of(cost)] = row
    session().flush()  # what supersedes needs its id
    _supersede(rows, tally)


def _load_figures(data: ProgrammeData, programme_id: int, tally: _Tally) -> None:
    known = _known_figures(programme_id)
    rows: dict[tuple[object, ...], Figure] = {}
    for position, figure in enumerate(data.figures, 1):
        row = known.pop(_key_of(figure), None)
        if row is None:
            row = Figure(programme_id=programme_id, position=position, **_of_figure(figure))
            session().add(row)
            tally.count(added=1)
        else:
            tally.count(changed=_set(row, position=position, **_of_figure(figure)))
        rows[_key_of(figure)] = row
    _remove(known.values(), tally)
    session().flush()  # what supersedes needs its id
    _supersede({key: row for key, row in rows.items() if row.approved_on is not None}, tally)


def _supersede(approved: Mapping[tuple[object, ...], Figure | UnitCost], tally: _Tally) -> None:
    """Point each approved version to the next approved one; an unapproved draft supersedes nothing."""
    lines: defaultdict[tuple[object, ...], list[Figure | UnitCost]] = defaultdict(list)
    for identity, row in approved.items():
        lines[identity[:-1]].append(row)
    for line in lines.values():
        for old, new in pairwise(sorted(line, key=lambda row: row.version)):
            tally.count(superseded=_set(old, superseded_by_id=new.id))


def _faults_of_figures(data: ProgrammeData, programme_id: int) -> list[str]:
    wanted = {_key_of(figure): _of_figure(figure) for figure in data.figures}
    known = {key: row for key, row in _known_figures(programme_id).items() if row.approved_on is not None}
    return _faults_of_approved(f"{data.file}: figures", known, wanted)


def _faults_of_unit_costs(data: ProgrammeData, programme_id: int) -> list[str]:
    wanted = {_key_of(cost): _of_unit_cost(cost) for cost in data.unit_costs}
    return _faults_of_approved(f"{data.file}: unit_costs", _known_unit_costs(programme_id), wanted)


def _faults_of_approved(
    place: str,
    known: Mapping[tuple[object, ...], Figure | UnitCost],
    wanted: Mapping[tuple[object, ...], dict[str, Any]],
) -> list[str]:
    faults = []
    for key, row in known.items():
        name = " ".join(str(part) for part in key[:-1]) + f" version {key[-1]}"
        if key not in wanted:
            faults.append(f"{place} {name} is approved and is gone; put it back and add the next version")
            continue
        for column, value in wanted[key].items():
            if getattr(row, column) != value:
                faults.append(
                    f"{place} {name} is approved with {column} {_written(getattr(row, column))} and now says "
                    f"{_written(value)}; put it back and add the next version"
                )
    return faults


def _known_figures(programme_id: int) -> dict[tuple[object, ...], Figure]:
    rows = session().scalars(select(Figure).where(Figure.programme_id == programme_id).order_by(Figure.position))
    return {(row.year, row.key, row.kind.value, row.version): row for row in rows}


def _known_unit_costs(programme_id: int) -> dict[tuple[object, ...], UnitCost]:
    rows = session().scalars(select(UnitCost).where(UnitCost.programme_id == programme_id).order_by(UnitCost.id))
    return {(row.year, row.key, row.version): row for row in rows}


def _key_of(data: FigureData | UnitCostData) -> tuple[object, ...]:
    return (*data.identity, data.version)


def _of_figure(figure: FigureData) -> dict[str, Any]:
    return _of_either(figure) | {"kind": figure.kind, "value": figure.value}


def _of_unit_cost(cost: UnitCostData) -> dict[str, Any]:
    return _of_either(cost) | {"amount": cost.amount}


def _of_either(data: FigureData | UnitCostData) -> dict[str, Any]:
    return {
        "year": data.year,
        "key": data.key,
        "version": data.version,
        "label_nl": data.label["nl"],
        "label_en": data.label["en"],
        "source": data.source,
        "approved_by": data.approved_by,
        "approved_on": data.approved_on,
    }


def _set(row: Model, **columns: object) -> int:
    """Set what differs; 1 when anything did."""
    different = {column: value for column, value in columns.items() if getattr(row, column) != value}
    for column, value in different.items():
        setattr(row, column, value)
    return 1 if different else 0


def _remove(rows: Iterable[Model], tally: _Tally) -> None:
    for row in rows:
        session().delete(row)
        tally.count(removed=1)


def _written(value: object) -> str:
    return value.value if isinstance(value, Euro) else str(value)
