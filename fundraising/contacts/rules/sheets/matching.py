"""When a row of a sheet and a contact are one, may be one, or are two: pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz import fuzz

from fundraising.contacts.rules import (
    ContactKind,
    full_name,
    match_address,
    match_name,
    names_compatible,
)
from fundraising.contacts.rules.folding import folded, folded_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fundraising.contacts.rules import Address
    from fundraising.contacts.rules.sheets.rows import Facts


class Part(StrEnum):
    """To which table a piece of an import belongs."""

    CONTACT = "contact"
    CHURCH = "church"
    SCHOOL = "school"
    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    ADDRESS = "address"
    AFFILIATION = "affiliation"
    # A diaconie's to its church.
    LINK = "link"
    CONSENT = "consent"
    DUPLICATE = "duplicate"
    # Makes nothing: that a contact with the same e-mail address and such was known when the row was checked.
    SEEN = "seen"


class KeyKind(StrEnum):
    """By what contacts are found, in the order in which that counts."""

    RSIN = "rsin"
    BRIN = "brin"
    KVK = "kvk"
    EMAIL = "email"
    IBAN = "iban"
    PLACE = "place"
    # An organisation's name.
    NAME = "name"


# Enough to ask whether two are one, whatever their names; found again when an import is brought in.
STRONG = frozenset({KeyKind.RSIN, KeyKind.BRIN, KeyKind.KVK, KeyKind.EMAIL, KeyKind.IBAN})
_RANK = {kind: rank for rank, kind in enumerate(KeyKind)}

# How alike two names are, of 100: enough that one body may have a new name; that one person may be meant by both; that
# at one address they are probably one.
_RENAMED = 75
_PERHAPS = 60
_NEIGHBOUR = 85


class Key(NamedTuple):
    """Something by which a contact is found."""

    kind: KeyKind
    value: str


class Ref(NamedTuple):
    """A contact: one that stands, by its number, or one that the import makes, by its ordinal."""

    new: bool
    number: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """A contact that may be the one of a row, by which keys, and how much their names are alike, from 0 to 100."""

    ref: Ref
    shared: frozenset[KeyKind]
    score: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The contact that a row is about, or None for a new one, and those that may be the same as well."""

    match: Ref | None
    doubts: tuple[Likeness, ...]


def keys_of(facts: Facts) -> Iterator[Key]:
    """By what a contact with these facts is found."""
    for kind, value in (
        (KeyKind.RSIN, facts.rsin),
        (KeyKind.BRIN, facts.brin),
        (KeyKind.KVK, facts.kvk),
        (KeyKind.EMAIL, match_address(facts.email)),
        (KeyKind.IBAN, facts.iban),
        (KeyKind.PLACE, place(facts.address)),
        (KeyKind.NAME, match_name(facts.organisation_name)),
    ):
        if value:
            yield Key(kind, value)


def place(address: Address | None) -> str:
    """A postcode and a house number for comparison; empty where either is not known."""
    if address is None or not address.postcode or not address.house_number:
        return ""
    return f"{folded(address.postcode)} {folded(address.house_number)}"


def judge(facts: Facts, candidates: Iterable[tuple[Ref, Facts, frozenset[KeyKind]]]) -> Verdict:
    """Which of the contacts that share a key with a row is its own.

    The oldest that is recognised by the strongest key; any other that is recognised too, and any that shares enough to
    wonder, is in doubt. A contradiction in a register's number makes two of them whatever else they share.
    """
    recognised: list[tuple[int, Likeness]] = []
    doubts: list[Likeness] = []
    for ref, known, shared in candidates:
        if known.kind is not facts.kind or known.organisation_kind is not facts.organisation_kind:
            continue
        likeness = Likeness(ref, shared, similarity(facts, known))
        found_by = [kind for kind in shared if _recognises(kind, facts, known, likeness.score)]
        if found_by and not contradicts(facts, known):
            recognised.append((min(_RANK[kind] for kind in found_by), likeness))
        elif _in_doubt(likeness, facts, known):
            doubts.append(likeness)
    recognised.sort(key=lambda pair: (pair[0], pair[1].ref))
    match = recognised[0][1].ref if recognised else None
    return Verdict(match, tuple([likeness for _, likeness in recognised[1:]] + doubts))


def agree(first: Facts, second: Facts) -> bool:
    """Whether two names can be one contact's."""
    if first.kind is ContactKind.PERSON:
        return names_compatible(first.name, second.name)
    return match_name(first.organisation_name) == match_name(second.organisation_name)


def contradicts(first: Facts, second: Facts) -> bool:
    """Whether both have a number in a register, and not the same one."""
    pairs = ((first.rsin, second.rsin), (first.brin, second.brin), (first.kvk, second.kvk))
    return any(one and other and one != other for one, other in pairs)


def similarity(first: Facts, second: Facts) -> int:
    """How alike two names are, from 0 to 100, whatever the order of their words."""
    return round(fuzz.token_sort_ratio(_words(first), _words(second)))


def _recognises(kind: KeyKind, facts: Facts, known: Facts, score: int) -> bool:
    if kind in {KeyKind.RSIN, KeyKind.BRIN}:
        return True
    if kind is KeyKind.KVK:
        # The schools of one board share its number.
        return score >= _RENAMED
    if not agree(facts, known):
        return False
    return kind is not KeyKind.NAME or (_town(facts) != "" and _town(facts) == _town(known))


def _in_doubt(likeness: Likeness, facts: Facts, known: Facts) -> bool:
    if likeness.shared & STRONG:
        return likeness.score >= _PERHAPS
    if KeyKind.PLACE in likeness.shared:
        return likeness.score >= _NEIGHBOUR
    # The same name, and of one of them nobody knows where it is.
    return not (_town(facts) and _town(known))


def _town(facts: Facts) -> str:
    return folded(facts.town or (facts.address.town if facts.address else ""))


def _words(facts: Facts) -> str:
    return folded_words(facts.organisation_name or full_name(facts.name))
