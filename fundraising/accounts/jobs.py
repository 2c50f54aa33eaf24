"""What is done about accounts by itself."""

from __future__ import annotations

from datetime import timedelta

from fundraising.accounts.heads import note_heads, noted_heads
from fundraising.accounts.queries.trail import holds, last_seal
from fundraising.accounts.rules.chain import Head, TrailCutOff
from fundraising.accounts.services.proofs import forget_attempts, forget_ended_sessions
from fundraising.accounts.services.seals import seal_trail
from fundraising.clock import now
from fundraising.db import transaction
from fundraising.tasks import job

_ATTEMPTS_KEPT = timedelta(days=3)


@job("audit-seal", every=timedelta(minutes=5), stalled_after=timedelta(days=1))
def audit_seal_job() -> None:
    """Seal the audit trail, a batch per transaction so that others can write in between, and note how far it goes.

    Raises TrailCutOff, once all is sealed, where the chain does not hold what was noted before.
    """
    while True:
        with transaction():
            count = seal_trail()
        if not count:
            break
    _note_head()


def _note_head() -> None:
    noted, last = noted_heads(), last_seal()
    # A head that is gone stays noted, so that whoever verifies learns of it, however much is sealed after it.
    lost = [head for head in noted if not holds(head)]
    heads = [*lost, Head(last.id, last.hash)] if last.id else lost
    if heads != noted:
        note_heads(heads)
    if lost:
        raise TrailCutOff


@job("sign-in-attempts", every=timedelta(days=1), stalled_after=timedelta(days=3))
def forget_attempts_job() -> None:
    """Forget who tried to sign in, and from where, when it is of no more use; and sessions that ended long ago."""
    with transaction():
        forget_attempts(now() - _ATTEMPTS_KEPT)
        forget_ended_sessions()
