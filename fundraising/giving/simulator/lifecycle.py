"""What can happen to money: a payment reaches a state, is refunded, is charged back; each tells the merchant.

Every verb does all of its work in one transaction and raises `ApiError` for what cannot happen.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fundraising.giving.simulator.amounts import format_cents
from fundraising.giving.simulator.catalogue import DEFAULT_LIFETIME, find_method, suitable
from fundraising.giving.simulator.clock import after, written
from fundraising.giving.simulator.details import payment_details, reference_details
from fundraising.giving.simulator.errors import unprocessable
from fundraising.giving.simulator.payers import Payer, complete
from fundraising.giving.simulator.records import Chargeback, Payment, Refund
from fundraising.giving.simulator.states import (
    ANNOUNCED_PAYMENT_STATES,
    ANNOUNCED_REFUND_STATES,
    PAYMENT_STATES,
    REFUND_STATES,
)
from fundraising.giving.simulator.webhooks import announce
from fundraising.giving.simulator.world import World

_BALANCE = "balance"


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What became of a payment's amount, in cents."""

    refunded: int
    charged_back: int


@dataclass(frozen=True, kw_only=True)
class RefundOrder:
    """A refund to make: `cents` None means all that is left."""

    cents: int | None = None
    description: str | None = None
    metadata: object = None
    status: str = "pending"


def totals(world: World, payment_id: str) -> Totals:
    """Return the sums of the refunds and chargebacks that count."""
    return Totals(
        refunded=sum(refund.cents for refund in world.refunds(payment_id) if refund.counts),
        charged_back=sum(back.cents for back in world.chargebacks(payment_id) if back.counts),
    )


def open_payment(world: World, payment: Payment) -> Payment:
    """Give a new payment its id, its moments and its method's details, and store it."""
    with world.store.transaction():
        now = world.clock.now()
        method = find_method(payment.method)
        lifetime = method.lifetime if method else DEFAULT_LIFETIME
        identified = replace(
            payment,
            id=world.new_id("tr"),
            created_at=written(now),
            expires_at=written(after(now, lifetime)),
        )
        opened = replace(identified, details=reference_details(identified))
        world.store.insert(opened.entity())
    return opened


def reach(
    world: World, payment_id: str, status: str, *, method: str | None = None, payer: Payer | None = None
) -> Payment:
    """Bring a payment to a state, paid with a method by a payer; raises a 422 where the state does not follow.

    Reaching the state in which it is already changes nothing and tells nobody.
    """
    with world.store.transaction():
        payment = world.payment(payment_id)
        if status == payment.status:
            return payment
        if status not in PAYMENT_STATES[payment.status]:
            raise unprocessable(f"A payment that is {payment.status} cannot become {status}", "status")
        changed = _changed(world, _with_method(world, payment, method), status, payer or Payer())
        world.store.update(changed.entity())
        if status in ANNOUNCED_PAYMENT_STATES:
            announce(world, changed, f"payment {status}")
    return changed


def expire_due(world: World, now: datetime | None = None) -> int:
    """Expire the open payments whose time has passed; return how many."""
    moment = (now or world.clock.now()).timestamp()
    if not world.store.due("payment", moment):
        return 0
    with world.store.transaction():
        due = world.store.due("payment", moment)
        for entity in due:
            reach(world, entity.id, "expired")
    return len(due)


def refund(world: World, payment_id: str, order: RefundOrder) -> Refund:
    """Refund a paid payment in part or in whole; raises a 422 where that much is not left."""
    if order.status not in REFUND_STATES:
        raise unprocessable(f"A refund is one of {', '.join(REFUND_STATES)}", "status")
    with world.store.transaction():
        payment = world.payment(payment_id)
        left = payment.cents - totals(world, payment_id).refunded
        part = _part_of(payment, left, order.cents)
        _check_balance(world, part)
        made = Refund(
            id=world.new_id("re"),
            mode=payment.mode,
            payment_id=payment.id,
            cents=part,
            currency=payment.currency,
            description=payment.description if order.description is None else order.description,
            status=order.status,
            created_at=written(world.clock.now()),
            metadata=order.metadata,
        )
        world.store.insert(made.entity())
        if made.status in ANNOUNCED_REFUND_STATES:
            announce(world, payment, f"refund {made.status}")
    return made


