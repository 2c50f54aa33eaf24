"""Refunds that staff ask for: stored before Mollie is asked, agreed to by a second person where they are large.

Nothing here books. What Mollie says of a refund comes in by `apply_observation`, which books it and tells here what was
seen, so that there is one way to the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising import clock, logs, mailer
from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record, who_acts
from fundraising.contacts.rules import greeting
from fundraising.db import insert_new, session
from fundraising.gifts.queries import entries, gift_by_source
from fundraising.gifts.rules import Source, positive, root_of, written_reference
from fundraising.giving.models import Donation, Payment, RefundRequest
from fundraising.giving.queries import events_of
from fundraising.giving.queries.refunds import refund_under_way
from fundraising.giving.rules import PROVIDER, Event, EventKind, PaymentStatus, retry_at
from fundraising.giving.rules.refunds import (
    DID_NOT_GO,
    GONE,
    TO_ASK,
    UNBOOKED,
    MoreThanLeft,
    NotASecondPerson,
    NothingToRefund,
    RefundOrder,
    RefundUnderWay,
    RequestState,
    WrongState,
    left_of,
    needs_second_person,
    refund_seen,
    request_after,
)
from fundraising.giving.services.donations import new_key
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from fundraising.web.mails import compose_mail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = logs.get_logger()

REFUND = "refund"
_ERROR_LENGTH = 500


def request_refund(payment_id: int, amount: Euro, *, note: str, form_key: str, approval_above: Euro) -> int:
    """Ask for a refund of a payment; its number. The same form sent twice is one refund.

    Who acts has asked for it. Raises NothingToRefund, MoreThanLeft, or the ledger's NotPositive.
    """
    payment = _locked_payment(payment_id)
    before = session().scalar(select(RefundRequest.id).where(RefundRequest.form_key == form_key))
    if before is not None:
        return before
    left = _left(payment)
    if positive(amount) > left:
        raise MoreThanLeft(left)
    actor = who_acts()
    large = needs_second_person(amount, _asked_before(payment.id), approval_above)
    values = {
        "payment_id": payment.id,
        "amount": amount,
        "note": note,
        "form_key": form_key,
        "idempotency_key": new_key(),
        "state": RequestState.AWAITING_APPROVAL if large else RequestState.APPROVED,
        "requested_by": actor.name,
        "requested_by_id": actor.user_id,
        "requested_at": clock.now(),
        "next_try_at": clock.now(),
        "decided_by": "",
        "attempts": 0,
        "error": "",
    }
    request_id = session().scalars(insert_new(RefundRequest).values(values).returning(RefundRequest.id)).one()
    _tell("gift.refund_requested", payment, request_id, after={"amount": amount.value, "state": str(values["state"])})
    return request_id


def left_to_refund(payment_id: int) -> Euro:
    """What can still be asked for, of a payment; nothing where it is not paid."""
    payment = session().get(Payment, payment_id)
    if payment is None or payment.status is not PaymentStatus.PAID:
        return Euro(0)
    return _left(payment)


def keep_refunds_off(provider_id: str) -> None:
    """Lock a payment, by Mollie's id of it, while what was received is corrected. Raises RefundUnderWay.

    If less stood once Mollie sends a refund that was asked for, the ledger could not book it. Without such a payment
    there is nothing to lock.
    """
    session().execute(select(Payment.id).where(Payment.provider_id == provider_id).with_for_update())
    if refund_under_way(provider_id):
        raise RefundUnderWay(provider_id)


def approve_refund(request_id: int) -> None:
    """Agree, as a second person. Raises NotASecondPerson, WrongState or LookupError."""
    request, payment = _locked(request_id)
    _expect(request, RequestState.AWAITING_APPROVAL)
    actor = who_acts()
    if actor.user_id is None or actor.user_id == request.requested_by_id:
        raise NotASecondPerson(actor.name)
    request.next_try_at = clock.now()
    _decide(request, payment, RequestState.APPROVED)


def decline_refund(request_id: int) -> None:
    """Not agree to a refund that waits for a second person. Raises WrongState or LookupError."""
    request, payment = _locked(request_id)
    _expect(request, RequestState.AWAITING_APPROVAL)
    _decide(request, payment, RequestState.DECLINED)


def withdraw_refund(request_id: int) -> None:
    """Take a refund back that Mollie has not taken on. Raises WrongState or LookupError."""
    request, payment = _locked(request_id)
    _expect(request, RequestState.AWAITING_APPROVAL, RequestState.APPROVED, RequestState.POSTPONED)
    _decide(request, payment, RequestState.WITHDRAWN)


def try_now(request_id: int) -> None:
    """Have Mollie asked again at once for what it postponed. Raises WrongState or LookupError."""
    request, payment = _locked(request_id)
    _expect(request, RequestState.POSTPONED)
    request.next_try_at = clock.now()
    _tell("gift.refund_tried_again", payment, request.id)


def settle_refund(request_id: int) -> None:
    """Put a refund aside that did not go, once somebody has looked at it. Raises WrongState or LookupError."""
    request, payment = _locked(request_id)
    _expect(request, *DID_NOT_GO)
    _move(request, RequestState.SETTLED)
    _tell("gift.refund_settled", payment, request.id)


def take_refund(request_id: int) -> RefundOrder | None:
    """Note that Mollie is being asked, before it is; None where there is nothing to ask, or somebody else does.

    What is no longer left, since a bank or somebody else took it back meanwhile, is refused here.
    """
    request, payment = _locked(request_id)
    now = clock.now()
    if request.state not in TO_ASK or request.next_try_at > now or payment.provider_id is None:
        return None
    left = _left(payment, but_for=request)
    if request.amount > left:
        _move(request, RequestState.REFUSED)
        request.error = ""
        return None
    request.attempts += 1
    request.next_try_at = retry_at(request.attempts, now)
    _move(request, RequestState.ASKED)
    return RefundOrder(
        request.id, payment.provider_id, request.idempotency_key, request.amount, _description(payment.donation_id)
    )


def adopt_refund(request_id: int, ref: str) -> None:
    """Store Mollie's id of a refund; what it is, is told by what is seen of its payment."""
    request, _payment = _locked(request_id)
    request.provider_ref = ref
    _move(request, RequestState.ACCEPTED)


