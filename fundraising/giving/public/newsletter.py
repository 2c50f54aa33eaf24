"""Confirming the newsletter: from a link in a mail, with a button, since mail scanners open links by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import make_response, render_template

from fundraising.contacts.queries import consent_state
from fundraising.contacts.rules import ConsentState
from fundraising.contacts.services.consents import grant_consent
from fundraising.db import transaction
from fundraising.giving.public.blueprint import go_to, pages
from fundraising.giving.services.mails import NEWSLETTER
from fundraising.web.limits import SMALL_FORMS, limited
from fundraising.web.tokens import BadToken, tokens_for

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who was asked, and after what; it grants once, so that an old link is of no use after a withdrawal."""

    contact_id: int
    source: str


@pages.get("/nieuwsbrief/<token>")
def newsletter(token: str) -> Response:
    """Ask whether it is really wanted. Opening the page changes nothing."""
    if _asked(token) is None:
        return make_response(render_template("giving/newsletter.html", step="expired"), HTTPStatus.GONE)
    return make_response(render_template("giving/newsletter.html", step="ask", token=token))


@pages.post("/nieuwsbrief/<token>")
@limited(SMALL_FORMS)
def confirm_newsletter(token: str) -> Response:
    """Note that it is wanted."""
    asked = _asked(token)
    if asked is None:
        return go_to("giving.newsletter", token=token)
    with transaction():
        granted = _granted(asked)
    if not granted:
        return make_response(render_template("giving/newsletter.html", step="expired"), HTTPStatus.GONE)
    return make_response(render_template("giving/newsletter.html", step="done"))


def _granted(asked: _Asked) -> bool:
    """Whether the newsletter may be sent now: not to whom withdrew it since, nor to whom we erased."""
    if consent_state(asked.contact_id, "newsletter", "email") is None:
        return False
    grant_consent(asked.contact_id, purpose="newsletter", channel="email", source=asked.source)
    return consent_state(asked.contact_id, "newsletter", "email") is ConsentState.GRANTED


def _asked(token: str) -> _Asked | None:
    try:
        value = tokens_for(NEWSLETTER).read(token, lifetime=_LIFETIME).value
    except BadToken:
        return None
    contact_id, _, source = value.partition(":")
    return _Asked(int(contact_id), source)
