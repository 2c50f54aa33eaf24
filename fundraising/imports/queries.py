"""Typed reads of imports."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from fundraising.db import session
from fundraising.imports.models import ImportMapping, ImportRow, ImportRun
from fundraising.imports.rules import AT_WORK, ImportState, Outcome, Reason, UnknownImport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Subquery

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """An import in a list."""

    run_id: int
    kind: str
    state: ImportState
    filename: str
    row_count: int
    uploaded_at: datetime
    uploaded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView(RunSummary):
    """An import as its page shows it. `totals` are whole cents by name; `problem` has a `code` where there is one."""

    digest: str
    size: int
    attempt: int
    headers: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    shape: str
    mapping: Mapping[int, str]
    choices: Mapping[str, str]
    outcomes: Mapping[Outcome, int]
    doubtful: int
    totals: Mapping[str, int]
    notes: Mapping[str, int]
    problem: Mapping[str, Any]
    accepted_at: datetime | None
    accepted_by: str
    undone_at: datetime | None
    undone_by: str
    emptied_at: datetime | None

    @property
    def at_work(self) -> bool:
        """Whether the job has work on it."""
        return self.state in AT_WORK

    @property
    def refused(self) -> int:
        """How many rows are not brought in."""
        return self.outcomes.get(Outcome.ERROR, 0)


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of an import."""

    line: int
    outcome: Outcome
    doubtful: bool
    label: str
    cells: tuple[str, ...]
    reasons: tuple[Reason, ...]
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the columns of a file of some shape meant the last time, with the choices beside them."""

    mapping: Mapping[int, str]
    choices: Mapping[str, str]


def run(run_id: int) -> RunView:
    """An import. Raises UnknownImport."""
    row = session().get(ImportRun, run_id, populate_existing=True)
    if row is None:
        raise UnknownImport(str(run_id))
    return RunView(
        **_summary(row),
        digest=row.digest,
        size=row.size,
        attempt=row.attempt,
        headers=tuple(row.headers),
        samples=tuple(tuple(cells) for cells in row.samples),
        shape=row.shape,
        mapping={int(index): code for index, code in row.mapping.items()},
        choices=row.choices,
        outcomes={Outcome(name): count for name, count in row.outcomes.items()},
        doubtful=row.doubtful,
        totals=dict(sorted(row.totals.items())),
        notes=row.notes,
        problem=row.problem,
        accepted_at=row.accepted_at,
        accepted_by=row.accepted_by,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        emptied_at=row.emptied_at,
    )


def runs(kind: str, *, skip: int = 0, limit: int = 50) -> list[RunSummary]:
    """Imports of a kind, the newest first; without those that were thrown away."""
    wanted = select(ImportRun).where(ImportRun.kind == kind, ImportRun.state != ImportState.DISCARDED)
    found = session().scalars(wanted.order_by(ImportRun.id.desc()).offset(skip).limit(limit))
    return [RunSummary(**_summary(row)) for row in found]


def rows(
    run_id: int, *, outcome: Outcome | None = None, doubtful: bool = False, skip: int = 0, limit: int = 50
) -> list[RowView]:
    """Rows of an import in the order of the file, all or of one outcome."""
    wanted = select(ImportRow).where(ImportRow.run_id == run_id)
    if outcome is not None:
        wanted = wanted.where(ImportRow.outcome == outcome)
    if doubtful:
        wanted = wanted.where(ImportRow.doubtful.is_(True))
    return [_row(row) for row in session().scalars(wanted.order_by(ImportRow.line).offset(skip).limit(limit))]


def every_row(run_id: int, *, outcome: Outcome | None = None) -> Iterator[RowView]:
    """All rows of an import, or those with an outcome, read some hundreds at a time."""
    after = 0
    while page := _behind(run_id, after, outcome):
        yield from page
        after = page[-1].line


def plans(run_id: int, outcome: Outcome) -> Subquery:
    """The rows of an import with an outcome, as columns `line` and `plan` of a query that a kind makes."""
    wanted = select(ImportRow.line, ImportRow.plan).where(ImportRow.run_id == run_id, ImportRow.outcome == outcome)
    return wanted.subquery("planned")


def rows_with_key(run_id: int, keys: Sequence[str]) -> Counter[str]:
    """How many rows of an import so far have each of these keys in their plan."""
    if not keys:
        return Counter()
    key = ImportRow.plan["key"].as_string()
    wanted = select(key, func.count()).where(ImportRow.run_id == run_id, key.in_(keys)).group_by(key)
    counted: Counter[str] = Counter()
    for found, count in session().execute(wanted):
        counted[found] = count
    return counted


def remembered(kind: str, shape: str) -> Remembered | None:
    """What the columns of a file of this shape meant the last time; None where there was none."""
    found = session().get(ImportMapping, (kind, shape), populate_existing=True)
    if found is None:
        return None
    return Remembered({int(index): code for index, code in found.mapping.items()}, found.choices)


def same_file(view: RunView) -> RunSummary | None:
    """An earlier import of the very same file that came in; None where there is none."""
    before = select(ImportRun).where(
        ImportRun.digest == view.digest,
        ImportRun.kind == view.kind,
        ImportRun.id != view.run_id,
        ImportRun.state == ImportState.ACCEPTED,
    )
    row = session().scalar(before.order_by(ImportRun.id).limit(1))
    return RunSummary(**_summary(row)) if row is not None else None


def at_work() -> Sequence[tuple[int, ImportState]]:
    """The imports that the job has work on, oldest first."""
    waiting = or_(ImportRun.state.in_(AT_WORK), ImportRun.unsettled.is_(True))
    wanted = select(ImportRun.id, ImportRun.state).where(waiting).order_by(ImportRun.id)
    return [(found.id, found.state) for found in session().execute(wanted)]


def full_until(before: datetime) -> list[int]:
    """Imports that were uploaded before an instant, have nothing left to do, and still hold their rows."""
    wanted = select(ImportRun.id).where(ImportRun.uploaded_at < before, ImportRun.emptied_at.is_(None))
    return list(session().scalars(wanted.where(ImportRun.state.not_in(AT_WORK)).order_by(ImportRun.id)))


def digests_in_use() -> set[str]:
    """The files that an import still needs."""
    return set(session().scalars(select(ImportRun.digest).where(ImportRun.emptied_at.is_(None))))


def _behind(run_id: int, after: int, outcome: Outcome | None) -> list[RowView]:
    wanted = select(ImportRow).where(ImportRow.run_id == run_id, ImportRow.line > after)
    if outcome is not None:
        wanted = wanted.where(ImportRow.outcome == outcome)
    found = [_row(row) for row in session().scalars(wanted.order_by(ImportRow.line).limit(_AT_A_TIME))]
    session().expunge_all()  # memory does not grow with the file
    return found


def _summary(row: ImportRun) -> dict[str, Any]:
    return {
        "run_id": row.id,
        "kind": row.kind,
        "state": row.state,
        "filename": row.filename,
        "row_count": row.row_count,
        "uploaded_at": row.uploaded_at,
        "uploaded_by": row.uploaded_by,
    }


def _row(row: ImportRow) -> RowView:
    return RowView(
        line=row.line,
        outcome=row.outcome,
        doubtful=row.doubtful,
        label=row.label,
        cells=tuple(row.cells),
        reasons=tuple(Reason(*reason) for reason in row.reasons),
        plan=row.plan or {},
    )
