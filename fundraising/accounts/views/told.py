"""What the audit trail tells of before and after, as staff read it: fields by the label of their form, values in words.

The trail keeps fields by their names and values as JSON knows them. Slices that know what a field's values are called
say so with `name_values()`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from fundraising.accounts.forms import ROLE_NAMES
from fundraising.clock import parse_instant
from fundraising.money import Euro
from fundraising.web import formats
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIELDS = {
    "address_kind": _("For"),
    "addressee": _("On the envelope"),
    "amount": _("Amount"),
    "belongs_to": _("Belongs to contact"),
    "brin": _("BRIN"),
    "by": _("Asked for by"),
    "changes": _("Changes"),
    "channel": _("Through what"),
    "code": _("Code"),
    "contact_id": _("Contact"),
    "country": _("Country"),
    "deceased_on": _("Died on"),
    "degree": _("How far"),
    "denomination": _("Denomination"),
    "digest": _("Fingerprint of the file"),
    "do_not_contact": _("Do not approach: no mailings, no calls"),
    "document": _("Number of the document"),
    "done_at": _("Done on"),
    "email": _("E-mail address"),
    "entries": _("Lines"),
    "fault": _("What was wrong"),
    "filename": _("File"),
    "filter": _("Filters"),
    "given_name": _("Initials or first name"),
    "greeting": _("How a letter opens"),
    "handed_over": _("Handed over"),
    "holder": _("Account name"),
    "house_number": _("House number"),
    "household": _("Number of the household"),
    "iban": _("IBAN"),
    "is_primary": _("The first to turn to in this organisation"),
    "joined": _("Who joined"),
    "kind": _("Kind"),
    "kvk": _("KVK number"),
    "language": _("Language"),
    "level": _("Level"),
    "line": _("Line"),
    "mailing": _("For which mailing"),
    "members": _("Number of members"),
    "method": _("Payment method"),
    "mollie": _("Number at Mollie"),
    "name": _("Name"),
    "name_prefix": _("Prefix"),
    "note": _("Number of the note"),
    "organisation": _("Organisation"),
    "organisation_kind": _("Kind"),
    "organisation_name": _("Name"),
    "other": _("The other contact"),
    "outcomes": _("Rows by what became of them"),
    "page": _("Page"),
    "payment": _("What the payment said"),
    "person": _("Person"),
    "phone": _("Telephone number"),
    "postcode": _("Postcode"),
    "preferred": _("Mail goes here first"),
    "preferred_channel": _("Preferably"),
    "preferred_email": _("Mail goes here first"),
    "prefix": _("Prefix"),
    "programme_id": _("Programme"),
    "purpose": _("What for"),
    "reason": _("Reason"),
    "reasons": _("Because of"),
    "received_on": _("Received on"),
    "refund": _("Number of the refund"),
    "remind_on": _("Remind on"),
    "role": _("Role"),
    "roles": _("Roles"),
    "rows": _("Rows"),
    "rsin": _("RSIN"),
    "said_on": _("On which day"),
    "salutation": _("Form of address"),
    "shape": _("Kind of file"),
    "size": _("Size in bytes"),
    "source": _("How we know"),
    "state": _("State"),
    "street": _("Street"),
    "successor": _("Successor"),
    "surname": _("Surname"),
    "text": _("Text"),
    "totals": _("Totals"),
    "town": _("Town"),
    "typed": _("Typed by the donor"),
    "undeliverable": _("Mail to this address comes back"),
    "until": _("Until and including"),
    "valid_from": _("From"),
    "valid_until": _("Until and including"),
    "via": _("By means of"),
    "webhook": _("What Mollie's message said"),
    "weglaten": _("Without who may not be approached"),
    "what": _("What was wrong"),
    "why": _("Why"),
    "with": _("With contacts"),
    "written_at": _("Written on"),
    "written_by": _("Written by"),
}
_PROOFS = {
    "app": _("app"),
    "code": _("code"),
    "passkey": _("passkey"),
    "password": _("password"),
    "recovery_code": _("recovery code"),
}
_JOBS = {
    "audit-seal": _("sealing of the trail"),
    "duplicates-search": _("search for duplicates"),
    "imports": _("imports"),
    "imports-retention": _("emptying of imports"),
    "payment-hints": _("messages of Mollie"),
    "payments-sweep": _("look at Mollie"),
    "refunds": _("refunds"),
    "retention": _("retention periods"),
}
_A_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# `paper:3` is the third thing that this contact said.
_NUMBERED = re.compile(r"(?<=[a-z]):\d+$")


def _count(value: object) -> str:
    return formats.counted(int(str(value))) if str(value).isdecimal() else str(value)


_known: dict[str, Callable[[Any], str]] = {
    "country": formats.country,
    "entries": _count,
    "iban": formats.iban,
    "members": _count,
    "phone": formats.phone,
    "rows": _count,
    "shape": str.upper,
    "size": _count,
    "totals": lambda cents: formats.euro(Euro(cents)),
    "done_at": lambda at: formats.written_moment(parse_instant(at)),
    "written_at": lambda at: formats.written_moment(parse_instant(at)),
}


def name_values(field: str, name: Mapping[Any, str] | Callable[[Any], str]) -> None:
    """Say what the values of a field are called: by their words, or by a function of a value."""
    if callable(name):
        _known[field] = name
        return
    words = {str(value): text for value, text in name.items()}
    _known[field] = lambda value: str(words.get(_NUMBERED.sub("", str(value)), value))


def told_field(field: str) -> str:
    """What a field is called; one that is used no more is shown as it is."""
    return str(FIELDS.get(field, field))


def told_value(value: Any, field: str) -> str:  # noqa: ANN401  whatever JSON knows
    """A value of a field as people read it."""
    if isinstance(value, dict):
        # A filter's parts are words of the address, each with values of its own.
        parts = (
            f"{_part(name, field)}: {told_value(part, name if field == 'filter' else field)}"
            for name, part in value.items()
        )
        return ", ".join(parts)
    if isinstance(value, list):
        return ", ".join(told_value(part, field) for part in value)
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if field in _known:
        return _known[field](value)
    return formats.written_date(date.fromisoformat(value)) if _A_DAY.fullmatch(str(value)) else str(value)


def told_actor(name: str) -> str:
    """Who or what acted, by the name in the trail: `job:imports`, `cli:marianne`, or a colleague's."""
    kind, _colon, which = name.partition(":")
    if kind == "job":
        return gettext("by itself: %(what)s", what=str(_JOBS.get(which, which)))
    if kind == "cli":
        return gettext("command line: %(who)s", who=which)
    return gettext("not signed in") if name == "visitor" else name


def _part(name: str, field: str) -> str:
    """What a part of a value is called: a row's outcome, a year, a filter."""
    return _known[field](name) if field == "outcomes" and field in _known else told_field(name)


def _amount(value: str) -> str:
    return formats.euro(Euro.from_value(value))


for _field in ("via", "what"):
    name_values(_field, _PROOFS)
name_values("amount", _amount)
name_values("roles", ROLE_NAMES)
name_values("why", {"reset": _("forgotten"), "invited": _("invited"), "changed": _("changed by themself")})
