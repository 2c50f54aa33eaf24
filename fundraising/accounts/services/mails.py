"""Mail to members of staff, through the outbox like all mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.mailer import enqueue
from fundraising.web.mails import compose_mail

if TYPE_CHECKING:
    from fundraising.accounts.models import User


def mail_link(user: User, kind: str, url: str, *, by: str = "") -> None:
    """Send a link with which somebody chooses a password: `staff_invitation` or `password_reset`."""
    enqueue(compose_mail(kind, user.email, user.language, name=user.name, url=url, by=by))


def mail_notice(user: User, what: str, *, to: User | None = None) -> None:
    """Tell a user, or somebody else, that something about how the user signs in, or what they may do, has changed.

    `what` is `password`, `second_factor`, `roles` or `let_in`; or `codes`, where somebody who knows the password
    guesses at them.
    """
    recipient = to or user
    enqueue(compose_mail("staff_notice", recipient.email, recipient.language, name=user.name, what=what))
