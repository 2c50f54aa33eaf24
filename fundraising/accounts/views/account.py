"""One's own account: password, second factors, codes on paper, sessions."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import abort, render_template, request, session, url_for
from flask_babel import gettext as _

from fundraising.accounts.forms import ROLE_NAMES, ConfirmForm, NewPasswordForm
from fundraising.accounts.queries import passkeys, recovery_codes_left, user
from fundraising.accounts.security import hash_password
from fundraising.accounts.services.mails import mail_notice
from fundraising.accounts.services.proofs import (
    end_sessions,
    remove_authenticator,
    remove_passkey,
    set_password,
)
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.guard import CONFIRMED, confirmed, current_user, requires_staff, settings
from fundraising.accounts.views.judging import Locked, judge_password
from fundraising.accounts.views.passwords import known_of
from fundraising.accounts.views.set_up import new_codes
from fundraising.accounts.views.stages import stay, way_on
from fundraising.clock import now
from fundraising.db import transaction
from fundraising.web.answers import see_other
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.accounts.models import User


@blueprint.get("/account")
@requires_staff
def account() -> str:
    """Show one's own account."""
    person = _me()
    return render_template(
        "accounts/account.html",
        person=person,
        role_names=[ROLE_NAMES[role] for role in sorted(person.roles_held)],
        passkeys=passkeys(person.id),
        codes_left=recovery_codes_left(person.id),
    )


@blueprint.get("/account/bevestigen")
@requires_staff
def confirm() -> str:
    """Ask for one's password once more."""
    return render_template("accounts/confirm.html", form=ConfirmForm(formdata=None, next=request.args.get("next", "")))


@blueprint.post("/account/bevestigen")
@requires_staff
def confirm_now() -> str | Response | tuple[str, int]:
    """Remember for a quarter of an hour that it is really its owner."""
    person, form = _me(), ConfirmForm()
    if form.accepted():
        try:
            if judge_password(person, person.email, form.password.data or ""):
                session[CONFIRMED] = now().timestamp()
                return see_other(way_on(form.next.data))
            form.form_errors.append(_("That is not your password."))
        except Locked:
            form.form_errors.append(_("That went wrong too often. Wait a quarter of an hour, and try again."))
    return render_template("accounts/confirm.html", form=form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("/account/wachtwoord")
@requires_staff
def own_password() -> str | Response:
    """Ask for another password."""
    if not confirmed():
        return _ask("accounts.own_password")
    return render_template("accounts/own_password.html", form=NewPasswordForm(formdata=None))


@blueprint.post("/account/wachtwoord")
@requires_staff
def own_password_now() -> str | Response | tuple[str, int]:
    """Take another password into use; every other session ends."""
    if not confirmed():
        return _ask("accounts.own_password")
    person = _me()
    form = NewPasswordForm().about(*known_of(person))
    if not form.accepted():
        return render_template("accounts/own_password.html", form=form), HTTPStatus.UNPROCESSABLE_ENTITY
    hashed = hash_password(form.password.data or "")
    with transaction():
        set_password(person, hashed, why="changed")
        mail_notice(person, "password")
    stay(person)
    notice(_("Your password is changed. Everywhere else you are signed out."))
    return see_other(url_for("accounts.account"))


@blueprint.post("/account/app/verwijderen")
@requires_staff
def remove_app() -> Response:
    """Use an authenticator app no longer."""
    if not confirmed():
        return _ask("accounts.account")
    person = _me()
    if _must_keep(person, app=False, keys=len(passkeys(person.id))):
        return _keep()
    with transaction():
        remove_authenticator(person)
        mail_notice(person, "second_factor")
    notice(_("Your app is no longer asked for."))
    return see_other(url_for("accounts.account"))


@blueprint.post("/account/passkeys/<int:number>/verwijderen")
@requires_staff
def remove_key(number: int) -> Response:
    """Use a passkey no longer."""
    if not confirmed():
        return _ask("accounts.account")
    person = _me()
    if _must_keep(person, app=bool(person.totp_secret), keys=len(passkeys(person.id)) - 1):
        return _keep()
    with transaction():
        if not remove_passkey(person, number):
            abort(404)
        mail_notice(person, "second_factor")
    notice(_("This passkey is no longer accepted."))
    return see_other(url_for("accounts.account"))


@blueprint.post("/account/herstelcodes")
@requires_staff
def make_codes() -> str | Response:
    """Make new codes on paper; the old ones end."""
    if not confirmed():
        return _ask("accounts.account")
    person = _me()
    with transaction():
        codes = new_codes(person)
    return render_template("accounts/recovery_codes.html", codes=codes, next_page=url_for("accounts.account"))


@blueprint.post("/account/overal-uitloggen")
@requires_staff
def sign_out_everywhere() -> Response:
    """End all one's sessions, this one too."""
    with transaction():
        end_sessions(_me())
    session.clear()
    notice(_("You are signed out everywhere."))
    return see_other(url_for("accounts.sign_in"))


def _me() -> User:
    return user(current_user().user_id)


def _must_keep(person: User, *, app: bool, keys: int) -> bool:
    return not app and keys < 1 and bool(person.roles_held & settings().second_factor_roles)


def _keep() -> Response:
    notice(_("Your role asks for a second step. Set up another one first."), tone=Tone.BAD)
    return see_other(url_for("accounts.account"))


def _ask(endpoint: str) -> Response:
    return see_other(url_for("accounts.confirm", next=url_for(endpoint)))
