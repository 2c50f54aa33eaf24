"""Examples for a ledger that is only tried out: people who do not exist, and gifts from the system `demo`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fundraising.clock import today
from fundraising.contacts.rules import Identity, OrganisationKind, PersonName, Salutation
from fundraising.contacts.services.recognition import find_or_create
from fundraising.gifts.queries import gift_by_source, ledger_mode
from fundraising.gifts.rules import Booking, EntryKind, LedgerMode, Reversal, Source
from fundraising.gifts.services import record_gift, record_reversal
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names

_SYSTEM = "demo"


class NotForDemo(ValueError):
    """A ledger that takes no examples: it holds real money, or there is nothing to give to."""


@dataclass(frozen=True, slots=True)
class _Example:
    who: Identity
    programme: str
    euros: int
    days_ago: int
    method: str


def _person(salutation: Salutation, given: str, prefix: str, surname: str) -> Identity:
    return Identity(PersonName(salutation, given, prefix, surname), f"{surname.lower()}@example.nl")


def _body(kind: OrganisationKind, name: str, contact: PersonName, mailbox: str) -> Identity:
    return Identity(contact, f"{mailbox}@example.nl", organisation_kind=kind, organisation_name=name)


_VRIES = _person(Salutation.MRS, "J.", "de", "Vries")
_DIACONIE = _body(
    OrganisationKind.DIACONIE,
    "Diaconie Voorbeeldkerk",
    PersonName(Salutation.MR, "P.", "van den", "Berg"),
    "diaconie",
)
_SCHOOL = _body(OrganisationKind.SCHOOL, "Voorbeeldschool", PersonName(Salutation.MRS, "Sanne", "", "Bakker"), "school")
_EXAMPLES = (
    _Example(_VRIES, "herstelwerk", 25, 40, "ideal"),
    _Example(_person(Salutation.MR, "Kees", "", "Smit"), "achterblijvers", 1300, 33, "ideal"),
    _Example(_DIACONIE, "herstelwerk", 1000, 26, "banktransfer"),
    _Example(_SCHOOL, "achterblijvers", 412, 19, "banktransfer"),
    _Example(_person(Salutation.UNKNOWN, "M.", "van", "Dijk"), "herstelwerk", 500, 12, "creditcard"),
    _Example(_VRIES, "achterblijvers", 25, 5, "ideal"),
)
# The one that was paid back.
_REFUNDED = 5


def seed_demo() -> int:
    """Put the examples in the ledger unless they are there, in the caller's transaction; how many gifts were new.

    Raises NotForDemo for a ledger of real money, or without programmes to give to.
    """
    if ledger_mode() is LedgerMode.LIVE:
        raise NotForDemo("this ledger holds real money")
    if gift_by_source(_source(1)) is not None:
        return 0
    programmes = {named.code: number for number, named in programme_names().items()}
    if missing := {example.programme for example in _EXAMPLES} - programmes.keys():
        raise NotForDemo(f"no programme {', '.join(sorted(missing))}: run `fundraising programmes load` first")
    for number, example in enumerate(_EXAMPLES, start=1):
        record_gift(_booking(number, example, programmes[example.programme]))
    record_reversal(
        Reversal(
            reverses=_source(_REFUNDED),
            amount=Euro.of(_EXAMPLES[_REFUNDED - 1].euros),
            kind=EntryKind.REFUNDED,
            source=Source(_SYSTEM, "refund-1"),
            occurred_on=today() - timedelta(days=10),
            recorded_by=_SYSTEM,
        )
    )
    return len(_EXAMPLES)


def _source(number: int) -> Source:
    return Source(_SYSTEM, f"gift-{number}")


def _booking(number: int, example: _Example, programme_id: int) -> Booking:
    return Booking(
        amount=Euro.of(example.euros),
        contact_id=find_or_create(example.who, proven_iban=None, source=_SYSTEM),
        programme_id=programme_id,
        method=example.method,
        received_on=today() - timedelta(days=example.days_ago),
        source=_source(number),
        mode=LedgerMode.TEST,
        recorded_by=_SYSTEM,
    )
