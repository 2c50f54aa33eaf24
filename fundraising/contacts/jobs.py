"""Jobs of contacts."""

from __future__ import annotations

from datetime import timedelta

from fundraising.contacts.services.search_index import drifted, drop_unused_words, reindex
from fundraising.db import session, transaction
from fundraising.logs import get_logger
from fundraising.tasks import job

_AT_ONCE = 2_000

log = get_logger()


@job("search-index", every=timedelta(days=1), stalled_after=timedelta(days=3))
def search_index_job() -> None:
    """See that every contact is found under its names and numbers; where one was not, something forgot to say so."""
    wrong = list(drifted())
    session().rollback()
    for start in range(0, len(wrong), _AT_ONCE):
        with transaction():
            reindex(wrong[start : start + _AT_ONCE])
    with transaction():
        dropped = drop_unused_words()
    level = log.warning if wrong else log.info
    level("search index checked", wrong=len(wrong), dropped=dropped)
