"""Thanking for a gift again, or at last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission, Subject
from fundraising.accounts.services import record
from fundraising.accounts.views import requires
from fundraising.db import transaction
from fundraising.desk.views.blueprint import blueprint
from fundraising.desk.views.gifts.page import gift_or_404
from fundraising.giving.services.mails import GiverDied, ThankedJustNow
from fundraising.giving.services.mails import thank_again as send_thanks
from fundraising.mailer import NotAMail
from fundraising.web.answers import see_other
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


@blueprint.post("/giften/<reference>/bedanken")
@requires(Permission.RESEND_THANKS)
def thank_again(reference: str) -> Response:
    """Mail thanks for a gift as it stands now, to where the donor gave their address or can be reached."""
    found = gift_or_404(reference)
    try:
        with transaction():
            recipient = send_thanks(found)
            record("gift.thanked_again", Subject("gift", found.gift_id))
        notice(_("Thanks go to %(address)s.", address=recipient))
    except ThankedJustNow:
        notice(_("Thanks were sent a moment ago."), tone=Tone.WARN)
    except GiverDied:
        notice(_("Whoever gave this has died. Thank the family in words of your own."), tone=Tone.WARN)
    except NotAMail:
        notice(_("There is no e-mail address to send thanks to. Add one to the contact."), tone=Tone.BAD)
    return see_other(url_for("desk.gift", reference=found.reference))
