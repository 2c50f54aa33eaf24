"""Working on imports: looking at files, checking their rows, bringing them in, taking them back.

Everything that is to be done stands in the state of an import, and how far it came beside it; a killed worker goes on
there. Rows are examined outside any transaction and kept some hundreds at a time, so that gifts come in meanwhile.
"""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from fundraising import documents
from fundraising.clock import now
from fundraising.db import session, transaction
from fundraising.imports.models import ImportRun
from fundraising.imports.queries import at_work, digests_in_use, full_until
from fundraising.imports.rules import Counts, ImportState, NotNow, SheetFault, UnreadableSheet
from fundraising.imports.services.kinds import kind_named
from fundraising.imports.services.reading import AREA, read_columns, read_rows, stored_sheet
from fundraising.imports.services.runs import JOB, empty
from fundraising.imports.services.staging import (
    Overtaken,
    as_run,
    begin_undoing,
    bring_in,
    finish_check,
    keep_columns,
    keep_rows,
    refuse,
    settled,
    take_back,
)
from fundraising.logs import get_logger
from fundraising.tasks import job

if TYPE_CHECKING:
    from collections.abc import Callable

# Rows examined and kept at once: a transaction of some hundredths of a second.
CHUNK = 500
# Between two steps of hundreds, so that who waits for SQLite's write lock gets it: a step follows the other at once.
_PAUSE_SECONDS = 0.01
# What stood in the rows of a file is personal, and is of use only as long as somebody may want to look or undo.
KEPT_FOR = timedelta(days=90)
# A file stands there before its import does.
UNTOLD_FOR = timedelta(hours=1)

log = get_logger()


@job(JOB, every=timedelta(minutes=1), stalled_after=timedelta(hours=2))
def imports_job() -> None:
    """Do what there is to do on every import. Raises what went wrong with one, once the others had their turn."""
    faults: list[Exception] = []
    for run_id, state in at_work():
        session().rollback()
        try:
            work_on(run_id, state)
        except (Overtaken, NotNow):
            # Another worker was here first, or a person threw it away: it is looked at again the next time.
            log.info("import.overtaken", number=run_id)
        except Exception as fault:  # noqa: BLE001  raised below: one keeps no others waiting
            faults.append(fault)
    if faults:
        raise faults[0]


@job("imports-retention", every=timedelta(days=1), stalled_after=timedelta(days=3))
def imports_retention_job() -> None:
    """Empty the imports that are over for long, and remove the files that no import needs any more."""
    for run_id in full_until(now() - KEPT_FOR):
        with transaction():
            empty(run_id)
        log.info("import.emptied", number=run_id)
    gone = documents.forget_others(digests_in_use(), area=AREA, before=now() - UNTOLD_FOR)
    log.info("import.files_removed", count=gone)


def work_on(run_id: int, state: ImportState, progress: Callable[[int], None] = lambda _rows: None) -> None:
    """Do the next thing on an import that is in this state; `progress` hears how many more rows were examined.

    Raises Overtaken, NotNow.
    """
    if state in {ImportState.UPLOADED, ImportState.CHECKING}:
        try:
            _read(run_id, progress) if state is ImportState.CHECKING else _look_at(run_id)
        except (UnreadableSheet, documents.UnknownDocument) as wrong:
            fault = wrong if isinstance(wrong, UnreadableSheet) else UnreadableSheet(SheetFault.DAMAGED)
            with transaction():
                refuse(run_id, fault)
            log.info("import.refused", number=run_id, fault=fault.fault.value, line=fault.line)
        return
    if state in {ImportState.UNDOING, ImportState.TAKING_BACK}:
        done = _undo(run_id, state)
        log.info("import.worked_on", number=run_id, was=state.value, done=done)
        return
    if state is ImportState.ACCEPTING:
        with transaction():
            done = bring_in(run_id)
        log.info("import.worked_on", number=run_id, was=state.value, done=done)
    _settle(run_id)


def _undo(run_id: int, state: ImportState) -> bool:
    """Take an import back, some of it at a time; False where something was built upon it. Raises NotNow."""
    if state is ImportState.UNDOING:
        run = _fresh(run_id)
        # Read before the lock is taken: over a long list that takes seconds.
        built = kind_named(run.kind).built_upon(as_run(run))
        with transaction():
            begun = begin_undoing(run_id, built)
        if not begun:
            return False
    more = True
    while more:
        with transaction():
            more = take_back(run_id)
        time.sleep(_PAUSE_SECONDS)
    return True


def _settle(run_id: int) -> None:
    """Do what follows on bringing in, in steps of their own: others write in between."""
    run = _fresh(run_id)
    if not run.unsettled:
        return
    settle = kind_named(run.kind).settle
    for step in settle(as_run(run)) if settle is not None else ():
        with transaction():
            step()
        time.sleep(_PAUSE_SECONDS)
    with transaction():
        settled(run_id)


def _look_at(run_id: int) -> None:
    run = _fresh(run_id)
    with stored_sheet(run.digest) as sheet:
        columns, header_line = read_columns(sheet, kind_named(run.kind).meanings)
    with transaction():
        keep_columns(run_id, columns, header_line)


def _read(run_id: int, progress: Callable[[int], None]) -> None:
    run = _fresh(run_id)
    counts = _counts_so_far(run)
    kind = kind_named(run.kind)
    with stored_sheet(run.digest) as sheet:
        rows = read_rows(sheet, run)
        while chunk := list(islice(rows, CHUNK)):
            examined = kind.examine(as_run(run), chunk)
            for row in examined.rows:
                counts.add(row)
            with transaction():
                keep_rows(run, examined, counts)
            progress(len(chunk))
            run = _fresh(run_id)
        notes = sheet.notes
    if not run.row_count:
        raise UnreadableSheet(SheetFault.NO_ROWS)
    with transaction():
        finish_check(run, notes)


def _counts_so_far(run: ImportRun) -> Counts:
    counts = Counts(doubtful=run.doubtful)
    counts.outcomes.update(run.outcomes)
    counts.totals.update(run.totals)
    return counts


def _fresh(run_id: int) -> ImportRun:
    """An import as it stands, apart from any session: transactions come and go while it is worked on."""
    session().rollback()
    session().expunge_all()
    run = session().get_one(ImportRun, run_id)
    session().expunge(run)
    session().rollback()
    return run
