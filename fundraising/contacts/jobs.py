"""Jobs of contacts."""

from __future__ import annotations

import time
from datetime import timedelta

from fundraising.contacts.queries.likeness import sharing_pairs
from fundraising.contacts.services.duplicates import note_pairs
from fundraising.contacts.services.search_index import JOB, any_due, drifted, drop_unused_words, reindex, reindex_due
from fundraising.db import session, transaction
from fundraising.logs import get_logger
from fundraising.tasks import job

_AT_ONCE = 2_000
_GATHER_SECONDS = 1
_PAUSE_SECONDS = 0.005

log = get_logger()


@job(JOB, every=timedelta(minutes=1), stalled_after=timedelta(minutes=15))
def search_index_job() -> None:
    """Let who came with a gift be found. Waits a second at first, so that what comes together is written together."""
    time.sleep(_GATHER_SECONDS)
    write_due()


def write_due() -> None:
    """Write what is due, some at a time: those who book gifts get their turn in between."""
    while any_due():
        with transaction():
            reindex_due()
        time.sleep(_PAUSE_SECONDS)


@job("search-index-check", every=timedelta(days=1), stalled_after=timedelta(days=3))
def search_index_check_job() -> None:
    """See that every contact is found under its names and numbers; where one was not, something forgot to say so."""
    wrong = list(drifted())
    session().rollback()
    for start in range(0, len(wrong), _AT_ONCE):
        with transaction():
            reindex(wrong[start : start + _AT_ONCE])
    with transaction():
        dropped = drop_unused_words()
    level = log.warning if wrong else log.info
    level("search_index.checked", wrong=len(wrong), dropped=dropped)


@job("duplicates-search", every=timedelta(days=1), stalled_after=timedelta(days=3))
def duplicates_search_job() -> None:
    """Note the contacts that may be one, for staff to judge."""
    log.info("duplicates.searched", new=look_for_duplicates())


def look_for_duplicates() -> int:
    """Compare all contacts that share something; how many pairs are new. Short transactions let gifts come in."""
    pairs = sorted(sharing_pairs())
    session().rollback()
    new = 0
    for start in range(0, len(pairs), _AT_ONCE):
        with transaction():
            new += note_pairs(pairs[start : start + _AT_ONCE])
    return new
