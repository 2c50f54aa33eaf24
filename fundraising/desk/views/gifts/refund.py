"""Refunding a gift through Mollie, and deciding on what others want to refund."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import abort, current_app, render_template, url_for
from flask_babel import gettext as _

from fundraising import logs
from fundraising.accounts.rules import Permission
from fundraising.accounts.views import current_user, requires, requires_proof
from fundraising.db import transaction
from fundraising.desk.forms.gifts import RefundForm
from fundraising.desk.queries.today import waiting_refunds
from fundraising.desk.views.blueprint import blueprint
from fundraising.desk.views.gifts.page import gift_or_404, paid_through_mollie
from fundraising.desk.views.gifts.words import REFUND_STATES
from fundraising.gifts.queries import entries, gift_by_source
from fundraising.gifts.rules import Source
from fundraising.giving.jobs import mollie_door
from fundraising.giving.jobs.looks import TROUBLE
from fundraising.giving.jobs.refunds import ask_refund
from fundraising.giving.queries.refunds import refund_request
from fundraising.giving.rules import PROVIDER
from fundraising.giving.rules.refunds import (
    TO_ASK,
    MoreThanLeft,
    NotASecondPerson,
    NothingToRefund,
    RefundError,
    RequestState,
    WrongState,
)
from fundraising.giving.services.refunds import (
    approve_refund,
    decline_refund,
    left_to_refund,
    put_off_refund,
    request_refund,
    settle_refund,
    try_now,
    withdraw_refund,
)
from fundraising.money import Euro
from fundraising.web.answers import see_other
from fundraising.web.formats import euro
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from fundraising.desk.views.gifts.page import Paid
    from fundraising.gifts.queries import GiftSummary

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_log = logs.get_logger()
_MOST = 100


@blueprint.get("/giften/<reference>/terugbetalen")
@requires_proof(Permission.REFUND_GIFTS)
def refund_gift(reference: str) -> str:
    """How much can be refunded, and a form for it."""
    found, paid = _paid_or_404(reference)
    left = left_to_refund(paid.payment.payment_id)
    form = RefundForm(form_key=secrets.token_urlsafe(24), amount=left.written().lstrip("€\u00a0"))
    return _page(found, left, form)


@blueprint.post("/giften/<reference>/terugbetalen")
@requires_proof(Permission.REFUND_GIFTS)
def ask_for_refund(reference: str) -> Response | tuple[str, int]:
    """Store the refund, and ask Mollie where nobody else has to agree."""
    found, paid = _paid_or_404(reference)
    form = RefundForm()
    if not _KEY.fullmatch(form.form_key.data or ""):
        abort(400)
    if not form.validate():
        return _page(found, left_to_refund(paid.payment.payment_id), form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction():
            number = request_refund(
                paid.payment.payment_id,
                Euro.parse(form.amount.data or ""),
                note=form.note.data or "",
                form_key=form.form_key.data or "",
                approval_above=current_app.config["REFUND_APPROVAL_ABOVE"],
            )
    except (MoreThanLeft, NothingToRefund) as refused:
        left = refused.left if isinstance(refused, MoreThanLeft) else Euro(0)
        form.amount.errors = [_("No more than %(left)s of this gift can still be refunded.", left=euro(left))]
        return _page(found, left, form), HTTPStatus.UNPROCESSABLE_ENTITY
    return _go_on(number)


@blueprint.get("/terugbetalingen")
@requires(Permission.REFUND_GIFTS)
def refunds() -> str:
    """Refunds that wait for somebody: to be agreed to, postponed, not answered for hours, or gone wrong."""
    return render_template("desk/gifts/refunds.html", refunds=waiting_refunds(_MOST), states=REFUND_STATES)


@blueprint.post("/terugbetalingen/<int:request_id>/goedkeuren")
@requires_proof(Permission.REFUND_GIFTS)
def approve_a_refund(request_id: int) -> Response:
    """Agree as a second person; then Mollie is asked."""
    return _decide(request_id, approve_refund)


@blueprint.post("/terugbetalingen/<int:request_id>/afwijzen")
@requires(Permission.REFUND_GIFTS)
def decline_a_refund(request_id: int) -> Response:
    """Not agree."""
    return _decide(request_id, decline_refund)


@blueprint.post("/terugbetalingen/<int:request_id>/intrekken")
@requires(Permission.REFUND_GIFTS)
def withdraw_a_refund(request_id: int) -> Response:
    """Take it back before Mollie takes it on."""
    return _decide(request_id, withdraw_refund)


@blueprint.post("/terugbetalingen/<int:request_id>/opnieuw")
@requires(Permission.REFUND_GIFTS)
def try_refund_again(request_id: int) -> Response:
    """Ask Mollie now for what it postponed."""
    return _decide(request_id, try_now)


@blueprint.post("/terugbetalingen/<int:request_id>/afhandelen")
@requires(Permission.REFUND_GIFTS)
def settle_a_refund(request_id: int) -> Response:
    """Put one aside that did not go."""
    return _decide(request_id, settle_refund)


def _decide(request_id: int, decision: Callable[[int], None]) -> Response:
    try:
        with transaction():
            decision(request_id)
    except LookupError:
        abort(404)
    except NotASecondPerson:
        notice(_("Somebody else has to agree: you asked for this refund yourself."), tone=Tone.BAD)
        return _to_gift(request_id)
    except (WrongState, RefundError):
        notice(_("Somebody was before you. This is where the refund is now."), tone=Tone.WARN)
        return _to_gift(request_id)
    return _go_on(request_id)


def _go_on(request_id: int) -> Response:
    """Ask Mollie where that is due, tell what came of it, and show the gift."""
    if refund_request(request_id).state in TO_ASK:
        try:
            ask_refund(mollie_door().in_a_hurry(), request_id)
        except TROUBLE as trouble:
            # Stored as it is, and asked again by the job.
            _log.warning("refund.not_asked_yet", refund=request_id, error=logs.summary(trouble))
            with transaction():
                put_off_refund(request_id, logs.summary(trouble))
    state = refund_request(request_id).state
    bad = {RequestState.POSTPONED: Tone.WARN, RequestState.REFUSED: Tone.BAD, RequestState.FAILED: Tone.BAD}
    notice(_told(state), tone=bad.get(state, Tone.GOOD))
    return _to_gift(request_id)


def _told(state: RequestState) -> str:
    told = {
        RequestState.AWAITING_APPROVAL: _("The refund is stored. It is a large amount: somebody else has to agree."),
        RequestState.APPROVED: _("The refund is stored, and Mollie is asked within a minute."),
        RequestState.ASKED: _("The refund is stored. Mollie did not answer yet; it is asked again by itself."),
        RequestState.POSTPONED: _(
            "Mollie does not refund this now; perhaps the balance is too low. It is asked again."
        ),
        RequestState.ACCEPTED: _("Mollie will refund it. It is booked when the money is on its way."),
        RequestState.UNDERWAY: _("The refund is on its way and booked. The donor gets a mail."),
        RequestState.DONE: _("The refund is paid and booked. The donor gets a mail."),
        RequestState.FAILED: _("The refund failed."),
        RequestState.CANCELED: _("The refund was cancelled at Mollie."),
        RequestState.REFUSED: _("This cannot be refunded any more: the money went back meanwhile."),
        RequestState.DECLINED: _("The refund is declined."),
        RequestState.WITHDRAWN: _("The refund is withdrawn."),
        RequestState.SETTLED: _("The refund is put aside."),
    }
    return str(told[state])


def _to_gift(request_id: int) -> Response:
    gift = gift_by_source(Source(PROVIDER, refund_request(request_id).payment_id)) or abort(404)
    return see_other(url_for("desk.gift", reference=gift.reference))


def _paid_or_404(reference: str) -> tuple[GiftSummary, Paid]:
    found = gift_or_404(reference)
    return found, paid_through_mollie(entries(found.gift_id)) or abort(404)


def _page(found: GiftSummary, left: Euro, form: RefundForm) -> str:
    return render_template(
        "desk/gifts/refund.html",
        gift=found,
        left=left,
        form=form,
        above=current_app.config["REFUND_APPROVAL_ABOVE"],
        reader=current_user().user_id,
    )
