"""Who may be sent what, and through which channel.

Telecommunicatiewet article 11.7: unasked mail by e-mail needs consent, from people and organisations alike; since
1 July 2021 a call to a person does too. A letter by post rests on a legitimate interest (GDPR, article 6(1)(f)) until
somebody objects (article 21). What a gift itself asks for, thanks and the yearly statement, is no advertising.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fundraising.contacts.rules import ConsentState, ContactKind
from fundraising.contacts.rules.organisations import Channel

if TYPE_CHECKING:
    from datetime import date


class Purpose(StrEnum):
    """Why somebody is written to or called."""

    NEWSLETTER = "newsletter"
    # What gifts have done.
    IMPACT = "impact"
    # Asking for a gift.
    APPEAL = "appeal"
    INVITATION = "invitation"
    THANKS = "thanks"
    STATEMENT = "statement"


# What a gift itself asks for.
SERVICE = frozenset({Purpose.THANKS, Purpose.STATEMENT})
# What somebody can agree to or object to.
ASKED = tuple(purpose for purpose in Purpose if purpose not in SERVICE)


class Hindrance(StrEnum):
    """Why somebody is not to be sent something."""

    DECEASED = "deceased"
    DO_NOT_CONTACT = "do_not_contact"
    WITHDRAWN = "withdrawn"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachability:
    """What decides it, for one contact, purpose and channel.

    `ways` is how many addresses or numbers are known for the channel, `working` how many of them are not known to fail.
    """

    kind: ContactKind
    deceased_on: date | None
    do_not_contact: bool
    said: ConsentState | None
    ways: int
    working: int


def hindrance(contact: Reachability, purpose: Purpose, channel: Channel) -> Hindrance | None:
    """What stands in the way of sending this, the weightiest first; None where it may be sent."""
    if contact.deceased_on is not None:
        return Hindrance.DECEASED
    if purpose not in SERVICE and (refused := _unwanted(contact, channel)) is not None:
        return refused
    if not contact.ways:
        return Hindrance.NO_ADDRESS
    return None if contact.working else Hindrance.UNDELIVERABLE


def _unwanted(contact: Reachability, channel: Channel) -> Hindrance | None:
    if contact.do_not_contact:
        return Hindrance.DO_NOT_CONTACT
    if contact.said is ConsentState.WITHDRAWN:
        return Hindrance.WITHDRAWN
    if contact.said is not ConsentState.GRANTED and _needs_consent(contact.kind, channel):
        return Hindrance.NO_CONSENT
    return None


def _needs_consent(kind: ContactKind, channel: Channel) -> bool:
    return channel is Channel.EMAIL or (channel is Channel.PHONE and kind is ContactKind.PERSON)