def put_off_refund(request_id: int, error: str) -> None:
    """Remember why it is not known what Mollie made of a refund, and ask again later, under the same key."""
    request, _payment = _locked(request_id)
    if request.state not in TO_ASK:
        return
    request.error = error[:_ERROR_LENGTH]
    if request.next_try_at <= clock.now():
        # Nobody took it: to look for it failed already.
        request.attempts += 1
        request.next_try_at = retry_at(request.attempts, clock.now())


def postpone_refund(request_id: int, error: str) -> None:
    """Store that Mollie said no though the amount is left, as it does when our balance there is too low.

    Mollie made nothing, so the next try is a new question, under a new key.
    """
    request, payment = _locked(request_id)
    if request.state is not RequestState.ASKED:
        return
    request.error = error[:_ERROR_LENGTH]
    if request.amount > _left(payment, but_for=request):
        _move(request, RequestState.REFUSED)
        return
    request.idempotency_key = new_key()
    _move(request, RequestState.POSTPONED)


def follow_refunds(payment: Payment, donation: Donation, events: Sequence[Event], keys: Mapping[str, str]) -> None:
    """Bring what staff asked for up to what was seen of its payment; `keys` are our keys by Mollie's ids of refunds.

    The donor is written once, when the money is on its way.
    """
    if not any(event.kind is EventKind.REFUND for event in events):
        return
    refs = {key: ref for ref, key in keys.items()}
    asked = (
        select(RefundRequest).where(RefundRequest.payment_id == payment.id).execution_options(populate_existing=True)
    )
    for request in session().scalars(asked.order_by(RefundRequest.id)):
        # A crash kept us from storing Mollie's id; our key in the metadata says whose it is.
        request.provider_ref = request.provider_ref or refs.get(request.idempotency_key)
        seen = refund_seen(events, request.provider_ref) if request.provider_ref else None
        if seen is None:
            continue
        _move(request, seen)
        request.error = ""
        if request.state in GONE and request.mail_id is None:
            request.mail_id = _write_donor(request, donation)


