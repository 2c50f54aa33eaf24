"""Webhook hints: "look at this id". Stored before anything else, and never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, exists, func, or_, select, update

from fundraising import clock
from fundraising.db import insert_new, session
from fundraising.giving.models import Payment, WebhookHint
from fundraising.giving.rules import HintState, retry_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement

# Anybody can send us made-up ids. Beyond so many that wait, further unknown ones are sent back to be tried later, as
# Mollie does for a day; ids of our own payments always get in.
MOST_UNKNOWN_WAITING = 1_000
# After so many failures a person is told; it is still tried again.
_FAILURES_UNTIL_PARKED = 5
# A payment may be seen by Mollie's webhook before its creation is stored here.
_UNKNOWN_AGAIN = timedelta(minutes=2)
_TRIES_OF_UNKNOWN = 3
# And Mollie is asked about no more unknown ones than so many in those minutes: it answers just so often, and made-up
# ids must not take the place of our own. A payment of ours that is among them is found by the sweep too.
MOST_UNKNOWN_LOOKS = 120
# When a hint comes again that was taken by a process that died.
_TAKEN_FOR = timedelta(minutes=2)
_ERROR_LENGTH = 500
_KEPT = timedelta(weeks=4)


class TooManyHints(Exception):
    """So many unknown ids wait that no further one is taken in now."""


@dataclass(frozen=True, slots=True)
class TakenHint:
    """A hint to look into, for the `attempts`-th time. `received` tells whether it came again while we looked."""

    provider_id: str
    received: int
    attempts: int


def note_hint(provider_id: str) -> None:
    """Store that an id should be looked at, now. Raises TooManyHints."""
    if _again(provider_id):
        return
    if _is_flood() and not _is_ours(provider_id):
        raise TooManyHints(provider_id)
    now = clock.now()
    hint = insert_new(WebhookHint).values(
        provider_id=provider_id, first_received_at=now, last_received_at=now, next_try_at=now
    )
    if session().scalar(hint.returning(WebhookHint.id)) is None:
        # The same webhook arrived twice at once.
        _again(provider_id)


def due_hints(by: datetime, most: int) -> list[str]:
    """Ids whose time has come by then, our own first, then the oldest: several new ones, or one that was taken before.

    One that was taken before failed somehow. It comes alone and after the new ones, so that it keeps no other waiting
    even if the process dies of it. Of unknown ids none is due while many were looked at in the last minutes.
    """
    now = clock.now()
    lately = (_has_state(HintState.WAITING, HintState.UNKNOWN), WebhookHint.next_try_at > now, WebhookHint.attempts > 0)
    looked_at = select(func.count()).where(*lately, WebhookHint.next_try_at <= now + _UNKNOWN_AGAIN, ~_ours())
    some = () if (session().scalar(looked_at) or 0) < MOST_UNKNOWN_LOOKS else (_ours(),)
    return _due(by, most, WebhookHint.attempts == 0, *some) or _due(by, 1, WebhookHint.attempts > 0, *some)


def take_hints(provider_ids: Collection[str], by: datetime) -> list[TakenHint]:
    """Put hints off before they are looked into, all in one write; those that nobody else has taken meanwhile."""
    taken = (
        update(WebhookHint)
        .where(WebhookHint.provider_id.in_(provider_ids), WebhookHint.next_try_at <= by)
        .values(attempts=WebhookHint.attempts + 1, next_try_at=clock.now() + _TAKEN_FOR)
        .returning(WebhookHint.provider_id, WebhookHint.received, WebhookHint.attempts)
    )
    return [TakenHint(*row) for row in session().execute(taken)]


def give_back(hints: Iterable[TakenHint]) -> None:
    """Have hints due again that were taken and not looked into."""
    for hint in hints:
        _change(hint, attempts=hint.attempts - 1, next_try_at=clock.now())


def settle_hint(hint: TakenHint) -> None:
    """Store that an id was looked at; one that came again meanwhile stays waiting."""
    _change(hint, state=HintState.DONE, error="")


def settle_unknown_hint(hint: TakenHint) -> None:
    """Store that nobody knows this id, after a few looks: it may be of a payment that is being created."""
    state = HintState.UNKNOWN if hint.attempts >= _TRIES_OF_UNKNOWN else HintState.WAITING
    _change(hint, state=state, next_try_at=clock.now() + _UNKNOWN_AGAIN)


def note_hint_failure(hint: TakenHint, error: str) -> None:
    """Store that looking failed; try again later, and tell a person when it keeps failing."""
    state = HintState.PARKED if hint.attempts >= _FAILURES_UNTIL_PARKED else HintState.WAITING
    _change(hint, state=state, error=error[:_ERROR_LENGTH], next_try_at=retry_at(hint.attempts, clock.now()))


def forget_hints(now: datetime) -> int:
    """Delete hints that were settled, or that nobody knew, some weeks ago; how many."""
    settled = WebhookHint.state.in_((HintState.DONE, HintState.UNKNOWN))
    old = delete(WebhookHint).where(settled, WebhookHint.last_received_at < now - _KEPT)
    return len(session().scalars(old.returning(WebhookHint.id)).all())


def _due(by: datetime, most: int, *which: ColumnElement[bool]) -> list[str]:
    found = select(WebhookHint.provider_id).where(
        _has_state(HintState.WAITING, HintState.PARKED), WebhookHint.next_try_at <= by, *which
    )
    return list(session().scalars(found.order_by(_ours().desc(), WebhookHint.next_try_at).limit(most)))


def _has_state(*states: HintState) -> ColumnElement[bool]:
    return WebhookHint.state.in_(states)


def _ours() -> ColumnElement[bool]:
    return exists().where(Payment.provider_id == WebhookHint.provider_id)


def _again(provider_id: str) -> bool:
    now = clock.now()
    known = session().execute(
        update(WebhookHint)
        .where(WebhookHint.provider_id == provider_id)
        .values(
            state=HintState.WAITING,
            received=WebhookHint.received + 1,
            last_received_at=now,
            # Whoever makes up an id does not get it looked at sooner, or first, by sending it again.
            next_try_at=case((or_(_ours(), WebhookHint.attempts == 0), now), else_=WebhookHint.next_try_at),
            attempts=case((_ours(), 0), else_=WebhookHint.attempts),
        )
        .returning(WebhookHint.id),
    )
    return known.first() is not None


def _is_flood() -> bool:
    waiting = select(WebhookHint.id).where(WebhookHint.state == HintState.WAITING).limit(MOST_UNKNOWN_WAITING)
    return (session().scalar(select(func.count()).select_from(waiting.subquery())) or 0) >= MOST_UNKNOWN_WAITING


def _is_ours(provider_id: str) -> bool:
    return session().scalar(select(Payment.id).where(Payment.provider_id == provider_id)) is not None


def _change(hint: TakenHint, **values: object) -> None:
    session().execute(
        update(WebhookHint)
        .where(WebhookHint.provider_id == hint.provider_id, WebhookHint.received == hint.received)
        .values(**values),
    )
