"""Finding contacts by part of a name, with a typing mistake, by a number or an address: what staff type into the box.

What is exactly so comes before what begins so, that before what has it inside, and that before what may be meant. Each
such level is asked for only while there is room; the questions run along the index and stop when they have enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal, or_, select
from sqlalchemy.orm import aliased

from fundraising.contacts.models import ChurchDetails, Contact, PostalAddress, SearchKey, SearchPart, SearchTerm
from fundraising.contacts.queries import current_ids, display_name
from fundraising.contacts.rules.words import (
    AFTER_ALL,
    TermKind,
    Typed,
    asked,
    mistake_keys,
    one_mistake,
    way_of_term,
    worth_a_key,
)
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Select

    from fundraising.contacts.rules import ContactKind, OrganisationKind
    from fundraising.contacts.rules.words import Asked

    _Question = Select[int, TermKind, str]

# How well something fits: exactly so, begins so, has it inside, may be meant.
EXACT, BEGINS, INSIDE, MEANT = range(4)
# Words that have a part inside; a part that is in more of them tells nothing.
_MOST_WORDS = 1_000
# From here on it does not matter how often a word occurs.
_OFTEN = 2_000


@dataclass(frozen=True, slots=True)
class Match:
    """A contact that was found, under its own number, how well it fits, and the term that was found first."""

    contact_id: int
    level: int
    kind: TermKind
    term: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundContact:
    """A contact as a search shows it. `merged_name` is the name of one merged into it, where that was what was found.

    `by` is the e-mail address, telephone number or IBAN that was found; empty where a name was.
    """

    contact_id: int
    name: str
    kind: ContactKind
    organisation_kind: OrganisationKind | None
    town: str
    level: int
    merged_name: str
    by: str


@dataclass(frozen=True)
class _Reading:
    """One typed word, and the words of the index that it can stand for. Those are looked up when they are needed."""

    typed: Typed

    @cached_property
    def inside(self) -> list[str]:
        if not self.typed.may_be_inside:
            return []
        begins = or_(*(_begins(SearchPart.part, each) for each in self.typed.spellings))
        return list(session().scalars(select(SearchPart.word).where(begins).distinct().limit(_MOST_WORDS)))

    @cached_property
    def meant(self) -> list[str]:
        spellings = [each for each in self.typed.spellings if worth_a_key(each)]
        keys = {key for each in spellings for key in mistake_keys(each)}
        if not keys:
            return []
        near = session().scalars(select(SearchKey.word).where(SearchKey.key.in_(keys)).distinct())
        return [word for word in near if any(one_mistake(each, word) for each in spellings)]

    def ways(self, term: type[SearchTerm], level: int) -> Iterator[ColumnElement[bool]]:
        """The conditions under which a term is this word at one level; a town counts for a level less than a name."""
        name, place = term.kind == TermKind.NAME, term.kind == TermKind.PLACE
        if level == EXACT:
            yield and_(name, term.term.in_(self.typed.spellings))
        elif level == BEGINS:
            yield from (and_(name, _begins(term.term, each)) for each in self.typed.spellings)
            yield and_(place, term.term.in_(self.typed.spellings))
        elif level == INSIDE:
            yield and_(name, term.term.in_(self.inside))
            yield from (and_(place, _begins(term.term, each)) for each in self.typed.spellings)
        else:
            yield and_(name, term.term.in_(self.meant))
            yield and_(place, term.term.in_(self.meant))

    def up_to(self, term: type[SearchTerm], level: int) -> list[ColumnElement[bool]]:
        return [way for each in range(level + 1) for way in self.ways(term, each)]

    def how_often(self) -> int:
        """In how many contacts it stands or begins a name, as far as that matters."""
        return sum(
            session().scalar(select(func.count()).select_from(select(1).where(way).limit(_OFTEN).subquery())) or 0
            for level in (EXACT, BEGINS)
            for way in self.ways(SearchTerm, level)
        )


def find(text: str, *, limit: int = 20) -> list[Match]:
    """The contacts that fit what was typed, the best first, merged ones too."""
    found: dict[int, Match] = {}
    for level, question in _questions(asked(text)):
        if len(found) >= limit:
            break
        for contact_id, kind, term in session().execute(question.limit(limit + len(found))):
            found.setdefault(contact_id, Match(contact_id, level, kind, term))
    return list(found.values())


def found_contacts(text: str, *, limit: int = 20) -> list[FoundContact]:
    """The contacts that fit what was typed, the best first, each once and as it stands after every merge."""
    matches = find(text, limit=limit)
    now_one = current_ids({match.contact_id for match in matches})
    rows = _rows({*now_one, *now_one.values()})
    towns = _towns(set(now_one.values()))
    shown: dict[int, FoundContact] = {}
    for match in matches:
        contact_id = now_one[match.contact_id]
        if contact_id in rows:
            shown.setdefault(contact_id, _shown(match, rows, contact_id, towns.get(contact_id, "")))
    return list(shown.values())[:limit]


def _shown(match: Match, rows: Mapping[int, Contact], contact_id: int, town: str) -> FoundContact:
    row, then = rows[contact_id], display_name(rows[match.contact_id])
    name = display_name(row)
    return FoundContact(
        contact_id=contact_id,
        name=name,
        kind=row.kind,
        organisation_kind=row.organisation_kind,
        town=town,
        level=match.level,
        merged_name=then if then != name else "",
        by=way_of_term(match.kind, match.term),
    )


def _rows(contact_ids: Collection[int]) -> dict[int, Contact]:
    return {row.id: row for row in session().scalars(select(Contact).where(Contact.id.in_(contact_ids)))}


def _towns(contact_ids: Collection[int]) -> dict[int, str]:
    """Where each of these is: by its newest address, or as a church."""
    churches = select(ChurchDetails.contact_id, ChurchDetails.town).where(ChurchDetails.contact_id.in_(contact_ids))
    addresses = select(PostalAddress.contact_id, PostalAddress.town).where(PostalAddress.contact_id.in_(contact_ids))
    rows = [*session().execute(churches), *session().execute(addresses.order_by(PostalAddress.id))]
    return {contact_id: town for contact_id, town in rows if town}


def _questions(wanted: Asked) -> Iterator[tuple[int, _Question]]:
    if wanted.number is not None:
        itself = select(
            Contact.id, literal(TermKind.NAME, SearchTerm.kind.type).label("kind"), literal("").label("term")
        )
        yield EXACT, itself.where(Contact.id == wanted.number)
    for kind, start in wanted.keys:
        if kind is not TermKind.EMAIL:
            yield EXACT, _beginning(kind, start)
    yield from _by_words(wanted)
    for kind, start in wanted.keys:
        if kind is TermKind.EMAIL:
            yield INSIDE, _beginning(kind, start)


def _by_words(wanted: Asked) -> Iterator[tuple[int, _Question]]:
    readings = [_Reading(each) for each in wanted.words]
    if not readings:
        return
    # Along the rarest word; that the others are there too is asked of each contact.
    if len(readings) > 1:
        readings.sort(key=_Reading.how_often)
    first, others = readings[0], readings[1:]
    if wanted.prefixes:
        prefixes = [_Reading(Typed(frozenset({each}))) for each in wanted.prefixes]
        yield from ((EXACT, each) for each in _at(EXACT, first, [*others, *prefixes]))
    for level in (EXACT, BEGINS, INSIDE, MEANT):
        yield from ((level, each) for each in _at(level, first, others))


def _at(level: int, first: _Reading, others: Sequence[_Reading]) -> Iterator[_Question]:
    """The questions of a level; what was found at an earlier one may be found again."""
    # With one word, what is found at a lower level was found there.
    for way in first.up_to(SearchTerm, level) if others else first.ways(SearchTerm, level):
        along = _found().where(way).order_by(SearchTerm.term, SearchTerm.contact_id)
        yield along.where(*(_has(each, level) for each in others))


def _has(reading: _Reading, level: int) -> ColumnElement[bool]:
    also = aliased(SearchTerm)
    fits = or_(*reading.up_to(also, level))
    return select(1).where(also.contact_id == SearchTerm.contact_id, fits).exists()


def _beginning(kind: TermKind, start: str) -> _Question:
    there = _found().where(SearchTerm.kind == kind, _begins(SearchTerm.term, start))
    return there.order_by(SearchTerm.term, SearchTerm.contact_id)


def _found() -> _Question:
    return select(SearchTerm.contact_id, SearchTerm.kind, SearchTerm.term)


def _begins(column: Any, start: str) -> ColumnElement[bool]:  # noqa: ANN401  a column of any of the three tables
    """A range, which both databases answer from an index; LIKE they would not, and it has signs of its own."""
    return and_(column >= start, column < start + AFTER_ALL)
