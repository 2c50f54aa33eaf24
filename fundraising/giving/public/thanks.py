"""The page to which a donor returns: it says what became of the gift, and nothing about who gave.

Whoever has a reference may see its state and amount. The postal address is the only thing that can be added here, and
only for an hour after the gift, with a token that this page hands out in that hour: a reference that is read off a bank
statement or a mail next week no longer lets anybody redirect a yearly statement. What was filled in is never shown.
"""

from __future__ import annotations

import re
import time
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, current_app, make_response, render_template, request
from flask_babel import gettext as _

from fundraising import clock
from fundraising.db import transaction
from fundraising.giving.forms.address import AddressForm
from fundraising.giving.jobs import mollie_door, sync_payment
from fundraising.giving.jobs.looks import TROUBLE
from fundraising.giving.public.blueprint import FILLING_IN, go_to, pages, status_or_404
from fundraising.giving.public.checkout import to_checkout
from fundraising.giving.public.kept import kept, programme_name, programme_of
from fundraising.giving.queries import DonationStatus, donation_status
from fundraising.giving.queries.standing import Standing, standing_of
from fundraising.giving.rules import UNDECIDED, DonationState, PaymentStatus, Route
from fundraising.giving.services.donations import (
    AlreadyPaid,
    NotPayableOnline,
    TooManyTries,
    note_address,
    payment_to_use,
)
from fundraising.logs import get_logger, summary
from fundraising.web.limits import LOOK_UPS, SMALL_FORMS, client_digest, limited
from fundraising.web.locale import public_url
from fundraising.web.tokens import BadToken

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

_ADDRESS_ASKED_FOR = timedelta(hours=1)
_ADDRESS_TOKEN_LIFETIME = timedelta(hours=2)
# Seconds until the page looks again, longer each time; then it stops, and the mail tells.
_LOOK_AGAIN = (3, 4, 6, 9, 15, 25, 45, 90)
_SECONDS_BETWEEN_LOOKS = 3.0
_MOST_REMEMBERED = 5_000
_LOOKED = "giving_looked"
_WAIT_SECONDS = 600

_log = get_logger()


class Outcome(StrEnum):
    """What a donor is told."""

    RECEIVED = "received"
    PARTLY_RETURNED = "partly_returned"
    RETURNED = "returned"
    PENDING = "pending"
    OPEN = "open"
    NOT_STARTED = "not_started"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    TRANSFER_EXPECTED = "transfer_expected"
    TRANSFER_LAPSED = "transfer_lapsed"


_BY_PAYMENT = {
    PaymentStatus.CREATED: Outcome.NOT_STARTED,
    PaymentStatus.ABANDONED: Outcome.NOT_STARTED,
    PaymentStatus.OPEN: Outcome.OPEN,
    PaymentStatus.PENDING: Outcome.PENDING,
    PaymentStatus.AUTHORIZED: Outcome.PENDING,
    PaymentStatus.EXPIRED: Outcome.EXPIRED,
    PaymentStatus.CANCELED: Outcome.CANCELED,
    PaymentStatus.FAILED: Outcome.FAILED,
    PaymentStatus.PAID: Outcome.RECEIVED,
}
_MOVING = frozenset({Outcome.OPEN, Outcome.PENDING})
# Not while the page updates itself: what is half typed would be gone.
_ADDRESS_WELCOME = frozenset({Outcome.RECEIVED, Outcome.PARTLY_RETURNED, Outcome.TRANSFER_EXPECTED})


@pages.get("/bedankt/<reference>")
def thanks(reference: str) -> Response:
    """What became of a gift."""
    status = _newest(status_or_404(reference))
    return _page(status, AddressForm())


@pages.get("/bedankt/<reference>/stand")
@limited(LOOK_UPS)
def outcome(reference: str) -> dict[str, str]:
    """The state alone, for the script on the page."""
    status = _newest(status_or_404(reference))
    return {"outcome": outcome_of(status, standing_of(status)).value}


@pages.post("/bedankt/<reference>/opnieuw")
@limited(SMALL_FORMS)
def try_again(reference: str) -> AnyResponse:
    """Pay after all: with the payment that is still open, else with a new one; never beside one that was paid."""
    status = status_or_404(reference)
    # Also where it had failed: late money has been seen, and nobody should pay beside it.
    _ask(status)
    try:
        with transaction():
            payment_id = payment_to_use(status.reference, mode=mollie_door().mode, address_digest=client_digest())
    except TooManyTries:
        _log.warning("giving.refused", why="tries")
        return _refused(status)
    except AlreadyPaid:
        return go_to("giving.thanks", reference=status.reference)
    except NotPayableOnline:
        return go_to("giving.transfer", reference=status.reference)
    return to_checkout(status.reference, payment_id, status.language)