def move_refund(world: World, refund_id: str, status: str) -> Refund:
    """Bring a refund to its next state; raises a 422 where that state does not follow."""
    with world.store.transaction():
        found = world.refund(refund_id)
        if status == found.status:
            return found
        if status not in REFUND_STATES[found.status]:
            raise unprocessable(f"A refund that is {found.status} cannot become {status}", "status")
        moved = replace(found, status=status)
        world.store.update(moved.entity())
        if status in ANNOUNCED_REFUND_STATES:
            announce(world, world.payment(found.payment_id), f"refund {status}")
    return moved


def charge_back(
    world: World, payment_id: str, *, cents: int | None = None, reason_code: str | None = None
) -> Chargeback:
    """Let the payer's bank take money back (None: all that is left); raises a 422 where that much is not left."""
    with world.store.transaction():
        payment = world.payment(payment_id)
        left = payment.cents - totals(world, payment_id).charged_back
        made = Chargeback(
            id=world.new_id("chb"),
            mode=payment.mode,
            payment_id=payment.id,
            cents=_part_of(payment, left, cents),
            currency=payment.currency,
            created_at=written(world.clock.now()),
            reason_code=reason_code,
        )
        world.store.insert(made.entity())
        announce(world, payment, "chargeback")
    return made


def reverse_chargeback(world: World, chargeback_id: str, *, silently: bool = False) -> Chargeback:
    """Let the money come back; `silently` sends no webhook, which Mollie does not promise for a reversal."""
    with world.store.transaction():
        found = world.chargeback(chargeback_id)
        if found.reversed_at:
            return found
        back = replace(found, reversed_at=written(world.clock.now()))
        world.store.update(back.entity())
        if not silently:
            announce(world, world.payment(found.payment_id), "chargeback reversed")
    return back


def amend(world: World, payment: Payment) -> Payment:
    """Store the changes that a merchant made to a payment's own words and addresses."""
    world.store.update(payment.entity())
    return payment


def set_balance(world: World, cents: int | None) -> None:
    """Say how much there is to refund from; None is enough for anything."""
    world.store.put_setting(_BALANCE, cents)


def balance(world: World) -> int | None:
    """How many cents there are to refund from; None is enough for anything."""
    cents: int | None = world.store.setting(_BALANCE)
    return cents


def _check_balance(world: World, cents: int) -> None:
    """Raise a 422 where the balance is too low: mostly Mollie queues such a refund, yet this was seen in the field."""
    there = balance(world)
    if there is not None and cents > there:
        raise unprocessable("The specified amount cannot be refunded")


def _part_of(payment: Payment, left: int, cents: int | None) -> int:
    """Return the cents asked for (None: all that is left), or raise a 422."""
    if payment.status != "paid":
        raise unprocessable("The payment has not been paid for yet")
    part = left if cents is None else cents
    if part > left or part <= 0:
        limit = f"{payment.currency} {format_cents(left)}"
        raise unprocessable(f"The amount is higher than the maximum of {limit}", "amount")
    return part


def _with_method(world: World, payment: Payment, method_id: str | None) -> Payment:
    """Return the payment with the chosen method; without a choice the first that suits."""
    if method_id is None and payment.method:
        return payment
    able = {method.id for method in suitable(world.store, payment.amount, payment.allowed_methods)}
    if method_id is not None and method_id not in able | {payment.method}:
        raise unprocessable("The payment method is invalid", "method")
    first = next(iter(suitable(world.store, payment.amount, payment.allowed_methods)), None)
    return replace(payment, method=method_id or (first.id if first else None))


def _changed(world: World, payment: Payment, status: str, payer: Payer) -> Payment:
    moments = payment.moments | {status: written(world.clock.now())}
    moved = replace(payment, status=status, moments=moments)
    return replace(moved, details=payment_details(moved, complete(payer, payment.id)))
