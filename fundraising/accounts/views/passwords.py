"""Choosing a password by a link from a mail: one that was forgotten, or the first of an invited colleague."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import current_app, render_template, url_for
from flask_babel import gettext as _

from fundraising.accounts.forms import ForgottenForm, NewPasswordForm
from fundraising.accounts.queries import attempts, user_by_email
from fundraising.accounts.rules import AttemptOutcome, may_reset
from fundraising.accounts.security import hash_password, person_digest
from fundraising.accounts.services.audit import acting_as
from fundraising.accounts.services.links import owner_of_link, password_link
from fundraising.accounts.services.mails import mail_link, mail_notice
from fundraising.accounts.services.proofs import count_alone, note_attempt, set_password
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.guard import actor_of, open_to_anyone
from fundraising.db import session, transaction
from fundraising.mailer import NotAMail, enqueue
from fundraising.web.answers import see_other
from fundraising.web.limits import SMALL_FORMS, client_digest, limited
from fundraising.web.locale import DUTCH
from fundraising.web.mails import compose_mail
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.accounts.models import User


_NOBODY = "niemand@example.org"


@blueprint.get("/wachtwoord-vergeten")
@open_to_anyone
def forgotten() -> str:
    """Ask where the link goes."""
    return render_template("accounts/forgotten.html", form=ForgottenForm(formdata=None))


@blueprint.post("/wachtwoord-vergeten")
@open_to_anyone
@limited(SMALL_FORMS)
def forgotten_now() -> str | Response | tuple[str, int]:
    """Send a link where there is such a member of staff, and say the same where there is none."""
    form = ForgottenForm()
    if not form.accepted():
        return render_template("accounts/forgotten.html", form=form), HTTPStatus.UNPROCESSABLE_ENTITY
    email = form.email.data or ""
    digests = person_digest(email), client_digest()
    with transaction():
        count_alone(*digests)
        allowed = may_reset(attempts(*digests))
        note_attempt(*digests, AttemptOutcome.RESET)
        person = user_by_email(email)
        if allowed and person is not None and person.active:
            _send(person)
        else:
            _send_nothing()
    notice(_("If we know this address, a link has been sent to it. It works for an hour."))
    return see_other(url_for("accounts.sign_in"))


@blueprint.get("/wachtwoord/<token>")
@open_to_anyone
def choose_password(token: str) -> str | Response:
    """Ask for a new password."""
    person = owner_of_link(token)
    return _no_longer() if person is None else _page(token, person, NewPasswordForm(formdata=None))


@blueprint.post("/wachtwoord/<token>")
@open_to_anyone
def choose_password_now(token: str) -> str | Response | tuple[str, int]:
    """Take a new password into use. Who has one signs in with it: a link alone never lets anybody in."""
    person = owner_of_link(token)
    if person is None:
        return _no_longer()
    form = NewPasswordForm().about(*known_of(person))
    if not form.accepted():
        return _page(token, person, form), HTTPStatus.UNPROCESSABLE_ENTITY
    hashed = hash_password(form.password.data or "")
    with transaction(), acting_as(actor_of(person)):
        if owner_of_link(token) is None:
            return _no_longer()
        first = not person.password
        set_password(person, hashed, why="invited" if first else "reset")
        note_attempt(person_digest(person.email), client_digest(), AttemptOutcome.RENEWED)
        if not first:
            mail_notice(person, "password")
    notice(_("Your password is set. Sign in with it."))
    return see_other(url_for("accounts.sign_in"))


def known_of(person: User) -> tuple[str, ...]:
    """What others know of somebody, which is therefore no password."""
    return person.name, person.email, current_app.config["ORGANISATION"].name


def _send(person: User) -> None:
    try:
        mail_link(person, "password_reset", password_link(person))
    except NotAMail:
        return  # an address that was typed at the command line


def _send_nothing() -> None:
    """Take as long as over a mail, which would tell who has an account: write one, take it back, wake the worker."""
    with session().begin_nested() as written:
        enqueue(compose_mail("password_reset", _NOBODY, DUTCH, name="", url=""))
        written.rollback()


def _no_longer() -> Response:
    notice(_("This link works no longer. Ask for a new one here."), tone=Tone.WARN)
    return see_other(url_for("accounts.forgotten"))


def _page(token: str, person: User, form: NewPasswordForm) -> str:
    return render_template("accounts/choose_password.html", form=form, token=token, person=person)
