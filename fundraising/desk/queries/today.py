"""What needs somebody's eye today: a few rows of each, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fundraising.accounts.queries import users
from fundraising.accounts.rules import SECOND_FACTOR_ROLES
from fundraising.clock import now
from fundraising.contacts.queries import display_names
from fundraising.contacts.queries.likeness import candidate_page
from fundraising.gifts.queries import GiftFilter, gift_page
from fundraising.giving.queries import donor_messages, double_payments

if TYPE_CHECKING:
    from fundraising.accounts.queries import UserRow
    from fundraising.contacts.queries.likeness import Candidate
    from fundraising.gifts.queries import GiftSummary
    from fundraising.giving.queries import PaymentSummary

# An older double payment was seen, or its donor has called.
_DOUBLES_SINCE = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class NewGift:
    """A gift with who gave it, where that is known, and what they wrote."""

    gift: GiftSummary
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts that may be one."""

    duplicate: Candidate
    name: str
    other_name: str


def new_gifts(most: int) -> list[NewGift]:
    """The newest gifts, with the donor's message."""
    gifts = gift_page(GiftFilter(), limit=most)
    names = display_names({gift.contact_id for gift in gifts if gift.contact_id is not None})
    messages = donor_messages([gift.reference for gift in gifts])
    return [NewGift(gift, names.get(gift.contact_id or 0, ""), messages.get(gift.reference, "")) for gift in gifts]


def pairs_to_judge(most: int) -> list[Pair]:
    """Contacts that may be one, most alike first."""
    duplicates = candidate_page(limit=most)
    names = display_names({side for row in duplicates for side in (row.contact_id, row.other_id)})
    return [Pair(row, names[row.contact_id], names[row.other_id]) for row in duplicates]


def waiting_colleagues(most: int) -> list[UserRow]:
    """Members of staff who were let in, but have no password or no second factor that they need."""
    return [row for row in users() if row.disabled_at is None and _waits(row)][:most]


def _waits(row: UserRow) -> bool:
    return not row.has_password or (bool(row.roles & SECOND_FACTOR_ROLES) and not row.has_second_factor)


def recent_double_payments(most: int) -> list[PaymentSummary]:
    """Payments of a form that was paid twice in the last month."""
    return double_payments(since=now() - _DOUBLES_SINCE, most=most)
