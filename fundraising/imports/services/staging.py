"""Keeping what a check finds, some hundreds of rows at a time, so that a killed worker goes on where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import CursorResult, insert, or_, select, update

from fundraising.accounts.rules import Subject
from fundraising.accounts.services.audit import record
from fundraising.clock import now
from fundraising.db import one_at_a_time, session
from fundraising.imports.models import ImportRow, ImportRun
from fundraising.imports.rules import Counts, ImportState, NotNow, OutOfDate
from fundraising.imports.services.kinds import Run, kind_named
from fundraising.imports.services.runs import SUBJECT, begin_again, go, held

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from fundraising.imports.rules import Columns, Reason, StagedRow, UnreadableSheet
    from fundraising.imports.services.kinds import Examined

_LONGEST_LABEL = 200
_MOST_KEPT_TOLD = 50


class Overtaken(Exception):
    """Somebody else works on this import, or it was thrown away meanwhile; nothing was kept."""


def keep_columns(run_id: int, columns: Columns, header_line: int) -> None:
    """Keep what the columns of an uploaded file are. Raises NotNow, UnknownImport."""
    found = {
        "headers": list(columns.headers),
        "samples": [list(cells) for cells in columns.samples],
        "shape": columns.shape,
        "header_line": header_line,
    }
    go(held(run_id), ImportState.READ, **found)


def keep_rows(run: ImportRun, examined: Examined, counts: Counts) -> None:
    """Keep rows that were examined after `run.last_line`, with the counts so far. Raises Overtaken."""
    rows = examined.rows
    position = {"last_line": rows[-1].line, "row_count": run.row_count + len(rows)}
    found = {"outcomes": dict(counts.outcomes), "doubtful": counts.doubtful, "totals": dict(counts.totals)}
    _advance(run, position | found)
    session().execute(insert(ImportRow), [_values(run.id, row) for row in rows])
    examined.store()


def finish_check(run: ImportRun, notes: Counter[str]) -> None:
    """All rows are examined. Raises Overtaken."""
    _advance(run, {"state": ImportState.CHECKED, "notes": {name: count for name, count in notes.items() if count}})


def refuse(run_id: int, wrong: UnreadableSheet) -> None:
    """The file cannot be read; nothing of it is kept but why. Raises NotNow, UnknownImport."""
    run = held(run_id)
    kind_named(run.kind).forget(run_id)
    go(run, ImportState.REFUSED, problem={"code": wrong.fault.value, "line": wrong.line})
    record("import.refused", Subject(SUBJECT, run_id), after={"fault": wrong.fault.value, "line": wrong.line})


def bring_in(run_id: int) -> bool:
    """Bring an accepted import in, whole; False where it has to be checked anew first. Raises NotNow, UnknownImport.

    What its kind changed is let go in that case, for which the caller's transaction has a savepoint here.
    """
    # One import at a time: the check of another would not know of what this one brings.
    one_at_a_time("imports")
    run = held(run_id)
    try:
        with session().begin_nested():
            _still_true(run)
            kind_named(run.kind).activate(as_run(run))
    except OutOfDate:
        begin_again(run, "out_of_date")
        record("import.out_of_date", Subject(SUBJECT, run_id))
        return False
    go(run, ImportState.ACCEPTED, accepted_at=now(), unsettled=True)
    record("import.brought_in", Subject(SUBJECT, run_id), after={"outcomes": run.outcomes, "by": run.accepted_by})
    return True


def begin_undoing(run_id: int, built: Sequence[Reason]) -> bool:
    """Begin to take an import back, or leave it and say what was built upon it. Raises NotNow, UnknownImport."""
    one_at_a_time("imports")
    run = held(run_id)
    if not built:
        go(run, ImportState.TAKING_BACK)
        return True
    told = _told(built)
    go(run, ImportState.ACCEPTED, problem={"code": "built_upon", "reasons": told})
    record("import.undo_refused", Subject(SUBJECT, run_id), after={"reasons": told})
    return False


def take_back(run_id: int) -> bool:
    """Take a part of an import back; False once nothing is left of it. Raises NotNow, UnknownImport."""
    one_at_a_time("imports")
    run = held(run_id)
    kind = kind_named(run.kind)
    if run.state is not ImportState.TAKING_BACK or kind.undo is None:
        raise NotNow(run.state)
    told = run.problem.get("reasons", [])
    kept = kind.undo(as_run(run))
    if kept:
        problem = {"code": "kept", "reasons": [*told, *_told(kept)][:_MOST_KEPT_TOLD]}
        session().execute(update(ImportRun).where(ImportRun.id == run_id).values(problem=problem))
    if kept is not None:
        return True
    kind.forget(run_id)
    go(run, ImportState.UNDONE, undone_at=now())
    record("import.undone", Subject(SUBJECT, run_id), after={"by": run.undone_by} | ({"reasons": told} if told else {}))
    return False


def settled(run_id: int) -> None:
    """Note that everything that follows on bringing in is done."""
    session().execute(update(ImportRun).where(ImportRun.id == run_id).values(unsettled=False))


def as_run(run: ImportRun) -> Run:
    """An import as its kind sees it."""
    return Run(run.id, run.choices, run.accepted_by)


def _still_true(run: ImportRun) -> None:
    """Raises OutOfDate where another import came in or was taken back since the check of this one began, or is now."""
    since = run.check_began_at
    later = select(ImportRun.id).where(
        ImportRun.id != run.id,
        or_(
            ImportRun.accepted_at >= since,
            ImportRun.undone_at >= since,
            ImportRun.state == ImportState.TAKING_BACK,
        ),
    )
    if session().scalar(later.limit(1)) is not None:
        raise OutOfDate


def _advance(run: ImportRun, changes: Mapping[str, Any]) -> None:
    unmoved = (ImportRun.state == ImportState.CHECKING, ImportRun.attempt == run.attempt)
    where_it_was = (ImportRun.id == run.id, ImportRun.last_line == run.last_line)
    done = session().execute(update(ImportRun).where(*where_it_was, *unmoved).values(changes))
    if cast("CursorResult[Any]", done).rowcount != 1:
        raise Overtaken


def _values(run_id: int, row: StagedRow) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "line": row.line,
        "outcome": row.outcome,
        "doubtful": row.doubtful,
        "label": row.label[:_LONGEST_LABEL],
        "cells": list(row.cells),
        "reasons": _told(row.reasons),
        "plan": row.plan,
    }


def _told(reasons: Sequence[Reason]) -> list[list[str]]:
    return [[reason.code, reason.column, reason.value] for reason in reasons]
