"""Members of staff: adding them, their roles, and their leaving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundraising.accounts.models import User, UserRole
from fundraising.accounts.queries import other_administrators, user_by_email
from fundraising.accounts.rules import EmailTaken, LastAdministrator, NoSuccessor, Role, Subject
from fundraising.accounts.services.audit import record
from fundraising.accounts.services.proofs import new_uniquifier
from fundraising.clock import now
from fundraising.db import one_at_a_time, session
from fundraising.mailer import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class NewUser:
    """A member of staff to be."""

    email: str
    name: str
    roles: frozenset[Role]
    language: str = "nl"


@dataclass(frozen=True, slots=True)
class Owned:
    """A kind of thing that belongs to a member of staff, and goes to a colleague when they leave.

    `count` tells how many somebody has, `hand_over` gives them to somebody else: from, to.
    """

    kind: str
    count: Callable[[int], int]
    hand_over: Callable[[int, int], int]


# What later slices let people own; each adds its kinds when it is imported. Notes keep their author.
OWNED: list[Owned] = []


def add_user(new: NewUser) -> User:
    """Add a member of staff, without a password: an invitation brings that. Raises EmailTaken, and mailer.NotAMail."""
    # Whoever cannot be written to is not told of what happens to their account either.
    Message("staff_invitation", new.email.strip(), "x", "x")
    if user_by_email(new.email) is not None:
        raise EmailTaken(new.email)
    user = User(
        email=new.email.strip(),
        match_email=new.email.strip().casefold(),
        name=new.name.strip(),
        language=new.language,
        fs_uniquifier=new_uniquifier(),
        passkey_handle=new_uniquifier(),
        created_at=now(),
        held=[UserRole(role=role, granted_at=now()) for role in sorted(new.roles)],
    )
    session().add(user)
    # Its number goes into the trail.
    session().flush()
    record("user.added", _of(user), after={"email": user.email, "name": user.name, "roles": sorted(new.roles)})
    return user


def note_invitation(user: User) -> None:
    """Write down that somebody was sent a link with which they choose their password."""
    user.invited_at = now()
    record("user.invited", _of(user))


def change_user(user: User, *, name: str, roles: Iterable[Role]) -> bool:
    """Change somebody's name and roles; says whether anything changed. Raises LastAdministrator.

    Other roles end their sessions. Who never chose a password has none, and keeps the link of their invitation.
    """
    one_at_a_time("administrators")
    wanted = frozenset(roles)
    before = {"name": user.name, "roles": sorted(user.roles_held)}
    after = {"name": name.strip(), "roles": sorted(wanted)}
    if before == after:
        return False
    if Role.ADMINISTRATOR in user.roles_held - wanted:
        _see_that_one_is_left(user)
    user.name = name.strip()
    user.held = [link for link in user.held if link.role in wanted] + [
        UserRole(user_id=user.id, role=role, granted_at=now()) for role in sorted(wanted - user.roles_held)
    ]
    changed = {field for field in before if before[field] != after[field]}
    if "roles" in changed and user.password:
        user.fs_uniquifier = new_uniquifier()
    record(
        "user.changed",
        _of(user),
        before={field: before[field] for field in changed},
        after={field: after[field] for field in changed},
    )
    return True


def choose_language(user: User, language: str) -> None:
    """Remember in which language somebody reads the desk."""
    if user.language != language:
        record("user.changed", _of(user), before={"language": user.language}, after={"language": language})
        user.language = language


def owned_by(user_id: int) -> dict[str, int]:
    """How many things somebody has, by kind; kinds of which there are none left out."""
    counted = {owned.kind: owned.count(user_id) for owned in OWNED}
    return {kind: count for kind, count in counted.items() if count}


def disable(user: User, *, successor: User | None = None) -> None:
    """Let somebody sign in no longer: their sessions end at once, and what is theirs goes to their successor.

    Raises LastAdministrator, NoSuccessor.
    """
    one_at_a_time("administrators")
    if user.disabled_at is not None:
        return
    if successor is not None and (successor.id == user.id or not successor.active):
        raise NoSuccessor(successor.email)
    if Role.ADMINISTRATOR in user.roles_held:
        _see_that_one_is_left(user)
    given = {} if successor is None else {owned.kind: owned.hand_over(user.id, successor.id) for owned in OWNED}
    user.disabled_at = now()
    user.fs_uniquifier = new_uniquifier()
    told = {"successor": successor.id if successor else None, "handed_over": given}
    record("user.disabled", _of(user), after={name: value for name, value in told.items() if value})


def enable(user: User) -> None:
    """Let somebody sign in again."""
    if user.disabled_at is not None:
        user.disabled_at = None
        record("user.enabled", _of(user))


def _see_that_one_is_left(user: User) -> None:
    if user.active and not other_administrators(user.id):
        raise LastAdministrator(user.email)


def _of(user: User) -> Subject:
    return Subject("user", user.id)
