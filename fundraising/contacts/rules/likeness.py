"""How much two contacts look alike, told in points that staff can follow: pure rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import token_sort_ratio

from fundraising.contacts.rules import ContactKind, OrganisationKind, PersonName, match_name, names_compatible
from fundraising.contacts.rules.folding import folded_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORTH_JUDGING = 50
MOST = 100
# Of organisations with as many words in common as this, the names are taken for one.
_SAME_WORDS = 90
_LONG_ENOUGH_FOR_A_SLIP = 4


class Likeness(StrEnum):
    """What two contacts share, or what speaks against them being one."""

    SAME_NAME = "name"
    NEARLY_SAME_NAME = "similar_name"
    SAME_EMAIL = "email"
    SAME_IBAN = "iban"
    SAME_PHONE = "phone"
    SAME_ADDRESS = "address"
    SAME_TOWN = "town"
    SAME_REGISTRATION = "registration"
    NAMES_CLASH = "names_clash"


# A mailbox or an account is shared by couples and by a church's officers, so neither says enough without a name.
POINTS = {
    Likeness.SAME_NAME: 40,
    Likeness.NEARLY_SAME_NAME: 25,
    Likeness.SAME_EMAIL: 35,
    Likeness.SAME_IBAN: 35,
    Likeness.SAME_PHONE: 25,
    Likeness.SAME_ADDRESS: 25,
    Likeness.SAME_TOWN: 15,
    Likeness.SAME_REGISTRATION: 50,
    Likeness.NAMES_CLASH: -30,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What of a contact is compared. E-mail addresses folded, phones in E.164, IBANs compact.

    An address is postcode and house number, folded together; towns are folded; a registration is a KVK, RSIN or BRIN
    with its kind.
    """

    kind: ContactKind
    name: PersonName = field(default_factory=PersonName)
    organisation_kind: OrganisationKind | None = None
    organisation_name: str = ""
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    ibans: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    towns: frozenset[str] = frozenset()
    registrations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Compared:
    """How much two contacts look alike, from 0 to 100, and why."""

    score: int
    reasons: tuple[Likeness, ...]


def points(reasons: Iterable[Likeness]) -> int:
    """What reasons come to, from 0 to 100."""
    return max(0, min(MOST, sum(POINTS[reason] for reason in reasons)))


def compared(a: Traits, b: Traits) -> Compared:
    """Compare two contacts. A person is never an organisation, nor a church its diaconie: those score nothing."""
    if a.kind is not b.kind or a.organisation_kind is not b.organisation_kind:
        return Compared(0, ())
    reasons = tuple(_reasons(a, b))
    return Compared(points(reasons), reasons)


def _reasons(a: Traits, b: Traits) -> Iterator[Likeness]:
    yield _names(a, b)
    if a.emails & b.emails:
        yield Likeness.SAME_EMAIL
    if a.ibans & b.ibans:
        yield Likeness.SAME_IBAN
    if a.phones & b.phones:
        yield Likeness.SAME_PHONE
    if a.addresses & b.addresses:
        yield Likeness.SAME_ADDRESS
    # Of people a town says nothing: it has many of one name.
    if a.kind is ContactKind.ORGANISATION and a.towns & b.towns:
        yield Likeness.SAME_TOWN
    if a.registrations & b.registrations:
        yield Likeness.SAME_REGISTRATION


def _names(a: Traits, b: Traits) -> Likeness:
    return _people(a.name, b.name) if a.kind is ContactKind.PERSON else _organisations(a, b)


def _people(a: PersonName, b: PersonName) -> Likeness:
    if names_compatible(a, b):
        return Likeness.SAME_NAME
    # The same name but for one slip of the keyboard: `Jansen` and `Janssen`.
    surnames = match_name(a.surname), match_name(b.surname)
    slip = min(map(len, surnames)) >= _LONG_ENOUGH_FOR_A_SLIP and OSA.distance(*surnames, score_cutoff=1) == 1
    if slip and names_compatible(a, PersonName(b.salutation, b.given_name, b.prefix, a.surname)):
        return Likeness.NEARLY_SAME_NAME
    return Likeness.NAMES_CLASH


def _organisations(a: Traits, b: Traits) -> Likeness:
    if match_name(a.organisation_name) == match_name(b.organisation_name):
        return Likeness.SAME_NAME
    words = [folded_words(each.organisation_name) for each in (a, b)]
    return Likeness.NEARLY_SAME_NAME if token_sort_ratio(*words) >= _SAME_WORDS else Likeness.NAMES_CLASH
