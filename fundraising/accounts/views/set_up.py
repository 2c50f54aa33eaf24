"""Setting up a second factor: at the first sign-in of who must have one, or later from one's own account."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import segno
from flask import render_template, session, url_for
from flask_babel import gettext as _

from fundraising.accounts.forms import CodeForm, NewPasskeyForm
from fundraising.accounts.passkeys import BadPasskey, ask_to_register, check_registration
from fundraising.accounts.queries import credential_ids, passkey_by_credential, recovery_codes_left
from fundraising.accounts.security import authenticator, code_digest, new_recovery_codes
from fundraising.accounts.services.audit import acting_as
from fundraising.accounts.services.mails import mail_notice
from fundraising.accounts.services.proofs import add_passkey, set_authenticator, set_recovery_codes
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.guard import PROVEN_TWICE, actor_of, confirmed, open_to_anyone, signed_in
from fundraising.accounts.views.stages import (
    begin_anew,
    challenge,
    let_in,
    owner,
    pending_next,
    remember,
    site,
)
from fundraising.db import transaction
from fundraising.web.answers import see_other
from fundraising.web.notices import notice

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.accounts.models import User

# In the session: the secret of an app that has not proven itself yet, encrypted.
_NEW_SECRET = "new_secret"  # noqa: S105  the name of a value


@blueprint.get("/beveiligen")
@open_to_anyone
def set_up() -> str | Response:
    """Show how to set up an authenticator app or a passkey."""
    person = owner()
    return _elsewhere() if person is None or not _may_change() else _page(person, CodeForm(formdata=None))


@blueprint.post("/beveiligen/app")
@open_to_anyone
def set_up_app() -> str | Response | tuple[str, int]:
    """Take an authenticator app into use that shows the right code."""
    person, form = owner(), CodeForm()
    if person is None or not _may_change() or _NEW_SECRET not in session:
        return _elsewhere()
    step = None
    if form.accepted():
        step = authenticator().step_of(form.code.data or "", session[_NEW_SECRET], None)
    if step is None:
        form.form_errors.append(_("That is not the code that this app shows now."))
        return _page(person, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction(), acting_as(actor_of(person)):
        set_authenticator(person, session.pop(_NEW_SECRET), step)
        mail_notice(person, "second_factor")
    return _done(person, "app")


@blueprint.post("/beveiligen/passkey")
@open_to_anyone
def set_up_passkey() -> str | Response | tuple[str, int]:
    """Take a passkey into use that was just made."""
    person, form = owner(), NewPasskeyForm()
    if person is None or not _may_change():
        return _elsewhere()
    if not form.accepted() or not _take_passkey(person, form):
        again = CodeForm(formdata=None)
        again.form_errors.append(_("No passkey was made. Try again, or use an app."))
        return _page(person, again), HTTPStatus.UNPROCESSABLE_ENTITY
    return _done(person, "passkey")


def new_codes(person: User) -> list[str]:
    """New codes on paper for somebody, in the caller's transaction; shown once."""
    codes = new_recovery_codes()
    set_recovery_codes(person, [code_digest(code) for code in codes])
    return codes


def _take_passkey(person: User, form: NewPasskeyForm) -> bool:
    try:
        made = check_registration(site(), challenge(), form.credential.data or "")
    except BadPasskey:
        return False
    with transaction(), acting_as(actor_of(person)):
        if passkey_by_credential(made.credential_id) is not None:
            return False
        add_passkey(person, made, (form.name.data or "").strip() or _("Passkey"))
        mail_notice(person, "second_factor")
    return True


def _done(person: User, via: str) -> str | Response:
    staff, next_page = signed_in(), pending_next()
    codes = []
    if not recovery_codes_left(person.id):
        with transaction(), acting_as(actor_of(person)):
            codes = new_codes(person)
    if staff is None:
        let_in(person, ["password", via], proven_twice=True)
    else:
        next_page = url_for("accounts.account")
        session[PROVEN_TWICE] = True
    if codes:
        return render_template("accounts/recovery_codes.html", codes=codes, next_page=next_page)
    notice(_("Your second step is set up."))
    return see_other(next_page)


def _may_change() -> bool:
    """Whether this session proved lately who it is of; one that is not signed in yet did so a moment ago."""
    return signed_in() is None or confirmed()


def _elsewhere() -> Response:
    if signed_in() is None:
        return begin_anew()
    return see_other(url_for("accounts.confirm", next=url_for("accounts.set_up")))


def _page(person: User, form: CodeForm) -> str:
    secret = session.setdefault(_NEW_SECRET, authenticator().new_secret())
    app = authenticator()
    picture = segno.make(app.get_totp_uri(person.email, secret), error="m")
    question = ask_to_register(site(), person.passkey_handle, person.email, credential_ids(person.id))
    return render_template(
        "accounts/set_up.html",
        form=form,
        passkey=NewPasskeyForm(formdata=None),
        question=remember(question),
        picture=picture.svg_data_uri(scale=5, border=2),
        key=app.get_totp_pretty_key(secret),
        required=signed_in() is None,
        next_page=url_for("accounts.account") if signed_in() else "",
    )
