"""Managing members of staff, for administrators."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _

from fundraising.accounts.forms import ROLE_NAMES, InvitationForm, RolesForm
from fundraising.accounts.queries import other_administrators, user, user_row, users
from fundraising.accounts.rules import EmailTaken, LastAdministrator, NoSuccessor, Permission, UnknownUser
from fundraising.accounts.services.links import password_link
from fundraising.accounts.services.mails import mail_link, mail_notice
from fundraising.accounts.services.proofs import reset_second_factor
from fundraising.accounts.services.users import (
    NewUser,
    add_user,
    change_user,
    disable,
    enable,
    note_invitation,
    owned_by,
)
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.guard import current_user, requires, requires_proof
from fundraising.accounts.views.stages import stay
from fundraising.db import transaction
from fundraising.web.answers import see_other
from fundraising.web.lists import Sort, wanted
from fundraising.web.locale import lazy_text
from fundraising.web.menu import Group, MenuItem, in_menu
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from fundraising.accounts.models import User
    from fundraising.accounts.queries import UserRow

in_menu(
    blueprint,
    MenuItem(
        group=Group.HOUSE,
        place=10,
        label=lazy_text("Users"),
        endpoint="accounts.all_users",
        permission=Permission.MANAGE_USERS,
    ),
)


_ORDERS: dict[str, Callable[[UserRow], Any]] = {
    "naam": lambda row: row.name.casefold(),
    "ingelogd": lambda row: (row.signed_in_at is not None, row.signed_in_at or row.created_at),
}


@blueprint.get("/gebruikers")
@requires(Permission.MANAGE_USERS)
def all_users() -> str:
    """List the members of staff, those who left last."""
    asked = wanted(request.args, sortable=_ORDERS, default=Sort("naam"))
    rows = sorted(users(), key=_ORDERS[asked.sort.key], reverse=asked.sort.descending)
    rows.sort(key=lambda row: row.disabled_at is not None)
    return render_template("accounts/users.html", users=rows, asked=asked, role_names=ROLE_NAMES)


@blueprint.get("/gebruikers/uitnodigen")
@requires_proof(Permission.MANAGE_USERS)
def new_user() -> str:
    """Ask whom to invite."""
    return render_template("accounts/invite.html", form=InvitationForm(formdata=None))


@blueprint.post("/gebruikers/uitnodigen")
@requires_proof(Permission.MANAGE_USERS)
def invite() -> str | Response | tuple[str, int]:
    """Add a colleague, and send them a link with which they choose their password."""
    form = InvitationForm()
    if form.accepted():
        new = NewUser(form.email.data or "", form.name.data or "", form.chosen(), form.language.data or "nl")
        try:
            with transaction():
                person = add_user(new)
                _invite(person)
                _tell_others(person, "let_in")
        except EmailTaken:
            form.email.errors = [_("Somebody has this address already.")]
        else:
            notice(_("An invitation is on its way to %(email)s.", email=person.email))
            return see_other(url_for("accounts.one_user", number=person.id))
    return render_template("accounts/invite.html", form=form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("/gebruikers/<int:number>")
@requires_proof(Permission.MANAGE_USERS)
def one_user(number: int) -> str:
    """Show a member of staff."""
    person = _found(number)
    words = [role.value for role in sorted(person.roles_held)]
    return _page(person, RolesForm(formdata=None, name=person.name, roles=words))


@blueprint.post("/gebruikers/<int:number>")
@requires_proof(Permission.MANAGE_USERS)
def change(number: int) -> str | Response | tuple[str, int]:
    """Change somebody's name and roles."""
    person, form = _found(number), RolesForm()
    if not form.accepted():
        return _page(person, form), HTTPStatus.UNPROCESSABLE_ENTITY
    roles_before = person.roles_held
    try:
        with transaction():
            changed = change_user(person, name=form.name.data or "", roles=form.chosen())
            if person.roles_held != roles_before:
                _tell(person)
    except LastAdministrator:
        form.form_errors.append(_("Somebody must manage the users: make somebody else an administrator first."))
        return _page(person, form), HTTPStatus.UNPROCESSABLE_ENTITY
    if person.id == current_user().user_id:
        stay(person)
    notice(_("Saved.") if changed else _("Nothing was different."))
    return see_other(url_for("accounts.one_user", number=number))


