"""Confirming the newsletter: from a link in a mail, with a button, since mail scanners open links by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import make_response, render_template

from fundraising.contacts.services import grant_consent
from fundraising.db import transaction
from fundraising.giving.public.blueprint import go_to, pages
from fundraising.giving.public.kept import kept
from fundraising.web.limits import SMALL_FORMS, limiter
from fundraising.web.locale import absolute_url
from fundraising.web.tokens import BadToken

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

_LIFETIME = timedelta(days=30)
_GONE = 410


@pages.app_template_global()
def newsletter_url(contact_id: int) -> str:
    """The address with which a contact confirms the newsletter, for a mail in the current language."""
    token = kept().newsletter_tokens.issue(str(contact_id))
    return absolute_url("giving.newsletter", token=token)


@pages.get("/nieuwsbrief/<token>")
def newsletter(token: str) -> Response:
    """Ask whether it is really wanted. Opening the page changes nothing."""
    if _contact_of(token) is None:
        return make_response(render_template("giving/newsletter.html", step="expired"), _GONE)
    return make_response(render_template("giving/newsletter.html", step="ask", token=token))


@pages.post("/nieuwsbrief/<token>")
@limiter.limit(SMALL_FORMS)
def confirm_newsletter(token: str) -> Response:
    """Note that it is wanted."""
    contact_id = _contact_of(token)
    if contact_id is None:
        return go_to("giving.newsletter", token=token)
    with transaction():
        grant_consent(contact_id, purpose="newsletter", channel="email", source="confirmation_mail")
    return make_response(render_template("giving/newsletter.html", step="done"))


def _contact_of(token: str) -> int | None:
    try:
        return int(kept().newsletter_tokens.read(token, lifetime=_LIFETIME).value)
    except BadToken:
        return None
