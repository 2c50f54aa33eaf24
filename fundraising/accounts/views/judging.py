"""Judging a password, so that guessing many at once gives no more tries than one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.accounts.rules import AttemptOutcome
from fundraising.accounts.security import password_fits, person_digest
from fundraising.accounts.services.proofs import begin_attempt, note_failure, take_back_attempt
from fundraising.db import transaction
from fundraising.web.limits import client_digest

if TYPE_CHECKING:
    from fundraising.accounts.models import User


class Locked(Exception):
    """No answer is judged for now: somebody guesses."""


def judge_password(person: User | None, email: str, password: str) -> bool:
    """Whether it is the password of somebody who may sign in; counts one that is not. Raises Locked.

    In two transactions: a hash takes too long to let everybody else wait for it.
    """
    with transaction():
        attempt = begin_attempt(person_digest(email), client_digest(), AttemptOutcome.FAILED)
    if attempt is None:
        raise Locked
    fits = password_fits(password, person.password if person is not None and person.active else "")
    with transaction():
        if fits:
            take_back_attempt(attempt)
        else:
            note_failure(person, "password")
    return fits
