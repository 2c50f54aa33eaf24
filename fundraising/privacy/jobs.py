"""The job that finds whose time is over. It proposes; a person decides."""

from __future__ import annotations

from datetime import timedelta

from fundraising.db import session, transaction
from fundraising.logs import get_logger
from fundraising.privacy.services import batches, propose
from fundraising.tasks import job

log = get_logger()


@job("retention", every=timedelta(days=1), stalled_after=timedelta(days=3))
def retention_job() -> None:
    """Propose whom to erase, and take back proposals about people who are in touch again."""
    count = 0
    for judged in batches():
        session().rollback()
        with transaction():
            count += propose(judged)
    log.info("retention.looked_at", due=count)
