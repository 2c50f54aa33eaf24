"""The second step of signing in: an app's code, a passkey, or a code on paper."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import render_template
from flask_babel import gettext as _

from fundraising.accounts.forms import CodeForm, PasskeyForm
from fundraising.accounts.passkeys import ask_to_sign_in
from fundraising.accounts.queries import attempts, credential_ids, recovery_codes_left
from fundraising.accounts.rules import AttemptOutcome, is_locked
from fundraising.accounts.security import authenticator, code_digest, person_digest
from fundraising.accounts.services.audit import acting_as
from fundraising.accounts.services.mails import mail_notice
from fundraising.accounts.services.proofs import (
    begin_attempt,
    note_failure,
    take_back_attempt,
    use_code,
    use_recovery_code,
)
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.guard import actor_of, open_to_anyone
from fundraising.accounts.views.judging import Locked
from fundraising.accounts.views.sign_in import owner_of_answer
from fundraising.accounts.views.stages import begin_anew, finish, pending, pending_next, remember, site
from fundraising.db import one_at_a_time, session, transaction
from fundraising.web.limits import client_digest
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.accounts.models import User

_FEW = 3


@blueprint.get("/inloggen/tweede-stap")
@open_to_anyone
def second_step() -> str | Response:
    """Ask for a second factor."""
    person = pending()
    return begin_anew() if person is None else _page(person, CodeForm(formdata=None))


@blueprint.post("/inloggen/tweede-stap")
@open_to_anyone
def second_step_now() -> str | Response | tuple[str, int]:
    """Let somebody in whose code is right: one of their app, or one on paper."""
    person, form = pending(), CodeForm()
    if person is None:
        return begin_anew()
    if not form.accepted():
        return _page(person, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        via = _proof(person, form.code.data or "")
    except Locked:
        form.form_errors.append(_("That went wrong too often. Wait a quarter of an hour, and try again."))
        return _page(person, form), HTTPStatus.TOO_MANY_REQUESTS
    if via:
        return _finish(person, via)
    form.form_errors.append(_("That code is not right, or it was used before. Wait for the next one."))
    return _page(person, form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.post("/inloggen/tweede-stap/passkey")
@open_to_anyone
def second_step_by_passkey() -> str | Response | tuple[str, int]:
    """Let somebody in whose passkey answers."""
    person, form = pending(), PasskeyForm()
    if person is None:
        return begin_anew()
    if form.accepted() and owner_of_answer(form.credential.data or "", person) is not None:
        return _finish(person, "passkey")
    with transaction(), acting_as(actor_of(person)):
        note_failure(person, "passkey")
    again = CodeForm(formdata=None)
    again.form_errors.append(_("That did not work with this passkey. Try again, or use a code."))
    return _page(person, again), HTTPStatus.UNPROCESSABLE_ENTITY


def _proof(person: User, code: str) -> str:
    """By what a code proves who somebody is; empty where it does not. Uses it up, and counts what is wrong.

    Raises Locked.
    """
    digests = person_digest(person.email), client_digest()
    with transaction(), acting_as(actor_of(person)):
        one_at_a_time(f"user:{person.id}")
        attempt = begin_attempt(*digests, AttemptOutcome.FAILED_CODE)
        if attempt is None:
            raise Locked
        # Another process may have used this code a moment ago.
        session().refresh(person)
        step = None
        if person.totp_secret:
            step = authenticator().step_of(code, person.totp_secret, person.totp_last_step)
        if step is not None:
            use_code(person, step)
            take_back_attempt(attempt)
            return "app"
        if use_recovery_code(person, code_digest(code)):
            take_back_attempt(attempt)
            return "recovery_code"
        note_failure(person, "code")
        if is_locked(attempts(*digests)):
            # Whoever comes this far knows the password.
            mail_notice(person, "codes")
    return ""


def _finish(person: User, via: str) -> Response:
    next_page = pending_next()
    answer = finish(person, ["password", via], proven_twice=True, next_page=next_page)
    left = recovery_codes_left(person.id)
    if via == "recovery_code" and left <= _FEW:
        notice(_("You have %(count)s recovery codes left. Make new ones at My account.", count=left), tone=Tone.WARN)
    return answer


def _page(person: User, form: CodeForm) -> str:
    keys = credential_ids(person.id)
    return render_template(
        "accounts/second_step.html",
        form=form,
        has_app=bool(person.totp_secret),
        passkey=PasskeyForm(formdata=None) if keys else None,
        question=remember(ask_to_sign_in(site(), keys)) if keys else "",
    )
