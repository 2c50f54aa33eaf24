"""What the values are called that the audit trail tells of contacts, gifts and imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g

from fundraising.accounts.views.deeds import DEEDS, RECORD_KINDS
from fundraising.accounts.views.told import name_values
from fundraising.contacts.forms.words import (
    ADDRESS_KINDS,
    CHANNELS,
    CONSENT_STATES,
    CONTACT_KINDS,
    DENOMINATIONS,
    HOWS,
    ORGANISATION_KINDS,
    PURPOSES,
    ROLES,
    SALUTATIONS,
    SCHOOL_LEVELS,
)
from fundraising.contacts.rules import DuplicateState
from fundraising.desk.views import contacts
from fundraising.desk.views.gifts.words import REASONS as CORRECTIONS
from fundraising.desk.views.gifts.words import REFUND_STATES
from fundraising.giving.rules.links import LinkState
from fundraising.imports.forms import FAULTS, OUTCOMES
from fundraising.privacy.views.words import DEGREES
from fundraising.privacy.views.words import REASONS as ERASURES
from fundraising.programmes.queries import programme_names
from fundraising.web.locale import NATIVE_NAMES, current_language
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Mapping


def init() -> None:
    """Say what values are called."""
    states = {
        DuplicateState.OPEN: _("to be judged"),
        DuplicateState.SAME: _("the same"),
        DuplicateState.DIFFERENT: _("different"),
        LinkState.ACTIVE: _("active"),
        LinkState.ENDED: _("ended"),
    }
    all_kinds: dict[Any, str] = {**CONTACT_KINDS, **ORGANISATION_KINDS, "contacts": _("Contacts"), "gifts": _("Gifts")}
    called: dict[str, Mapping[Any, str]] = {
        "address_kind": ADDRESS_KINDS,
        "channel": CHANNELS,
        "degree": DEGREES,
        "denomination": DENOMINATIONS,
        "fault": FAULTS,
        "kind": all_kinds,
        # Of filters, as they stand in the address.
        contacts.KIND: {**all_kinds, **RECORD_KINDS},
        contacts.ORGANISATION: ORGANISATION_KINDS,
        contacts.DENOMINATION: DENOMINATIONS,
        contacts.LEVEL: SCHOOL_LEVELS,
        contacts.LANGUAGE: NATIVE_NAMES,
        "actie": DEEDS,
        "language": NATIVE_NAMES,
        "level": SCHOOL_LEVELS,
        "organisation_kind": ORGANISATION_KINDS,
        "outcomes": OUTCOMES,
        "preferred_channel": CHANNELS,
        "purpose": PURPOSES,
        "reason": {**CORRECTIONS, **ERASURES},
        "role": ROLES,
        "salutation": SALUTATIONS,
        "source": {**HOWS, "unsubscribe": _("by the link in a mailing")},
        "state": {**states, **CONSENT_STATES, **REFUND_STATES},
    }
    for field, words in called.items():
        name_values(field, words)
    for field in ("programme_id", "programma"):
        name_values(field, _programme)


def _programme(number: Any) -> str:  # noqa: ANN401  as JSON has it
    # Asked once per page, however many lines name one.
    if "told_programmes" not in g:
        g.told_programmes = programme_names(current_language())
    known = g.told_programmes.get(int(number)) if str(number).isdecimal() else None
    return known.name if known is not None else str(number)
