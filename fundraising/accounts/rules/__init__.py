"""Roles and permissions, and what an audit entry is about: pure rules.

The matrix here is the only place that says who may do what; a page shows it, and a test walks every route with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Role(StrEnum):
    """What a member of staff is here for. One person may have several."""

    RELATIONS = "relations"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"
    # Reads, and changes nothing.
    AUDITOR = "auditor"


class Permission(StrEnum):
    """Something that a role allows."""

    SEE_CONTACTS = "see_contacts"
    EDIT_CONTACTS = "edit_contacts"
    MERGE_CONTACTS = "merge_contacts"
    IMPORT_CONTACTS = "import_contacts"
    EXPORT_CONTACTS = "export_contacts"
    SEE_DOCUMENTS = "see_documents"
    EDIT_DOCUMENTS = "edit_documents"
    SEE_GIFTS = "see_gifts"
    CORRECT_GIFTS = "correct_gifts"
    REFUND_GIFTS = "refund_gifts"
    IMPORT_GIFTS = "import_gifts"
    EXPORT_GIFTS = "export_gifts"
    GIVING_LINKS = "giving_links"
    RESEND_THANKS = "resend_thanks"
    # A person's complete file, as the law gives them a right to (GDPR, articles 15 and 20).
    PERSON_FILE = "person_file"
    ERASE_CONTACTS = "erase_contacts"
    SEE_AUDIT = "see_audit"
    SEE_PERMISSIONS = "see_permissions"
    MANAGE_USERS = "manage_users"
    SEE_JOBS = "see_jobs"


_RELATIONS = frozenset(
    {
        Permission.SEE_CONTACTS,
        Permission.EDIT_CONTACTS,
        Permission.MERGE_CONTACTS,
        Permission.IMPORT_CONTACTS,
        Permission.EXPORT_CONTACTS,
        Permission.SEE_DOCUMENTS,
        Permission.EDIT_DOCUMENTS,
        Permission.SEE_GIFTS,
        Permission.GIVING_LINKS,
        Permission.RESEND_THANKS,
        Permission.PERSON_FILE,
        Permission.SEE_PERMISSIONS,
    }
)
_FINANCE = frozenset(
    {
        Permission.SEE_CONTACTS,
        Permission.EDIT_CONTACTS,
        Permission.EXPORT_CONTACTS,
        Permission.SEE_DOCUMENTS,
        Permission.EDIT_DOCUMENTS,
        Permission.SEE_GIFTS,
        Permission.CORRECT_GIFTS,
        Permission.REFUND_GIFTS,
        Permission.IMPORT_GIFTS,
        Permission.EXPORT_GIFTS,
        Permission.RESEND_THANKS,
        Permission.SEE_PERMISSIONS,
        Permission.SEE_JOBS,
    }
)
_ADMINISTRATOR = frozenset(
    {
        Permission.SEE_CONTACTS,
        Permission.PERSON_FILE,
        Permission.ERASE_CONTACTS,
        Permission.SEE_AUDIT,
        Permission.SEE_PERMISSIONS,
        Permission.MANAGE_USERS,
        Permission.SEE_JOBS,
    }
)
_AUDITOR = frozenset(
    {
        Permission.SEE_CONTACTS,
        Permission.SEE_DOCUMENTS,
        Permission.SEE_GIFTS,
        Permission.SEE_AUDIT,
        Permission.SEE_PERMISSIONS,
    }
)

MATRIX: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.RELATIONS: _RELATIONS,
        Role.FINANCE: _FINANCE,
        Role.ADMINISTRATOR: _ADMINISTRATOR,
        Role.AUDITOR: _AUDITOR,
    }
)

# Whoever sees money, takes data out of the house or erases it proves twice who they are.
_GUARDED = frozenset(
    {
        Permission.SEE_GIFTS,
        Permission.EXPORT_CONTACTS,
        Permission.EXPORT_GIFTS,
        Permission.PERSON_FILE,
        Permission.ERASE_CONTACTS,
    }
)
SECOND_FACTOR_ROLES = frozenset(role for role, allowed in MATRIX.items() if allowed & _GUARDED)


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """What these roles allow together."""
    return frozenset[Permission]().union(*(MATRIX[role] for role in roles))


class ActorKind(StrEnum):
    """Who or what acts."""

    USER = "user"
    COMMAND = "command"
    JOB = "job"
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a member of staff, a command, a job, or somebody who is not signed in.

    `name` is how they are shown, `cli:marianne` or `job:audit-seal` say; `address` the network address they act from.
    """

    kind: ActorKind
    name: str
    user_id: int | None = None
    address: str = ""

    @property
    def signature(self) -> str:
        """The name as it fits into the column of a record that says who did something."""
        return self.name[:64]


@dataclass(frozen=True, slots=True)
class Subject:
    """The record that something is done to: `Subject("contact", 12)`; without an id, all of its kind."""

    kind: str
    id: int | None = None


class AttemptOutcome(StrEnum):
    """What became of a try at signing in."""

    PASSED = "passed"
    # A wrong password.
    FAILED = "failed"
    # A wrong code, after the right password.
    FAILED_CODE = "failed_code"
    # Chose a new password by a link from a mail: wrong ones from before count no more. Wrong codes do.
    RENEWED = "renewed"
    # Asked for a mail with a link that sets a new password.
    RESET = "reset"


# Within this time, so many wrong answers for one address of e-mail, or from one network address.
ATTEMPTS_WITHIN = timedelta(minutes=15)
MOST_FAILURES_FOR_EMAIL = 6
# A whole office signs in from one address.
MOST_FAILURES_FROM_ADDRESS = 30
MOST_RESETS_FOR_EMAIL = 3
MOST_RESETS_FROM_ADDRESS = 15


@dataclass(frozen=True, slots=True)
class Attempts:
    """What was tried of late, since the last time that it went well for that address of e-mail."""

    failures_for_email: int
    failures_from_address: int
    resets_for_email: int
    resets_from_address: int


def is_locked(attempts: Attempts) -> bool:
    """Whether no answer is judged for now: somebody guesses."""
    return (
        attempts.failures_for_email >= MOST_FAILURES_FOR_EMAIL
        or attempts.failures_from_address >= MOST_FAILURES_FROM_ADDRESS
    )


def may_reset(attempts: Attempts) -> bool:
    """Whether another mail with a link to a new password may go out."""
    return attempts.resets_for_email < MOST_RESETS_FOR_EMAIL and attempts.resets_from_address < MOST_RESETS_FROM_ADDRESS


# Mails to staff with a link that chooses a password.
MAILS_WITH_A_LINK = frozenset({"staff_invitation", "password_reset"})


class LastAdministrator(ValueError):
    """Nobody would be left to manage the users."""


class NoSuccessor(ValueError):
    """What somebody leaves behind would go to nobody who can see to it: to themself, or to who left before."""


class EmailTaken(ValueError):
    """Another member of staff has this address."""


class UnknownUser(LookupError):
    """No member of staff has this number or address."""
