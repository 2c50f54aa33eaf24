"""What people do with an import: upload a file, say what its columns mean, accept it, undo it, throw it away."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from fundraising import tasks
from fundraising.accounts.rules import Subject
from fundraising.accounts.services.audit import record, who_acts
from fundraising.clock import now
from fundraising.db import after_commit, insert_new, session
from fundraising.imports.models import ImportMapping, ImportRow, ImportRun
from fundraising.imports.rules import (
    BadMapping,
    BroughtInBefore,
    CheckedAnew,
    ImportState,
    NotNow,
    Outcome,
    RefusedRows,
    UnknownImport,
    WrongCount,
    may_follow,
)
from fundraising.imports.services.kinds import kind_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundraising.documents import Stored

JOB = "imports"
SUBJECT = "import"


def upload(kind: str, filename: str, stored: Stored) -> int:
    """Begin an import with a file that is stored; its number."""
    run = {
        "kind": kind_named(kind).name,
        "state": ImportState.UPLOADED,
        "digest": stored.digest,
        # A browser may send a path, and a person any name.
        "filename": PurePath(filename.replace("\\", "/")).name[:200] or "?",
        "size": stored.size,
        "uploaded_at": now(),
        "uploaded_by": who_acts().signature,
    }
    number = session().scalars(insert(ImportRun).returning(ImportRun.id), [run]).one()
    _tell("uploaded", number, {"kind": kind, "filename": run["filename"], "digest": stored.digest})
    _wake()
    return number


def choose_columns(run_id: int, mapping: Mapping[int, str], choices: Mapping[str, str]) -> None:
    """Say what each column means, by its index, and check all rows by that; remembered for files of the same shape.

    Raises UnknownImport, NotNow, BadMapping.
    """
    run = held(run_id)
    kind = kind_named(run.kind)
    codes = list(mapping.values())
    known = {meaning.code for meaning in kind.meanings}
    for code in codes:
        if code not in known:
            raise BadMapping("unknown", code)
        if codes.count(code) > 1:
            raise BadMapping("twice", code)
    kind.check_columns(frozenset(codes), choices)
    kept = {str(index): code for index, code in mapping.items()}
    _check_again(run, mapping=kept, choices=dict(choices))
    remember(run.kind, run.shape, mapping, choices)


def remember(kind: str, shape: str, mapping: Mapping[int, str], choices: Mapping[str, str]) -> None:
    """Propose these meanings and choices for the next file of this shape."""
    kept = {str(index): code for index, code in mapping.items()}
    told = {"mapping": kept, "choices": dict(choices), "saved_at": now()}
    new = insert_new(ImportMapping).values(kind=kind, shape=shape, **told)
    if session().execute(new.returning(ImportMapping.shape)).first():
        return
    same = (ImportMapping.kind == kind, ImportMapping.shape == shape)
    session().execute(update(ImportMapping).where(*same).values(told))


def check_anew(run_id: int) -> None:
    """Work out once more what would happen. Raises UnknownImport, NotNow."""
    _check_again(held(run_id))


def accept(
    run_id: int,
    *,
    expected_rows: int,
    expected_totals: Mapping[str, int],
    leave_out: bool,
    attempt: int | None = None,
) -> None:
    """Agree to what the check showed, by telling how many rows there should be, and which totals.

    With `leave_out` the rows with errors stay behind. `attempt` is which check was seen, where a person looked. Raises
    UnknownImport, NotNow, CheckedAnew, WrongCount, RefusedRows, BroughtInBefore.
    """
    run = held(run_id)
    kind = kind_named(run.kind)
    _allow(run, ImportState.ACCEPTING)
    if attempt is not None and attempt != run.attempt:
        raise CheckedAnew(str(run.attempt))
    if expected_rows != run.row_count:
        raise WrongCount("rows", str(expected_rows), str(run.row_count))
    refused = run.outcomes.get(Outcome.ERROR.value, 0)
    if refused and (kind.whole or not leave_out):
        raise RefusedRows(refused)
    if kind.tallied:
        _compare(expected_totals, run.totals)
    if kind.whole:
        _not_twice(run)
    go(run, ImportState.ACCEPTING, accepted_by=who_acts().signature, problem={})
    told = {"rows": run.row_count, "outcomes": run.outcomes, "totals": run.totals, "filename": run.filename}
    _tell("accepted", run_id, told)
    _wake()


def ask_to_undo(run_id: int) -> None:
    """Ask to take back everything that an import brought in, while it is known what. Raises UnknownImport, NotNow."""
    run = held(run_id)
    if run.emptied_at is not None:
        raise NotNow(run.state)
    go(run, ImportState.UNDOING, undone_by=who_acts().signature, problem={})
    _tell("undo_asked", run_id, {"filename": run.filename})
    _wake()


def discard(run_id: int) -> None:
    """Throw away an import that brought nothing in, with what stood in its rows. Raises UnknownImport, NotNow."""
    run = held(run_id)
    go(run, ImportState.DISCARDED)
    empty(run_id)
    _tell("discarded", run_id, {"filename": run.filename})


def empty(run_id: int) -> None:
    """Remove what stood in the rows of an import, and what was staged from it."""
    run = held(run_id)
    kind_named(run.kind).forget(run_id)
    session().execute(delete(ImportRow).where(ImportRow.run_id == run_id))
    session().execute(update(ImportRun).where(ImportRun.id == run_id).values(emptied_at=now(), samples=[]))


def held(run_id: int) -> ImportRun:
    """An import, for this transaction alone. Raises UnknownImport."""
    wanted = select(ImportRun).where(ImportRun.id == run_id).with_for_update()
    run = session().scalar(wanted.execution_options(populate_existing=True))
    if run is None:
        raise UnknownImport(str(run_id))
    return run


def go(run: ImportRun, state: ImportState, **changes: Any) -> None:  # noqa: ANN401  each column has its own type
    """Bring an import that is held into another state. Raises NotNow."""
    _allow(run, state)
    session().execute(update(ImportRun).where(ImportRun.id == run.id).values(state=state, **changes))


def _allow(run: ImportRun, state: ImportState) -> None:
    if not may_follow(run.state, state, undoable=kind_named(run.kind).undo is not None):
        raise NotNow(run.state)


def _check_again(run: ImportRun, **changes: Any) -> None:  # noqa: ANN401  the same
    _allow(run, ImportState.CHECKING)
    kind_named(run.kind).forget(run.id)
    session().execute(delete(ImportRow).where(ImportRow.run_id == run.id))
    fresh: dict[str, Any] = {"last_line": 0, "row_count": 0, "doubtful": 0, "outcomes": {}, "totals": {}, "problem": {}}
    go(run, ImportState.CHECKING, attempt=run.attempt + 1, check_began_at=now(), **fresh | changes)
    _wake()


def begin_again(run: ImportRun, why: str) -> None:
    """Check an import once more because what it was checked against has changed; its page says why."""
    _check_again(run)
    session().execute(update(ImportRun).where(ImportRun.id == run.id).values(problem={"code": why}))


def _compare(expected: Mapping[str, int], found: Mapping[str, int]) -> None:
    for name in sorted({*expected, *found}):
        if expected.get(name, 0) != found.get(name, 0):
            raise WrongCount(name, str(expected.get(name, 0)), str(found.get(name, 0)))


def _not_twice(run: ImportRun) -> None:
    same = select(ImportRun.id).where(
        ImportRun.digest == run.digest,
        ImportRun.kind == run.kind,
        ImportRun.id != run.id,
        ImportRun.state.in_({ImportState.ACCEPTING, ImportState.ACCEPTED}),
    )
    before = session().scalar(same.limit(1))
    if before is not None:
        raise BroughtInBefore(before)


def _tell(deed: str, run_id: int, what: Mapping[str, Any]) -> None:
    record(f"import.{deed}", Subject(SUBJECT, run_id), after=what)


def _wake() -> None:
    after_commit(partial(tasks.nudge, JOB))
