"""The stages of signing in: a password first, then a second factor where there is one or must be one.

Between the two nobody is signed in: the session only remembers who has given a right password, for ten minutes.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import current_app, g, session, url_for
from flask_babel import gettext as _

from fundraising.accounts.passkeys import Site
from fundraising.accounts.queries import has_second_factor, user, user_by_uniquifier
from fundraising.accounts.rules import AttemptOutcome
from fundraising.accounts.security import begin_session, person_digest
from fundraising.accounts.services.audit import acting_as
from fundraising.accounts.services.proofs import note_attempt, note_sign_in
from fundraising.accounts.views.guard import BEGAN, CONFIRMED, NAME, PROVEN_TWICE, SEEN, actor_of, settings, signed_in
from fundraising.clock import now
from fundraising.db import transaction
from fundraising.web.answers import see_other
from fundraising.web.desk import DESK, LANGUAGE_KEY, is_desk
from fundraising.web.limits import client_digest
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.accounts.models import User
    from fundraising.accounts.passkeys import Question

# In the session.
_PENDING = "pending"
_QUESTION = "question"

_NAME_BYTES = 16
_PENDING_FOR = timedelta(minutes=10)
_QUESTION_FOR = timedelta(minutes=5)
# Browsers read `\` as `/`; a line break would end the header in which an address stands.
_NOT_IN_ADDRESS = re.compile(r"[\x00-\x1f\x7f\\]")


def begin_anew() -> Response:
    """Back to the beginning: nobody is known any more who has given a right password."""
    notice(_("That took a while. Please sign in anew."), tone=Tone.WARN)
    return see_other(url_for("accounts.sign_in"))


def after_password(person: User, next_page: str | None) -> Response:
    """Go on with somebody whose password was right."""
    language = session.get(LANGUAGE_KEY, person.language)
    session.clear()
    session[LANGUAGE_KEY] = language
    has_factor = has_second_factor(person)
    if not has_factor and not person.roles_held & settings().second_factor_roles:
        return finish(person, ["password"], proven_twice=False, next_page=next_page)
    session[_PENDING] = {"user": person.fs_uniquifier, "at": now().timestamp(), "next": way_on(next_page)}
    return see_other(url_for("accounts.second_step" if has_factor else "accounts.set_up"))


def pending() -> User | None:
    """Whoever has given a right password in this session, and is not signed in yet."""
    waiting = session.get(_PENDING)
    if not waiting or now().timestamp() - waiting["at"] > _PENDING_FOR.total_seconds():
        session.pop(_PENDING, None)
        return None
    return user_by_uniquifier(waiting["user"])


def pending_next() -> str:
    """Where whoever is signing in wanted to go."""
    return str((session.get(_PENDING) or {}).get("next") or f"{DESK}/")


def owner() -> User | None:
    """Whose second factors this session may set up: whoever is signed in, or must set up their first to get in."""
    staff = signed_in()
    if staff is not None:
        return user(staff.user_id)
    waiting = pending()
    return None if waiting is None or has_second_factor(waiting) else waiting


def finish(person: User, via: list[str], *, proven_twice: bool, next_page: str | None) -> Response:
    """Let somebody in, and send them where they wanted to go."""
    let_in(person, via, proven_twice=proven_twice)
    return see_other(way_on(next_page))


def let_in(person: User, via: list[str], *, proven_twice: bool) -> None:
    """Let this browser be signed in as somebody, in a transaction of its own."""
    with transaction(), acting_as(actor_of(person)):
        note_sign_in(person, via)
        note_attempt(person_digest(person.email), client_digest(), AttemptOutcome.PASSED)
    session.clear()
    begin_session(person)
    # What was read of this request before is no longer so.
    g.pop("staff", None)
    session[NAME] = secrets.token_urlsafe(_NAME_BYTES)
    session[BEGAN] = session[SEEN] = session[CONFIRMED] = now().timestamp()
    session[LANGUAGE_KEY] = person.language
    session[PROVEN_TWICE] = proven_twice


def stay(person: User) -> None:
    """Let this session alone go on, now that all others of its owner have ended."""
    session["_user_id"] = person.fs_uniquifier


def way_on(next_page: str | None) -> str:
    """Where somebody goes: the page they asked for, if it is one of ours; else the front page."""
    try:
        parts = urlsplit(next_page or "")
    except ValueError:  # a bracket that is never closed
        return f"{DESK}/"
    ours = not parts.scheme and not parts.netloc and is_desk(parts.path)
    return str(next_page) if ours and not _NOT_IN_ADDRESS.search(str(next_page)) else f"{DESK}/"


def site() -> Site:
    """For whom passkeys are. Never taken from the Host header."""
    parts = urlsplit(str(current_app.config["PUBLIC_URL"]))
    return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", current_app.config["ORGANISATION"].name)


def remember(question: Question) -> str:
    """Remember what passkeys were asked until the answer comes; its options for the page."""
    session[_QUESTION] = {"challenge": question.challenge, "at": now().timestamp()}
    return question.options


def challenge() -> str:
    """What passkeys were asked in this session, once; empty where that was too long ago."""
    asked = session.pop(_QUESTION, None)
    fresh = asked and now().timestamp() - asked["at"] < _QUESTION_FOR.total_seconds()
    return str(asked["challenge"]) if fresh else ""