@blueprint.post("/gebruikers/<int:number>/uitnodiging")
@requires(Permission.MANAGE_USERS)
def invite_again(number: int) -> Response:
    """Send a colleague another link."""
    person = _found(number)
    if not person.active or person.password:
        abort(404)
    with transaction():
        _invite(person)
    notice(_("An invitation is on its way to %(email)s.", email=person.email))
    return see_other(url_for("accounts.one_user", number=number))


@blueprint.get("/gebruikers/<int:number>/tweede-stap")
@requires_proof(Permission.MANAGE_USERS)
def ask_second_factor(number: int) -> str:
    """Ask whether somebody really lost their second factor."""
    return render_template("accounts/lost_factor.html", person=_found(number))


@blueprint.post("/gebruikers/<int:number>/tweede-stap")
@requires_proof(Permission.MANAGE_USERS)
def forget_second_factor(number: int) -> Response:
    """Let somebody set up a new second factor when they sign in."""
    person = _found(number)
    with transaction():
        reset_second_factor(person)
        mail_notice(person, "second_factor")
    notice(_("%(name)s sets up a new second step at the next sign-in.", name=person.name))
    return see_other(url_for("accounts.one_user", number=number))


@blueprint.get("/gebruikers/<int:number>/vertrek")
@requires_proof(Permission.MANAGE_USERS)
def ask_leaving(number: int) -> str:
    """Ask whether somebody really leaves, and who takes over what is theirs."""
    return _leaving(_found(number))


@blueprint.post("/gebruikers/<int:number>/vertrek")
@requires_proof(Permission.MANAGE_USERS)
def leave(number: int) -> str | Response | tuple[str, int]:
    """Let somebody sign in no longer, from now on."""
    person, successor = _found(number), request.form.get("successor", "")
    try:
        with transaction():
            disable(person, successor=_successor(successor) if successor else None)
    except NoSuccessor:
        notice(_("Choose a colleague who still works here."), tone=Tone.BAD)
        return _leaving(person), HTTPStatus.UNPROCESSABLE_ENTITY
    except LastAdministrator:
        notice(
            _("Somebody must manage the users: make somebody else an administrator first."),
            tone=Tone.BAD,
        )
        return see_other(url_for("accounts.one_user", number=number))
    notice(_("%(name)s can sign in no longer.", name=person.name))
    return see_other(url_for("accounts.one_user", number=number))


@blueprint.post("/gebruikers/<int:number>/terug")
@requires_proof(Permission.MANAGE_USERS)
def come_back(number: int) -> Response:
    """Let somebody sign in again."""
    person = _found(number)
    with transaction():
        enable(person)
        _tell_others(person, "let_in")
    notice(_("%(name)s can sign in again.", name=person.name))
    return see_other(url_for("accounts.one_user", number=number))


def _found(number: int) -> User:
    try:
        return user(number)
    except UnknownUser:
        abort(404)


def _successor(number: str) -> User:
    colleagues = {str(each.id): each.id for each in users()}
    if number not in colleagues:
        raise NoSuccessor(number)
    return user(colleagues[number])


def _invite(person: User) -> None:
    note_invitation(person)
    mail_link(person, "staff_invitation", password_link(person), by=current_user().name)


def _tell(person: User) -> None:
    """Tell somebody that their roles changed, and the other administrators as well."""
    mail_notice(person, "roles")
    _tell_others(person, "roles")


def _tell_others(person: User, what: str) -> None:
    """Tell the administrators who did not do it: a second account would let one of them agree to their own refund."""
    for other in other_administrators(current_user().user_id):
        if other.id != person.id:
            mail_notice(person, what, to=other)


def _page(person: User, form: RolesForm) -> str:
    return render_template("accounts/user.html", person=user_row(person.id), form=form)


def _leaving(person: User) -> str:
    colleagues = [each for each in users() if each.disabled_at is None and each.id != person.id]
    return render_template("accounts/leaving.html", person=person, owned=owned_by(person.id), colleagues=colleagues)
