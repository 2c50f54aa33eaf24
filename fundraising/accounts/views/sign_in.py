"""Signing in by password or passkey, and signing out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from fundraising.accounts.forms import PasskeyForm, SignInForm
from fundraising.accounts.passkeys import BadPasskey, ask_to_sign_in, check_sign_in, credential_of
from fundraising.accounts.queries import passkey_by_credential, user, user_by_email
from fundraising.accounts.security import end_session
from fundraising.accounts.services.proofs import note_failure, sign_out_of, use_passkey
from fundraising.accounts.services.users import choose_language as read_in
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.guard import NAME, ends_by_itself, open_to_anyone, requires_staff, signed_in
from fundraising.accounts.views.judging import Locked, judge_password
from fundraising.accounts.views.stages import after_password, challenge, finish, remember, site, way_on
from fundraising.db import one_at_a_time, transaction
from fundraising.web.answers import see_other
from fundraising.web.desk import LANGUAGE_KEY
from fundraising.web.limits import SMALL_FORMS, limited
from fundraising.web.locale import DUTCH, LANGUAGES

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.accounts.models import User


@blueprint.get("/inloggen")
@open_to_anyone
def sign_in() -> str | Response:
    """Ask for address and password, or for a passkey."""
    if signed_in() is not None:
        return redirect(way_on(request.args.get("next")))
    return _page(SignInForm(next=request.args.get("next", "")))


@blueprint.post("/inloggen")
@open_to_anyone
def sign_in_now() -> str | Response | tuple[str, int]:
    """Go on with somebody whose password is right."""
    form = SignInForm()
    if not form.accepted():
        return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    email = form.email.data or ""
    person = user_by_email(email)
    try:
        fits = judge_password(person, email, form.password.data or "")
    except Locked:
        form.form_errors.append(_("That went wrong too often. Wait a quarter of an hour, or choose a new password."))
        return _page(form), HTTPStatus.TOO_MANY_REQUESTS
    if fits and person is not None:
        return after_password(person, form.next.data)
    form.form_errors.append(_("That address and password do not belong together."))
    return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.post("/inloggen/passkey")
@open_to_anyone
@limited(SMALL_FORMS)
def sign_in_by_passkey() -> Response | tuple[str, int]:
    """Let somebody in by a passkey alone: it proves possession, and by finger, face or PIN its owner."""
    form = PasskeyForm()
    person = owner_of_answer(form.credential.data or "") if form.accepted() else None
    if person is not None:
        return finish(person, ["passkey"], proven_twice=True, next_page=request.args.get("next"))
    with transaction():
        note_failure(None, "passkey")
    again = SignInForm(formdata=None, next=request.args.get("next", ""))
    again.form_errors.append(_("That did not work with this passkey. Sign in with your password."))
    return _page(again), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.post("/uitloggen")
@requires_staff
def sign_out() -> Response:
    """End this session, and with it every copy of its cookie."""
    with transaction():
        sign_out_of(session[NAME], until=ends_by_itself())
    end_session()
    session.clear()
    return see_other(url_for("accounts.sign_in"))


@blueprint.post("/taal")
@open_to_anyone
def choose_language() -> Response:
    """Show the desk in another language from now on."""
    asked = request.form.get("language", "")
    session[LANGUAGE_KEY] = language = asked if asked in LANGUAGES else DUTCH
    staff = signed_in()
    if staff is not None:
        with transaction():
            read_in(user(staff.user_id), language)
    return see_other(way_on(request.form.get("next")))


def owner_of_answer(answer: str, expected: User | None = None) -> User | None:
    """Whose passkey gave this answer to our question, where all is well; only of `expected` where that is given."""
    asked = challenge()
    with transaction():
        try:
            found = passkey_by_credential(credential_of(answer))
            if found is None or not asked or (expected is not None and found.user_id != expected.id):
                return None
            one_at_a_time(f"user:{found.user_id}")
            use_passkey(found, check_sign_in(site(), asked, answer, found.public_key, found.sign_count))
        except BadPasskey:
            return None
        person = user(found.user_id)
    return person if person.active else None


def _page(form: SignInForm) -> str:
    question = remember(ask_to_sign_in(site()))
    return render_template("accounts/sign_in.html", form=form, passkey=PasskeyForm(formdata=None), question=question)