@pages.post("/bedankt/<reference>")
@limited(SMALL_FORMS)
def address(reference: str) -> AnyResponse:
    """Keep the postal address for a yearly statement."""
    status = status_or_404(reference)
    form = AddressForm(request.form)
    in_time = _may_add_address(status, form.token.data or "")
    if FILLING_IN in request.args:
        return _page(status, form if in_time else AddressForm())
    if not in_time:
        return _too_late(status, form)
    if not form.validate():
        return _page(status, form)
    with transaction():
        note_address(status.reference, form.address())
    return go_to("giving.thanks", reference=status.reference, adres="ja")


def _too_late(status: DonationStatus, form: AddressForm) -> Response:
    form.token.data = ""
    form.form_errors.append(
        _("This page was open for too long to add an address here. Please send it to us by e-mail.")
    )
    response = _page(status, form)
    response.status_code = HTTPStatus.FORBIDDEN
    return response


@pages.get("/bedankt/<reference>/opnieuw")
def tried_again(reference: str) -> AnyResponse:
    """The address to which that form goes, opened by itself: for the other language, or out of a browser's history."""
    return go_to("giving.thanks", reference=reference)


def _refused(status: DonationStatus) -> Response:
    """No further try, but the way by one's own bank, under the reference that the gift has."""
    programme = programme_of(status.programme_id)
    page = render_template("giving/refused.html", programme=programme, status=status)
    return make_response(page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(_WAIT_SECONDS)})


def outcome_of(status: DonationStatus, standing: Standing) -> Outcome:
    """What to tell about a donation. One that was paid twice is received as long as one of the two stands whole."""
    if status.state is DonationState.RECEIVED:
        if standing.whole:
            return Outcome.RECEIVED
        return Outcome.PARTLY_RETURNED if standing.stands else Outcome.RETURNED
    if status.route is Route.TRANSFER:
        lapsed = status.state is DonationState.LAPSED
        return Outcome.TRANSFER_LAPSED if lapsed else Outcome.TRANSFER_EXPECTED
    return _BY_PAYMENT[status.payment_status] if status.payment_status else Outcome.NOT_STARTED


def _page(status: DonationStatus, form: AddressForm) -> Response:
    standing = standing_of(status)
    told = outcome_of(status, standing)
    turn = _turn()
    moving = told in _MOVING and turn < len(_LOOK_AGAIN)
    page = render_template(
        "giving/thanks.html",
        status=status,
        standing=standing,
        outcome=told,
        programme_name=programme_name(status.programme_id),
        form=form,
        address_token=form.token.data or _address_token(status, told),
        address_noted="adres" in request.args,
        look_again=_LOOK_AGAIN[turn] if moving else None,
        next_look=public_url("giving.thanks", reference=status.reference, keer=str(turn + 1)),
    )
    return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK)


def _turn() -> int:
    """How often the page has updated itself."""
    typed = request.args.get("keer", "")
    return int(typed) if re.fullmatch(r"[0-9]{1,3}", typed) else 0


def _newest(status: DonationStatus) -> DonationStatus:
    """The status, after a look at Mollie where a payment may have moved and nobody looked at it these last seconds."""
    if not status.provider_id or status.payment_status not in UNDECIDED:
        return status
    looked: dict[str, float] = current_app.extensions.setdefault(_LOOKED, {})
    now = time.monotonic()
    if now - looked.get(status.provider_id, -_SECONDS_BETWEEN_LOOKS) < _SECONDS_BETWEEN_LOOKS:
        return status
    if len(looked) > _MOST_REMEMBERED:
        looked.clear()
    looked[status.provider_id] = now
    return _ask(status)


def _ask(status: DonationStatus) -> DonationStatus:
    if not status.provider_id:
        return status
    try:
        sync_payment(mollie_door().in_a_hurry(), status.provider_id)
    except TROUBLE as trouble:
        # The donor is shown what we know; the sweep looks again.
        _log.warning("thanks.sync_failed", payment=status.provider_id, error=summary(trouble))
        return status
    return donation_status(status.reference) or status


def asks_for_address(status: DonationStatus, told: Outcome | None = None) -> bool:
    """Whether the page asks for a postal address now: it makes sense, and it is not too late."""
    since = status.paid_at or status.created_at
    told = told or outcome_of(status, standing_of(status))
    return told in _ADDRESS_WELCOME and clock.now() - since <= _ADDRESS_ASKED_FOR


def _address_token(status: DonationStatus, told: Outcome) -> str:
    """A token with which an address may be added, or nothing where none is asked for."""
    return kept().address_tokens.issue(status.reference) if asks_for_address(status, told) else ""


def _may_add_address(status: DonationStatus, token: str) -> bool:
    try:
        return kept().address_tokens.read(token, lifetime=_ADDRESS_TOKEN_LIFETIME).value == status.reference
    except BadToken:
        return False
