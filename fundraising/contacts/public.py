"""Stopping a mailing, from a link in it and without signing in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, make_response, render_template

from fundraising.contacts.forms.words import CHANNELS, PURPOSES
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.rules.mailings import ASKED, Purpose
from fundraising.contacts.rules.organisations import Channel
from fundraising.contacts.services.consents import unsubscribe
from fundraising.db import transaction
from fundraising.web.answers import see_other
from fundraising.web.limits import SMALL_FORMS, limited
from fundraising.web.locale import absolute_url, public_url, register_public
from fundraising.web.tokens import BadToken, tokens_for

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

pages = Blueprint("unsubscribe", __name__)

_PURPOSE = "unsubscribe"
# Somebody may find an old mailing in a drawer of their mailbox; what it can do is stop something, no more.
_LIFETIME = timedelta(days=20 * 366)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who wants what no more."""

    contact_id: int
    purpose: Purpose
    channel: Channel


def init_unsubscribing(app: Flask) -> None:
    """Register the page, in both languages."""
    register_public(app, pages)


def unsubscribe_url(
    contact_id: int, purpose: Purpose, channel: Channel = Channel.EMAIL, *, language: str = "nl"
) -> str:
    """The whole address of the page on which this contact stops this; for the mail itself and its List-Unsubscribe."""
    token = tokens_for(_PURPOSE).issue(f"{contact_id}:{purpose.value}:{channel.value}")
    return absolute_url("unsubscribe.ask", language=language, token=token)


@pages.get("/afmelden/<token>")
def ask(token: str) -> Response:
    """Ask whether it should stop. Opening the page changes nothing: mail scanners open links too."""
    asked = _asked(token)
    if asked is None:
        return make_response(render_template("contacts/unsubscribe.html", step="unknown"), HTTPStatus.GONE)
    return _page("ask", asked, token)


@pages.post("/afmelden/<token>")
@limited(SMALL_FORMS)
def stop(token: str) -> Response:
    """Stop it, for the button on the page as for the one request of a mail program (RFC 8058)."""
    asked = _asked(token)
    if asked is None:
        return see_other(public_url("unsubscribe.ask", token=token))
    try:
        with transaction():
            unsubscribe(asked.contact_id, purpose=asked.purpose, channel=asked.channel)
    except UnknownContact:
        # Erased: nothing is sent to whoever this was.
        pass
    return _page("done", asked, token)


def _page(step: str, asked: _Asked, token: str) -> Response:
    said = {"purpose": PURPOSES[asked.purpose], "channel": CHANNELS[asked.channel]}
    return make_response(render_template("contacts/unsubscribe.html", step=step, token=token, **said))


def _asked(token: str) -> _Asked | None:
    try:
        contact_id, purpose, channel = tokens_for(_PURPOSE).read(token, lifetime=_LIFETIME).value.split(":")
        return _Asked(int(contact_id), _stoppable(purpose), Channel(channel))
    except (BadToken, ValueError):
        return None


def _stoppable(word: str) -> Purpose:
    purpose = Purpose(word)
    if purpose not in ASKED:
        raise ValueError(word)
    return purpose
