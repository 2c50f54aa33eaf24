"""What is done about accounts by itself."""

from __future__ import annotations

from datetime import timedelta

from fundraising.accounts.services.proofs import forget_attempts
from fundraising.accounts.services.seals import seal_trail
from fundraising.clock import now
from fundraising.db import transaction
from fundraising.tasks import job

_ATTEMPTS_KEPT = timedelta(days=3)


@job("audit-seal", every=timedelta(minutes=5), stalled_after=timedelta(days=1))
def audit_seal_job() -> None:
    """Seal the audit trail, a batch per transaction so that others can write in between."""
    while True:
        with transaction():
            count = seal_trail()
        if not count:
            return


@job("sign-in-attempts", every=timedelta(days=1), stalled_after=timedelta(days=3))
def forget_attempts_job() -> None:
    """Forget who tried to sign in, and from where, when it is of no more use."""
    with transaction():
        forget_attempts(now(), _ATTEMPTS_KEPT)
