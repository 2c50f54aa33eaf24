"""What Mollie says and cannot be booked: finance looks at it, and puts it away once it is dealt with."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import abort, render_template, url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires
from fundraising.db import transaction
from fundraising.desk.forms.settling import SettleForm
from fundraising.desk.views.blueprint import blueprint
from fundraising.desk.views.gifts.words import why_stuck
from fundraising.gifts.queries.sources import references_from
from fundraising.giving.queries.trouble import stuck
from fundraising.giving.rules import PROVIDER
from fundraising.giving.services.trouble import settle_stuck
from fundraising.web.answers import see_other
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

_MOST = 100


@blueprint.get("/niet-te-boeken")
@requires(Permission.CORRECT_GIFTS)
def stuck_payments() -> str:
    """Payments and webhooks that fail again and again, each with why."""
    return _page(SettleForm())


@blueprint.post("/niet-te-boeken")
@requires(Permission.CORRECT_GIFTS)
def settle_payment() -> Response | tuple[str, int]:
    """Try no more to book one of them."""
    form = SettleForm()
    if not form.payment.data:
        abort(400)
    if not form.accepted():
        return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction():
            settle_stuck(form.payment.data, form.reason.data or "")
        notice(_("This is put aside. It comes back here if Mollie has something new to tell of it."))
    except LookupError:
        notice(_("Somebody was before you, or it is booked by now."), tone=Tone.WARN)
    return see_other(url_for(".stuck_payments"))


def _page(form: SettleForm) -> str:
    rows = stuck(most=_MOST)
    gifts = references_from(PROVIDER, [row.name for row in rows])
    return render_template("desk/stuck.html", stuck=rows, gifts=gifts, form=form, why_stuck=why_stuck)
