"""What fields, degrees and reasons of privacy are called."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from fundraising.accounts.views.deeds import deed
from fundraising.accounts.views.told import told_field, told_value
from fundraising.contacts.forms.words import (
    ADDRESS_KINDS,
    CHANNELS,
    CONSENT_STATES,
    CONTACT_KINDS,
    HOWS,
    PROVENANCES,
    SALUTATIONS,
    SOURCES,
)
from fundraising.gifts.forms.words import METHODS
from fundraising.money import Euro
from fundraising.personal import Degree
from fundraising.privacy.rules import Reason
from fundraising.web import formats
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

DEGREES = {Degree.REDUCED: _("reduced to name and address"), Degree.ANONYMISED: _("made anonymous")}
REASONS = {
    Reason.REQUEST: _("asked for it"),
    Reason.GIFTS_OVER: _("the last gift need not be kept any more"),
    Reason.QUIET: _("three years without a gift, a role or a consent"),
    Reason.NEVER_GAVE: _("never gave, and three years without a role or a consent"),
    Reason.DECEASED: _("died more than a year ago"),
}
FIELDS = {
    "action": _("Deed"),
    "added_at": _("Added on"),
    "added_by": _("Added by"),
    "address": _("E-mail address"),
    "address_kind": _("Kind"),
    "after": _("After"),
    "alike": _("Looks alike"),
    "amount": _("Amount"),
    "at": _("Date"),
    "before": _("Before"),
    "booked_on": _("Booked on"),
    "cells": _("What stood there"),
    "changed_at": _("Changed on"),
    "channel": _("Through"),
    "country": _("Country"),
    "created_at": _("Since"),
    "deceased_on": _("Died on"),
    "degree": _("How far"),
    "description": _("What it is"),
    "do_not_contact": _("Does not want to be approached"),
    "donation": _("State"),
    "done_at": _("Done on"),
    "email": _("E-mail address"),
    "entry": _("Entry"),
    "erased_at": _("Erased on"),
    "fields": _("What it brought"),
    "filename": _("File"),
    "found_at": _("Found on"),
    "given_name": _("Initials or first name"),
    "greeting": _("Salutation"),
    "holder": _("Account name"),
    "house_number": _("House number"),
    "household": _("Household"),
    "iban": _("IBAN"),
    "import": _("Import"),
    "kind": _("Kind"),
    "kvk": _("KVK number"),
    "language": _("Language"),
    "line": _("Line"),
    "mail": _("Mail"),
    "merged": _("Merged"),
    "merged_at": _("Merged on"),
    "message": _("Message"),
    "method": _("Payment method"),
    "name": _("Name"),
    "name_prefix": _("Prefix"),
    "newsletter": _("Newsletter"),
    "note": _("Note"),
    "number": _("Number"),
    "organisation_name": _("Organisation"),
    "paid_at": _("Paid on"),
    "part": _("Part"),
    "payment": _("State"),
    "phone": _("Telephone"),
    "postcode": _("Postcode"),
    "preferred_channel": _("Preferably"),
    "programme": _("Programme"),
    "provenance": _("Where it was seen"),
    "provider_id": _("Number at Mollie"),
    "purpose": _("What for"),
    "reason": _("Reason"),
    "reasons": _("Because of"),
    "received_on": _("Received on"),
    "recipient": _("To"),
    "recorded_at": _("Recorded on"),
    "reference": _("Reference"),
    "remind_on": _("Remind on"),
    "role": _("Role"),
    "route": _("How"),
    "rsin": _("RSIN"),
    "said_on": _("Said on"),
    "salutation": _("Salutation"),
    "sent_at": _("Sent on"),
    "size": _("Size in bytes"),
    "source": _("Source"),
    "source_code": _("Source code"),
    "state": _("State"),
    "street": _("Street"),
    "subject": _("Subject"),
    "surname": _("Surname"),
    "text": _("Text"),
    "town": _("Town"),
    "undeliverable_at": _("Mail comes back since"),
    "undone_at": _("Undone on"),
    "valid_from": _("From"),
    "valid_until": _("Until"),
    "why": _("Why"),
    "with": _("With"),
    "written_at": _("Written on"),
    "written_by": _("Written by"),
}


def init(app: Flask) -> None:
    """Let templates name what a file holds."""
    app.jinja_env.filters.update(personal_field=field_name, personal_value=shown)
    app.jinja_env.globals.update(degree_words=DEGREES, reason_words=REASONS)


def field_name(key: str) -> str:
    """What a field is called; one that only the audit trail has as it is called there."""
    return str(FIELDS.get(key) or told_field(key))


def shown(value: Any, key: str = "") -> str:  # noqa: ANN401  whatever stands in a file
    """A value as people read it, by the field in which it stands; an empty text for what says nothing."""
    if value is None or value is False:
        return ""
    if isinstance(value, str) and value and key in _BY_FIELD:
        return _BY_FIELD[key](value)
    # A moment is a date too: the narrower kind stands first.
    return next((write(value) for kind, write in _WRITERS if isinstance(value, kind)), str(value))


def _source(text: str) -> str:
    """How something came to us; behind a colon stands by which number."""
    return str(_SOURCES.get(text.partition(":")[0], text))


def _word(value: Enum) -> str:
    words: dict[Any, str] = {**DEGREES, **REASONS, **_OTHERS}
    return str(words.get(value, words.get(value.value, str(value.value).replace("_", " "))))


_WRITERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda _true: gettext("yes")),
    (Euro, formats.euro),
    (datetime, lambda at: f"{formats.written_moment(at)}, {formats.time_of_day(at)}"),
    (date, formats.written_date),
    (Enum, _word),
    (dict, lambda pairs: "; ".join(f"{told_field(key)}: {told_value(each, key)}" for key, each in pairs.items())),
    (list, lambda items: ", ".join(shown(each) for each in items if shown(each))),
)
_SOURCES = {
    **SOURCES,
    "donation": _("asked for with an online gift"),
    "token": _("confirmed by the link in a mail"),
    "unsubscribe": _("by the link in a mailing"),
    **{how.value: words for how, words in HOWS.items()},
}
_BY_FIELD: Mapping[str, Callable[[str], str]] = {
    "action": deed,
    "method": lambda text: str(METHODS.get(text, text)),
    "source": _source,
    # As the audit trail tells them.
    **{
        name: partial(told_value, field=name)
        for name in ("channel", "country", "iban", "language", "phone", "preferred_channel", "purpose", "role")
    },
}
# Kinds and states of other slices, as a donor who reads the file understands them.
_OTHERS: Mapping[Any, str] = {
    **CONTACT_KINDS,
    **SALUTATIONS,
    **PROVENANCES,
    **ADDRESS_KINDS,
    **CONSENT_STATES,
    **CHANNELS,
    "received": _("received"),
    "promised": _("promised"),
    "lapsed": _("lapsed"),
    "paid": _("paid"),
    "expired": _("expired"),
    "canceled": _("cancelled"),
    "failed": _("failed"),
    "open": _("open"),
    "online": _("online"),
    "transfer": _("bank transfer"),
    "refunded": _("refunded"),
    "charged_back": _("charged back"),
    "reversed": _("taken back by a correction"),
    "corrected": _("booked again by a correction"),
}
