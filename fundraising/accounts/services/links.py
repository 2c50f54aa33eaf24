"""Links with which somebody chooses a password."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from fundraising.accounts.queries import user
from fundraising.accounts.rules import UnknownUser
from fundraising.web.locale import DUTCH, absolute_url
from fundraising.web.tokens import BadToken, tokens_for

if TYPE_CHECKING:
    from fundraising.accounts.models import User

_PURPOSE = "password"
_RESET_FOR = timedelta(hours=1)
# An invitation waits for a colleague who is on leave.
_INVITED_FOR = timedelta(days=7)


def password_link(person: User) -> str:
    """The address at which somebody chooses a password, once: another password makes it worthless."""
    token = tokens_for(_PURPOSE).issue(f"{person.id}.{_fingerprint(person)}")
    # Staff pages have one address in all languages.
    return absolute_url("accounts.choose_password", language=DUTCH, token=token)


def owner_of_link(token: str) -> User | None:
    """Who may choose a password with this; nobody where it is not ours, too old, or was used."""
    try:
        read = tokens_for(_PURPOSE).read(token, lifetime=_INVITED_FOR)
        number, _dot, fingerprint = read.value.partition(".")
        person = user(int(number))
    except (BadToken, ValueError, UnknownUser):
        return None
    fits = person.active and fingerprint == _fingerprint(person)
    return person if fits and not (person.password and read.age > _RESET_FOR) else None


def _fingerprint(person: User) -> str:
    """Differs as soon as somebody has another password, or was signed out of everything."""
    return hashlib.sha256(f"{person.password}:{person.fs_uniquifier}".encode()).hexdigest()[:16]
