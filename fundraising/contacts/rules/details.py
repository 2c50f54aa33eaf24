"""What staff fill in of a contact, in plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fundraising.contacts.rules.organisations import AddressKind
from fundraising.contacts.rules.terms import ALWAYS, Term

if TYPE_CHECKING:
    from datetime import date

    from fundraising.contacts.rules import Address, OrganisationKind, PersonName
    from fundraising.contacts.rules.mailings import Purpose
    from fundraising.contacts.rules.organisations import Channel, Denomination, Role, SchoolLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurchFacts:
    """What is known of a church."""

    denomination: Denomination | None = None
    town: str = ""
    members: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolFacts:
    """What is known of a school; the BRIN checked."""

    level: SchoolLevel | None = None
    brin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationFacts:
    """What an organisation is; its numbers checked. What its kind does not have is not looked at."""

    kind: OrganisationKind
    name: str
    kvk: str = ""
    rsin: str = ""
    church: ChurchFacts | None = None
    school: SchoolFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How a contact wants to be reached."""

    language: str = "nl"
    preferred_channel: Channel | None = None
    do_not_contact: bool = False


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """An address, what it is for, and when it holds."""

    address: Address
    kind: AddressKind = AddressKind.POSTAL
    term: Term = ALWAYS


@dataclass(frozen=True, slots=True)
class Account:
    """An account that somebody told us of; the IBAN compact and checked, and no proof."""

    iban: str
    holder: str = ""
    term: Term = ALWAYS


@dataclass(frozen=True, slots=True)
class RoleEntry:
    """A role in an organisation. The primary one is whom to turn to first, one in each organisation."""

    role: Role
    term: Term = ALWAYS
    is_primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Ways to reach a new contact, each of which may be missing; the phone in E.164."""

    email: str = ""
    phone: str = ""
    address: Address | None = None
    iban: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A person whom we did not know."""

    name: PersonName
    ways: Ways
    language: str = "nl"


class How(StrEnum):
    """How somebody told us something."""

    PAPER = "paper"
    EMAIL = "email"
    PHONE = "phone"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What somebody told staff about a purpose and a channel: that they agree to it, or want it no more."""

    purpose: Purpose
    channel: Channel
    agrees: bool
    how: How
    said_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """That a role passes to somebody else on a day, and with it the organisation's account where that changes.

    The successor is known already or new; the old role and account end on the day before.
    """

    day: date
    affiliation_id: int
    successor: int | Newcomer
    old_iban_id: int | None = None
    new_account: Account | None = None