def _locked_payment(payment_id: int) -> Payment:
    """A paid payment, locked until the transaction ends. Raises NothingToRefund."""
    found = select(Payment).where(Payment.id == payment_id).with_for_update()
    payment = session().scalar(found.execution_options(populate_existing=True))
    if payment is None or payment.status is not PaymentStatus.PAID:
        raise NothingToRefund(str(payment_id))
    return payment


def _locked(request_id: int) -> tuple[RefundRequest, Payment]:
    """A request and its payment, the payment locked first as everywhere. Raises LookupError."""
    payment_id = session().scalar(select(RefundRequest.payment_id).where(RefundRequest.id == request_id))
    if payment_id is None:
        raise LookupError(request_id)
    payment = _locked_payment(payment_id)
    held = select(RefundRequest).where(RefundRequest.id == request_id).execution_options(populate_existing=True)
    return session().scalars(held).one(), payment


def _left(payment: Payment, *, but_for: RefundRequest | None = None) -> Euro:
    """What is left of a payment and of the gift that it became, which a correction may have made smaller."""
    events = events_of(payment.id)
    seen = {event.provider_ref for event in events}
    held = select(RefundRequest).where(RefundRequest.payment_id == payment.id, RefundRequest.state.in_(UNBOOKED))
    # One that Mollie took on counts by what was seen of it, and until then by what was asked.
    unseen = [each for each in session().scalars(held) if each.provider_ref not in seen and each is not but_for]
    return left_of(_received(payment), events, [each.amount for each in unseen])


def _received(payment: Payment) -> Euro:
    gift = gift_by_source(Source(PROVIDER, payment.provider_id or "?"))
    if gift is None:
        raise NothingToRefund(str(payment.id))
    return min(payment.amount, root_of(entries(gift.gift_id)).amount)


def _asked_before(payment_id: int) -> list[Euro]:
    asked = select(RefundRequest.amount).where(
        RefundRequest.payment_id == payment_id, RefundRequest.state.in_(UNBOOKED | GONE)
    )
    return list(session().scalars(asked))


def _expect(request: RefundRequest, *states: RequestState) -> None:
    if request.state not in states:
        raise WrongState(request.state)


def _move(request: RefundRequest, wanted: RequestState) -> None:
    before, request.state = request.state, request_after(request.state, wanted)
    if request.state is not before:
        log.info("refund.moved", refund=request.id, before=before.value, after=request.state.value)


def _decide(request: RefundRequest, payment: Payment, state: RequestState) -> None:
    before = request.state
    _move(request, state)
    actor = who_acts()
    request.decided_by, request.decided_by_id, request.decided_at = actor.name, actor.user_id, clock.now()
    change = {"state": before.value}, {"state": state.value, "amount": request.amount.value}
    _tell(f"gift.refund_{state}", payment, request.id, before=change[0], after=change[1])


def _tell(
    action: str,
    payment: Payment,
    request_id: int,
    *,
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
) -> None:
    gift = gift_by_source(Source(PROVIDER, payment.provider_id or "?"))
    told = dict(after or {}) | {"refund": request_id}
    record(action, Subject("gift", gift.gift_id if gift else None), before=before, after=told)


def _description(donation_id: int) -> str:
    reference = session().scalars(select(Donation.reference).where(Donation.id == donation_id)).one()
    return written_reference(reference)


def _write_donor(request: RefundRequest, donation: Donation) -> int | None:
    """Tell the donor; an address that no mail can go to does not keep a refund from being booked."""
    try:
        message = compose_mail(
            REFUND,
            donation.donor.email,
            donation.language,
            salutation=greeting(donation.donor.name, donation.language),
            amount=request.amount,
            programme_name=programme_names(donation.language)[donation.programme_id].name,
            reference=written_reference(donation.reference),
        )
    except mailer.NotAMail as wrong:
        log.warning("refund.mail_impossible", refund=request.id, error=logs.summary(wrong))
        return None
    return mailer.enqueue(message)
