"""Card testing: counting what addresses do, in tables, so that every process sees the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from fundraising import clock
from fundraising.db import session
from fundraising.giving.models import Donation, Payment, SubmissionAttempt
from fundraising.giving.rules import UNSUCCESSFUL, AttemptOutcome, Route
from fundraising.giving.rules.velocity import MOST_MAILED_IN_A_DAY, SMALL_AMOUNT, Velocity, Verdict, judge

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from fundraising.money import Euro

_TEN_MINUTES = timedelta(minutes=10)
_A_DAY = timedelta(days=1)
_KEPT = timedelta(days=3)


def judge_submission(address_digest: str, amount: Euro) -> Verdict:
    """Whether a submission from this address may go on, by what was sent of late."""
    return judge(_velocity(address_digest, clock.now()), amount)


def note_submission(address_digest: str, amount: Euro, donation_id: int | None) -> None:
    """Remember a submission; without a donation it was refused."""
    outcome = AttemptOutcome.REFUSED if donation_id is None else AttemptOutcome.ACCEPTED
    attempt = {"address_digest": address_digest, "at": clock.now(), "outcome": outcome, "amount": amount}
    session().execute(insert(SubmissionAttempt).values(attempt | {"donation_id": donation_id}))


def may_have_mailed(address_digest: str) -> bool:
    """Whether the details of one more transfer may be mailed from this address: anybody's mailbox can be typed."""
    own = (SubmissionAttempt.address_digest == address_digest, SubmissionAttempt.at > clock.now() - _A_DAY)
    promised = _count(*own, Donation.route == Route.TRANSFER)
    return (
        session().scalar(promised.join(Donation, Donation.id == SubmissionAttempt.donation_id)) or 0
    ) < MOST_MAILED_IN_A_DAY


def forget_submissions(now: datetime) -> int:
    """Delete what is older than a few days; how many. Even a keyed digest is kept no longer than it serves."""
    gone = session().execute(
        delete(SubmissionAttempt).where(SubmissionAttempt.at < now - _KEPT).returning(SubmissionAttempt.id),
    )
    return len(gone.all())


def _velocity(address_digest: str, now: datetime) -> Velocity:
    """All counts in one statement: a donor waits for it."""
    own = SubmissionAttempt.address_digest == address_digest
    recent = SubmissionAttempt.at > now - _TEN_MINUTES
    today = SubmissionAttempt.at > now - _A_DAY
    small = SubmissionAttempt.amount <= SMALL_AMOUNT
    failed = (
        # Trying again is an attempt of its own at a donation whose payments are counted once.
        select(func.count(Payment.id.distinct()))
        .select_from(SubmissionAttempt)
        .join(Payment, Payment.donation_id == SubmissionAttempt.donation_id)
        .where(own, today, Payment.status.in_(UNSUCCESSFUL))
    )
    # What was refused costs nobody anything: counted here, one address could shut small gifts for everybody.
    accepted = SubmissionAttempt.outcome == AttemptOutcome.ACCEPTED
    counts = (_count(own, recent), _count(own, today), failed, _count(recent, small, accepted))
    return Velocity(*session().execute(select(*(count.scalar_subquery() for count in counts))).one())


def _count(*conditions: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(SubmissionAttempt).where(*conditions)
