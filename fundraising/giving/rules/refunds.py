"""Refunds that staff ask for, as pure rules: what may be asked, who must agree, and how one moves.

The ledger knows nothing of this: a refund is booked when Mollie says that it is on its way, whoever asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fundraising.giving.rules import REFUND_ORDER, ChargebackState, EventKind, RefundState
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from fundraising.giving.rules import Event


class RequestState(StrEnum):
    """What became of a refund that somebody asked for."""

    # A second person has to agree.
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    # Mollie was asked, and its answer is not known yet.
    ASKED = "asked"
    # Mollie would not do it now, as when the balance is too low; it is asked again.
    POSTPONED = "postponed"
    # Mollie has it, and did not send it yet.
    ACCEPTED = "accepted"
    UNDERWAY = "underway"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"
    # Nothing was left of the gift when Mollie was to be asked.
    REFUSED = "refused"
    # The second person did not agree.
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    # It did not go, and somebody has looked at that.
    SETTLED = "settled"


# Of these the money left for the donor.
GONE = frozenset({RequestState.UNDERWAY, RequestState.DONE})
# Of these nothing went to the donor, which somebody expects: they wait until somebody has put them aside.
DID_NOT_GO = frozenset({RequestState.FAILED, RequestState.CANCELED, RequestState.REFUSED})
_AT_MOLLIE = frozenset(
    {RequestState.ACCEPTED, RequestState.UNDERWAY, RequestState.DONE, RequestState.FAILED, RequestState.CANCELED}
)
# What follows what. Mollie's news comes in any order, yet each refund is judged by all that was seen of it, so a later
# state never gives way to an earlier one. What Mollie has of a refund that is still to be asked for was asked for after
# the backup that was restored here.
REQUEST_MOVES: dict[RequestState, frozenset[RequestState]] = {
    RequestState.AWAITING_APPROVAL: frozenset(
        {RequestState.APPROVED, RequestState.DECLINED, RequestState.WITHDRAWN, RequestState.REFUSED}
    )
    | _AT_MOLLIE,
    RequestState.APPROVED: _AT_MOLLIE | {RequestState.ASKED, RequestState.WITHDRAWN, RequestState.REFUSED},
    RequestState.ASKED: _AT_MOLLIE | {RequestState.ASKED, RequestState.POSTPONED, RequestState.REFUSED},
    RequestState.POSTPONED: _AT_MOLLIE | {RequestState.ASKED, RequestState.WITHDRAWN, RequestState.REFUSED},
    RequestState.ACCEPTED: _AT_MOLLIE - {RequestState.ACCEPTED},
    RequestState.UNDERWAY: frozenset({RequestState.DONE, RequestState.FAILED}),
    RequestState.DONE: frozenset({RequestState.FAILED}),
    RequestState.FAILED: frozenset({RequestState.SETTLED}),
    RequestState.SETTLED: GONE,
    # What was once refused may turn out to have been made after all: money wins.
    RequestState.CANCELED: GONE | {RequestState.FAILED, RequestState.SETTLED},
    RequestState.REFUSED: _AT_MOLLIE | {RequestState.SETTLED},
    RequestState.DECLINED: frozenset(),
    RequestState.WITHDRAWN: _AT_MOLLIE,
}

# Of these the amount is spoken for, though Mollie has no refund of them to show.
SPOKEN_FOR = frozenset(
    {RequestState.AWAITING_APPROVAL, RequestState.APPROVED, RequestState.ASKED, RequestState.POSTPONED}
)
# Of these a refund can still come into the ledger, which is not there yet.
UNBOOKED = SPOKEN_FOR | {RequestState.ACCEPTED}
# Of these Mollie is to be asked, or asked again.
TO_ASK = frozenset({RequestState.APPROVED, RequestState.ASKED, RequestState.POSTPONED})

_SEEN_AS: dict[RefundState, RequestState] = {
    RefundState.QUEUED: RequestState.ACCEPTED,
    RefundState.PENDING: RequestState.ACCEPTED,
    RefundState.CANCELED: RequestState.CANCELED,
    RefundState.PROCESSING: RequestState.UNDERWAY,
    RefundState.REFUNDED: RequestState.DONE,
    RefundState.FAILED: RequestState.FAILED,
}


class RefundError(Exception):
    """A refund cannot be asked for, or not moved so; nothing was changed."""


class NothingToRefund(RefundError):
    """The gift was not paid through Mollie, or is not paid."""


class MoreThanLeft(RefundError):
    """More was asked for than is left. `left` is what can still be asked for."""

    def __init__(self, left: Euro) -> None:
        super().__init__(f"{left.value} is left")
        self.left = left


class NotASecondPerson(RefundError):
    """Whoever asked for a refund cannot be the one who agrees to it."""


class RefundUnderWay(RefundError):
    """A refund was asked for and is not booked yet: what it is to be of must stay as it is until then."""


class WrongState(RefundError):
    """The refund is no longer where this can be done. `state` is where it is."""

    def __init__(self, state: RequestState) -> None:
        super().__init__(state.value)
        self.state = state


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A refund to be asked of Mollie. `key` is the stored idempotency key; it also travels in the metadata."""

    request_id: int
    payment_id: str
    key: str
    amount: Euro
    description: str


def request_after(state: RequestState, wanted: RequestState) -> RequestState:
    """The state after a move, or the same state where the move does not exist."""
    return wanted if wanted in REQUEST_MOVES[state] else state


def refund_seen(events: Iterable[Event], ref: str) -> RequestState | None:
    """What a refund is, given all that was seen of its payment; None where it was not seen yet."""
    states = [RefundState(e.state) for e in events if e.kind is EventKind.REFUND and e.provider_ref == ref]
    return _SEEN_AS[max(states, key=REFUND_ORDER.index)] if states else None


def left_of(received: Euro, events: Collection[Event], spoken_for: Iterable[Euro]) -> Euro:
    """What can still be refunded of what was received, never below nothing.

    Gone are refunds that Mollie has, also those not sent yet, what the bank took back and keeps, and what staff have
    asked for and Mollie has not shown yet.
    """
    refunds = {e.provider_ref: e.amount for e in events if e.kind is EventKind.REFUND}
    stayed = [amount for ref, amount in refunds.items() if not _came_back(refund_seen(events, ref))]
    backs = {e.provider_ref: e.amount for e in events if e.kind is EventKind.CHARGEBACK}
    for event in events:
        if event.kind is EventKind.CHARGEBACK and event.state == ChargebackState.REVERSED:
            backs.pop(event.provider_ref, None)
    left = received - Euro.sum(stayed) - Euro.sum(backs.values()) - Euro.sum(spoken_for)
    return max(left, Euro(0))


def needs_second_person(amount: Euro, before: Iterable[Euro], above: Euro) -> bool:
    """Whether a second person must agree: all refunds of one payment count together, so that none is cut in parts."""
    return amount + Euro.sum(before) > above


def _came_back(state: RequestState | None) -> bool:
    return state in {RequestState.FAILED, RequestState.CANCELED}
