"""The guard before every staff page: who asks, whether they may, and that the form is one of ours.

Under /desk nothing is open by itself. A view is marked with `requires()`, `requires_staff()` or `open_to_anyone()`;
one that is not marked is refused to everybody.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

import flask_login
from flask import abort, current_app, g, request, session, url_for
from flask_wtf import CSRFProtect

from fundraising.accounts.queries import user_by_uniquifier
from fundraising.accounts.rules import Actor, ActorKind, Permission, Role, permissions_of
from fundraising.accounts.security import end_session
from fundraising.accounts.services.audit import acting_as
from fundraising.clock import now
from fundraising.web.answers import see_other
from fundraising.web.desk import is_desk
from fundraising.web.limits import client_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.wrappers import Response

    from fundraising.accounts.models import User

View = TypeVar("View", bound="Callable[..., Any]")

# In the session.
NAME = "name"
BEGAN = "began"
SEEN = "seen"
PROVEN_TWICE = "proven_twice"
CONFIRMED = "confirmed"

_MARK = "_fundraising_access"
_EXTENSION = "accounts"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Staff forms are larger than donors': many roles and rows, long notes.
_LARGEST_FORM = 1024 * 1024
_MOST_FIELDS = 2_000
# The session's cookie is written no more often than this.
_SEEN_EVERY = 60

_CONFIRMED_FOR = timedelta(minutes=15)
# Longer for what is sent than for the page that it is filled in on.
_TO_FILL_IN = timedelta(minutes=15)

csrf = CSRFProtect()


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What an installation decides about sign-in."""

    second_factor_roles: frozenset[Role]
    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class StaffUser:
    """Whoever is signed in."""

    user_id: int
    email: str
    name: str
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    language: str


@dataclass(frozen=True, slots=True)
class Access:
    """To whom a view is open. Without a permission: to all staff, or to anyone."""

    permission: Permission | None = None
    anyone: bool = False
    lately: bool = False


def requires(permission: Permission) -> Callable[[View], View]:
    """Open a staff view to those who have this permission."""
    return _marking(Access(permission))


def requires_proof(permission: Permission) -> Callable[[View], View]:
    """The same, and ask for their password where that is a while ago.

    For what takes data out of the house, erases it, moves money or says who may: somebody else may sit at their desk.
    """
    return _marking(Access(permission, lately=True))


def requires_staff(view: View) -> View:
    """Open a view to everyone who is signed in, whatever their roles."""
    return _marking(Access())(view)


def open_to_anyone(view: View) -> View:
    """Open a view under /desk to people who are not signed in: signing in itself."""
    return _marking(Access(anyone=True))(view)


def takes_files(largest: int) -> Callable[[View], View]:
    """Let a view take forms of up to so many bytes: an upload."""

    def mark(view: View) -> View:
        view._fundraising_largest = largest  # type: ignore[attr-defined]  # noqa: SLF001  our own mark
        return view

    return mark


def access_of(view: Callable[..., Any]) -> Access | None:
    """How a view is marked."""
    return cast("Access | None", getattr(view, _MARK, None))


def current_user() -> StaffUser:
    """Whoever is signed in. Raises 401 where nobody is, which a guarded view never sees."""
    user = signed_in()
    return user if user is not None else abort(401)


def signed_in() -> StaffUser | None:
    """Whoever is signed in, if anyone."""
    if not is_desk(request.path):
        return None
    if "staff" not in g:
        user = cast("User | None", flask_login.current_user._get_current_object())  # noqa: SLF001  behind its proxy
        g.staff = _told(user) if user is not None and user.is_authenticated else None
    return cast("StaffUser | None", g.staff)


def actor_of(user: User) -> Actor:
    """Somebody who acts from the address of this request, whether they are signed in already or not."""
    return Actor(ActorKind.USER, user.name, user.id, client_address())


def settings() -> AccountSettings:
    """The settings of the running application."""
    return cast("AccountSettings", current_app.extensions[_EXTENSION])


