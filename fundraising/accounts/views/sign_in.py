"""Signing in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from fundraising.accounts.forms import SignInForm
from fundraising.accounts.queries import user_by_email
from fundraising.accounts.security import begin_session, end_session, password_fits
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.guard import BEGAN, SEEN, open_to_anyone, requires_staff, signed_in
from fundraising.clock import now
from fundraising.web.desk import DESK, LANGUAGE_KEY, is_desk

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from fundraising.accounts.models import User


@blueprint.get("/inloggen")
@open_to_anyone
def sign_in() -> str | Response:
    """Ask for address and password."""
    if signed_in() is not None:
        return redirect(_way_on(request.args.get("next")))
    return render_template("accounts/sign_in.html", form=SignInForm(next=request.args.get("next", "")))


@blueprint.post("/inloggen")
@open_to_anyone
def sign_in_now() -> str | Response | tuple[str, int]:
    """Let somebody in whose password is right."""
    form = SignInForm()
    if form.accepted():
        email, password = form.email.data or "", form.password.data or ""
        user = user_by_email(email)
        fits = password_fits(password, user.password if user is not None and user.active else "")
        if user is not None and fits:
            return _let_in(user, form.next.data)
        form.form_errors.append(_("That address and password do not belong together."))
    return render_template("accounts/sign_in.html", form=form), 422


@blueprint.post("/uitloggen")
@requires_staff
def sign_out() -> Response:
    """End this session."""
    end_session()
    return redirect(url_for("accounts.sign_in"), code=303)


def _let_in(user: User, next_page: str | None) -> Response:
    begin_session(user)
    session[BEGAN] = session[SEEN] = now().timestamp()
    session[LANGUAGE_KEY] = user.language
    return redirect(_way_on(next_page), code=303)


def _way_on(next_page: str | None) -> str:
    """Where somebody who signed in goes: the page they asked for, if it is one of ours."""
    parts = urlsplit(next_page or "")
    return str(next_page) if not parts.scheme and not parts.netloc and is_desk(parts.path) else f"{DESK}/"
