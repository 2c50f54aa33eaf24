"""Reading accounts: members of staff, their second factors, and what was tried of late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select

from fundraising.accounts.models import EndedSession, Passkey, RecoveryCode, SignInAttempt, User, UserRole
from fundraising.accounts.rules import ATTEMPTS_WITHIN, AttemptOutcome, Attempts, Role, UnknownUser
from fundraising.clock import now
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class UserRow:
    """A member of staff in a list."""

    id: int
    name: str
    email: str
    roles: frozenset[Role]
    has_password: bool
    has_totp: bool
    passkeys: int
    created_at: datetime
    invited_at: datetime | None
    signed_in_at: datetime | None
    disabled_at: datetime | None

    @property
    def has_second_factor(self) -> bool:
        """Whether this person can prove twice who they are."""
        return self.has_totp or self.passkeys > 0


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """A passkey in its owner's list."""

    id: int
    name: str
    backed_up: bool
    created_at: datetime
    used_at: datetime | None


def user_by_email(email: str) -> User | None:
    """The member of staff with this address, however it is spelled."""
    return session().scalar(select(User).where(User.match_email == email.strip().casefold()))


def user_by_uniquifier(uniquifier: str, *, session_name: str = "") -> User | None:
    """The member of staff whom a session names, where they may still sign in and it was not signed out of."""
    ended = exists().where(EndedSession.name == session_name)
    user = session().scalar(select(User).where(User.fs_uniquifier == uniquifier, ~ended))
    return user if user is not None and user.active else None


def user(user_id: int) -> User:
    """The member of staff with this number. Raises UnknownUser."""
    found = session().get(User, user_id)
    if found is None:
        raise UnknownUser(user_id)
    return found


def users() -> list[UserRow]:
    """All members of staff: those who may sign in first, by name."""
    keys = select(Passkey.user_id, func.count().label("held")).group_by(Passkey.user_id).subquery()
    found = session().execute(
        select(User, func.coalesce(keys.c.held, 0))
        .outerjoin(keys, keys.c.user_id == User.id)
        .order_by(User.disabled_at.is_not(None), func.lower(User.name), User.id)
    )
    return [_row(person, keys_held) for person, keys_held in found]


def user_row(user_id: int) -> UserRow:
    """One of them. Raises UnknownUser."""
    found = user(user_id)
    count = session().scalar(select(func.count()).where(Passkey.user_id == user_id)) or 0
    return _row(found, count)


def names_of_users() -> dict[int, str]:
    """The name of every member of staff there ever was, by number."""
    return dict(session().execute(select(User.id, User.name).order_by(User.name)).all())


def other_administrators(user_id: int) -> list[User]:
    """Administrators who can sign in, other than this one. Who was invited and never came cannot."""
    return list(
        session().scalars(
            select(User)
            .join(UserRole, UserRole.user_id == User.id)
            .where(UserRole.role == Role.ADMINISTRATOR, User.disabled_at.is_(None), User.id != user_id)
            .where(User.password != "")
            .order_by(User.id)
        )
    )


def passkeys(user_id: int) -> list[PasskeyRow]:
    """Somebody's passkeys, the newest first."""
    columns = (Passkey.id, Passkey.name, Passkey.backed_up, Passkey.created_at, Passkey.used_at)
    found = session().execute(select(*columns).where(Passkey.user_id == user_id).order_by(Passkey.id.desc()))
    return [PasskeyRow(*row) for row in found]


def credential_ids(user_id: int) -> Sequence[bytes]:
    """By which names browsers know somebody's passkeys."""
    return session().scalars(select(Passkey.credential_id).where(Passkey.user_id == user_id)).all()


def passkey_by_credential(credential_id: bytes) -> Passkey | None:
    """The passkey that a browser names."""
    return session().scalar(select(Passkey).where(Passkey.credential_id == credential_id))


def has_second_factor(user: User) -> bool:
    """Whether somebody has an authenticator app or a passkey."""
    return bool(user.totp_secret) or bool(session().scalar(select(exists().where(Passkey.user_id == user.id))))


def recovery_codes_left(user_id: int) -> int:
    """How many codes on paper somebody can still use."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session().scalar(unused) or 0


def attempts(email_digest: str, address_digest: str) -> Attempts:
    """What was tried of late for an address of e-mail and from a network address.

    From where its owner came in lately, as long as tries are kept, what others tried elsewhere does not count: a
    stranger would lock them out. A password chosen by mail opens that way for passwords, and not for codes.
    """
    since = now() - ATTEMPTS_WITHIN
    email, address = SignInAttempt.email_digest == email_digest, SignInAttempt.address_digest == address_digest
    password, code, reset, passed, renewed = (
        SignInAttempt.outcome == outcome
        for outcome in (
            AttemptOutcome.FAILED,
            AttemptOutcome.FAILED_CODE,
            AttemptOutcome.RESET,
            AttemptOutcome.PASSED,
            AttemptOutcome.RENEWED,
        )
    )

    def after(ending: ColumnElement[bool]) -> ColumnElement[bool]:
        last = select(func.max(SignInAttempt.at)).where(email, ending).scalar_subquery()
        return SignInAttempt.at > func.coalesce(last, since)

    def here(entry: ColumnElement[bool]) -> ColumnElement[bool]:
        return address | ~exists().where(email, address, entry)

    counts = (
        (
            email,
            or_(
                password & after(passed | renewed) & here(passed | renewed),
                code & after(passed) & here(passed),
            ),
        ),
        (address, password | code),
        (email, reset),
        (address, reset),
    )
    found = session().execute(select(*(_count(since, *which) for which in counts))).one()
    return Attempts(found[0], found[1], found[2], found[3])


def _count(since: datetime, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    counted = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.at > since, *conditions)
    return counted.scalar_subquery()


def _row(user: User, keys: int) -> UserRow:
    return UserRow(
        id=user.id,
        name=user.name,
        email=user.email,
        roles=user.roles_held,
        has_password=bool(user.password),
        has_totp=bool(user.totp_secret),
        passkeys=keys,
        created_at=user.created_at,
        invited_at=user.invited_at,
        signed_in_at=user.signed_in_at,
        disabled_at=user.disabled_at,
    )