def confirmed(extra: timedelta = timedelta(0)) -> bool:
    """Whether whoever is signed in gave their password or passkey in the last quarter of an hour, or `extra` before."""
    return now().timestamp() - float(session.get(CONFIRMED, 0)) < (_CONFIRMED_FOR + extra).total_seconds()


def ends_by_itself() -> datetime:
    """When this session is over, whatever happens."""
    return datetime.fromtimestamp(session[BEGAN], UTC) + settings().longest


def init(app: Flask, account_settings: AccountSettings) -> None:
    """Put the guard before every request, and give templates `may()` and `staff`."""
    app.extensions[_EXTENSION] = account_settings
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    csrf.init_app(app)
    app.login_manager.user_loader(_user_of_session)  # type: ignore[attr-defined]
    app.before_request(_guard)
    app.teardown_request(_forget_actor)
    app.context_processor(_for_templates)


def _marking(access: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, _MARK, access)
        return view

    return mark


def _user_of_session(uniquifier: str) -> User | None:
    name = session.get(NAME)
    return user_by_uniquifier(uniquifier, session_name=name) if name else None


def _told(user: User) -> StaffUser:
    roles = user.roles_held
    return StaffUser(user.id, user.email, user.name, roles, permissions_of(roles), user.language)


def _for_templates() -> dict[str, Any]:
    user = signed_in()

    def may(permission: str) -> bool:
        return user is not None and Permission(permission) in user.permissions

    return {"staff": user, "may": may}


def _guard() -> Response | None:
    if not is_desk(request.path):
        _let_act(_actor(None))
        return None
    if request.endpoint is None:
        return None  # an address that is not there: 404, or 405
    view = current_app.view_functions[request.endpoint]
    request.max_content_length = getattr(view, "_fundraising_largest", _LARGEST_FORM)
    request.max_form_memory_size = _LARGEST_FORM
    request.max_form_parts = _MOST_FIELDS
    user = None if _session_is_over() else signed_in()
    _let_act(_actor(user))
    refusal = _refused(access_of(view), user)
    if refusal is None and request.method not in _READING:
        csrf.protect()
    return refusal


def _refused(access: Access | None, user: StaffUser | None) -> Response | None:
    if access is None:
        abort(403)
    if access.anyone:
        return None
    if user is None:
        # What was filled in meanwhile is kept on the page that says so; a redirect would lose it.
        return abort(401) if request.form.keys() - {"csrf_token"} else _to_sign_in()
    if user.roles & settings().second_factor_roles and not session.get(PROVEN_TWICE):
        # A role that asks for more was given meanwhile: sign in anew, and prove it.
        end_session()
        return _to_sign_in()
    if access.permission is not None and access.permission not in user.permissions:
        abort(403)
    if access.lately and not confirmed(timedelta(0) if request.method in _READING else _TO_FILL_IN):
        return _to_confirm()
    return None


def _to_confirm() -> Response:
    page = urlsplit(request.full_path if request.method == "GET" else request.referrer or "")
    back = f"{page.path}?{page.query}".rstrip("?")
    return see_other(url_for("accounts.confirm", next=back))


def _to_sign_in() -> Response:
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return see_other(url_for("accounts.sign_in", next=back))


def _session_is_over() -> bool:
    """Whether the session that this request brings has lasted too long, or stood idle too long; then it is ended."""
    if "_user_id" not in session:
        return False
    at = now().timestamp()
    began, seen = session.get(BEGAN, 0), session.get(SEEN, 0)
    limits = settings()
    if at - began > limits.longest.total_seconds() or at - seen > limits.idle.total_seconds():
        end_session()
        return True
    if at - seen > _SEEN_EVERY:
        session[SEEN] = at
    return False


def _actor(user: StaffUser | None) -> Actor:
    if user is None:
        return Actor(ActorKind.VISITOR, "visitor", address=client_address())
    return Actor(ActorKind.USER, user.name, user.user_id, client_address())


def _let_act(actor: Actor) -> None:
    g.acting = ExitStack()
    g.acting.enter_context(acting_as(actor))


def _forget_actor(_error: BaseException | None) -> None:
    acting = g.pop("acting", None)
    if acting is not None:
        acting.close()
