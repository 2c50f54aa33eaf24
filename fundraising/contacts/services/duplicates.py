"""Finding contacts that may be one, for staff to judge; nobody is merged by a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from fundraising.accounts.rules import Subject
from fundraising.accounts.services.audit import record, who_acts
from fundraising.clock import now
from fundraising.contacts.models import DuplicateCandidate
from fundraising.contacts.queries.likeness import traits
from fundraising.contacts.rules import DuplicateState
from fundraising.contacts.rules.likeness import WORTH_JUDGING, compared
from fundraising.db import insert_new, session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fundraising.contacts.rules.likeness import Compared

_AT_ONCE = 500


class UnknownCandidate(LookupError):
    """There is no such pair."""


def note_pairs(pairs: Sequence[tuple[int, int]]) -> int:
    """Note of these pairs, each in order of number, those that look enough alike; how many are new.

    A pair that was judged stays judged; one that waits gets the points that it has by now.
    """
    return sum(
        _note(pair, likeness)
        for start in range(0, len(pairs), _AT_ONCE)
        for pair, likeness in _worth_judging(pairs[start : start + _AT_ONCE])
    )


def judge_different(candidate_id: int) -> None:
    """Note that two contacts are two, so that the pair is not shown again. Raises UnknownCandidate."""
    _judge(candidate_id, DuplicateState.DIFFERENT)


def judge_again(candidate_id: int) -> None:
    """Put a pair that was judged back among those to judge. Raises UnknownCandidate."""
    _judge(candidate_id, DuplicateState.OPEN)


def _worth_judging(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], Compared]]:
    known = traits({contact_id for pair in pairs for contact_id in pair})
    for pair in pairs:
        if not known.keys() >= set(pair):
            continue  # merged or erased meanwhile
        likeness = compared(known[pair[0]], known[pair[1]])
        if likeness.score >= WORTH_JUDGING:
            yield pair, likeness


def _note(pair: tuple[int, int], likeness: Compared) -> bool:
    told = {"score": likeness.score, "reasons": ",".join(likeness.reasons)}
    row = {"contact_id": pair[0], "other_id": pair[1], "state": DuplicateState.OPEN, "found_at": now(), "judged_by": ""}
    added = session().scalar(insert_new(DuplicateCandidate).values(row | told).returning(DuplicateCandidate.id))
    if added is None:
        waiting = (DuplicateCandidate.contact_id == pair[0], DuplicateCandidate.other_id == pair[1])
        session().execute(
            update(DuplicateCandidate).where(*waiting, DuplicateCandidate.state == DuplicateState.OPEN).values(told),
        )
    return added is not None


def _judge(candidate_id: int, state: DuplicateState) -> None:
    row = session().get(DuplicateCandidate, candidate_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise UnknownCandidate(candidate_id)
    before = row.state
    row.state, row.judged_at, row.judged_by = state, now(), who_acts().signature
    about = Subject("contact", row.contact_id)
    record("contact.judged", about, before={"state": before}, after={"state": state, "other": row.other_id})
