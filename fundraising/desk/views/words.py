"""What kinds and states are called on pages of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fundraising.contacts.forms.words import (
    ADDRESS_KINDS,
    CHANNELS,
    CONSENT_STATES,
    CONTACT_KINDS,
    DENOMINATIONS,
    ORGANISATION_KINDS,
    PROVENANCES,
    PURPOSES,
    ROLES,
    SCHOOL_LEVELS,
    SOURCES,
)
from fundraising.contacts.rules import ConsentState, ContactKind, IbanProvenance, OrganisationKind, Salutation
from fundraising.contacts.rules.organisations import AddressKind, Channel, Denomination, Role, SchoolLevel
from fundraising.mailer import MailState
from fundraising.web.locale import NATIVE_NAMES
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

    from flask import Flask

MAIL_STATES = {
    MailState.WAITING: _("waiting"),
    MailState.SENDING: _("being sent"),
    MailState.SENT: _("sent"),
    MailState.FAILED: _("not delivered"),
}
SALUTATIONS = {Salutation.MR: _("Mr"), Salutation.MRS: _("Ms"), Salutation.UNKNOWN: ""}
MAIL_KINDS = {
    "thank_you": _("Thanks for a gift"),
    "transfer_instructions": _("How to transfer"),
    "thank_you_again": _("Thanks for a gift, sent again"),
    "refund": _("Refund on its way"),
    "newsletter_confirmation": _("Confirmation of the newsletter"),
}

_BY_KIND: Mapping[type[StrEnum], Mapping[Any, str]] = {
    ContactKind: CONTACT_KINDS,
    OrganisationKind: ORGANISATION_KINDS,
    Denomination: DENOMINATIONS,
    SchoolLevel: SCHOOL_LEVELS,
    Role: ROLES,
    Channel: CHANNELS,
    AddressKind: ADDRESS_KINDS,
    IbanProvenance: PROVENANCES,
    ConsentState: CONSENT_STATES,
    MailState: MAIL_STATES,
    Salutation: SALUTATIONS,
}
_BY_NAME: Mapping[str, Mapping[str, str]] = {
    "mail": MAIL_KINDS,
    "source": SOURCES,
    "purpose": {purpose.value: words for purpose, words in PURPOSES.items()},
    "language": NATIVE_NAMES,
    "channel": {channel.value: words for channel, words in CHANNELS.items()},
}


def init(app: Flask) -> None:
    """Let templates write `{{ contact.kind|word }}`, and `{{ mail.kind|word_of("mail") }}` for what is a bare text."""
    app.jinja_env.filters.update(word=word, word_of=word_of)


def word(value: StrEnum | None) -> str:
    """What a kind or state is called; nothing for none."""
    return str(_BY_KIND[type(value)][value]) if value is not None else ""


def word_of(value: str, kind: str) -> str:
    """What a bare text of this kind is called; one that we have no word for is shown as it is."""
    return str(_BY_NAME[kind].get(value, value.replace("_", " ")))


def options(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    """Values with their words, as a filter or a field offers them."""
    return [(value.value, str(words[value])) for value in words]
