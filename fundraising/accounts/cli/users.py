"""`fundraising users`: members of staff, the first administrator among them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from fundraising.accounts.queries import user_by_email
from fundraising.accounts.queries import users as all_users
from fundraising.accounts.rules import EmailTaken, LastAdministrator, NoSuccessor, Role
from fundraising.accounts.services.links import password_link
from fundraising.accounts.services.mails import mail_link, mail_notice
from fundraising.accounts.services.proofs import end_sessions, reset_second_factor
from fundraising.accounts.services.users import NewUser, add_user, change_user, disable, enable, note_invitation
from fundraising.db import transaction
from fundraising.mailer import NotAMail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fundraising.accounts.models import User
    from fundraising.accounts.queries import UserRow

users = AppGroup("users", help="Members of staff.")

_role = click.Choice([role.value for role in Role])
_link = click.option("--link", is_flag=True, help="Print the link to choose a password instead of mailing it.")


@users.command("add")
@click.argument("email")
@click.argument("name")
@click.option("--role", "roles", type=_role, multiple=True, help="What they are here for; may be given again.")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
@_link
def add(email: str, name: str, roles: tuple[str, ...], language: str, link: bool) -> None:
    """Add a member of staff, the first administrator say, and send them a link to choose a password."""
    new = NewUser(email, name, frozenset(map(Role, roles)), language)
    try:
        with transaction():
            _invite(add_user(new), link=link)
    except EmailTaken:
        raise click.ClickException(f"{email} is a member of staff already") from None
    except NotAMail as wrong:
        raise click.ClickException(str(wrong)) from None


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def list_(as_json: bool) -> None:
    """List the members of staff."""
    if as_json:
        click.echo(json.dumps([_told(row) for row in all_users()], indent=2, ensure_ascii=False))
        return
    for row in all_users():
        state = "left" if row.disabled_at else "active" if row.has_password else "invited"
        factor = "second factor" if row.has_second_factor else "-"
        click.echo(f"{row.id:>5}  {state:<8}  {factor:<14}  {row.email:<32}  {', '.join(sorted(row.roles))}")


@users.command("roles")
@click.argument("email")
@click.argument("roles", type=_role, nargs=-1)
def roles_(email: str, roles: tuple[str, ...]) -> None:
    """Give a member of staff these ROLES and no others."""
    with _unless_last(), transaction():
        person = _found(email)
        if change_user(person, name=person.name, roles=map(Role, roles)):
            mail_notice(person, "roles")
    click.echo(f"{email}: {', '.join(roles) or 'no role'}")


@users.command("invite")
@click.argument("email")
@_link
def invite(email: str, link: bool) -> None:
    """Send a member of staff a link to choose a password; also to one who forgot it."""
    with transaction():
        _invite(_found(email), link=link)


@users.command("reset-second-factor")
@click.argument("email")
def reset(email: str) -> None:
    """Forget the app, passkeys and recovery codes of a member of staff, who sets up anew at the next sign-in."""
    with transaction():
        person = _found(email)
        reset_second_factor(person)
        mail_notice(person, "second_factor")
    click.echo(f"{email}: sets up a second factor anew")


@users.command("sign-out")
@click.argument("email")
def sign_out(email: str) -> None:
    """End all sessions of a member of staff."""
    with transaction():
        end_sessions(_found(email))
    click.echo(f"{email}: signed out everywhere")


@users.command("disable")
@click.argument("email")
@click.option("--successor", help="The colleague to whom what is theirs goes.")
def disable_(email: str, successor: str | None) -> None:
    """Let a member of staff who leaves sign in no longer, from now on."""
    with _unless_last(), transaction():
        disable(_found(email), successor=_found(successor) if successor else None)
    click.echo(f"{email}: can sign in no longer")


@users.command("enable")
@click.argument("email")
def enable_(email: str) -> None:
    """Let a member of staff sign in again."""
    with transaction():
        enable(_found(email))
    click.echo(f"{email}: can sign in again")


@contextmanager
def _unless_last() -> Iterator[None]:
    """Say in words that somebody must stay, or take over."""
    try:
        yield
    except NoSuccessor:
        raise click.ClickException("the successor must be another colleague, who still works here") from None
    except LastAdministrator:
        message = "nobody would be left to manage the users: add another administrator first"
        raise click.ClickException(message) from None


def _found(email: str) -> User:
    person = user_by_email(email)
    if person is None:
        raise click.ClickException(f"{email} is no member of staff")
    return person


def _invite(person: User, *, link: bool) -> None:
    note_invitation(person)
    url = password_link(person)
    if not link:
        mail_link(person, "staff_invitation", url)
    click.echo(url if link else f"{person.email}: an invitation is on its way")


def _told(row: UserRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "email": row.email,
        "name": row.name,
        "roles": sorted(row.roles),
        "has_password": row.has_password,
        "has_second_factor": row.has_second_factor,
        "signed_in_at": _instant(row.signed_in_at),
        "disabled_at": _instant(row.disabled_at),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
