"""Finding contacts by part of a name, with a typing mistake, by a number or an address: what staff type into the box.

What is exactly so comes before what begins so, that before what has it inside, and that before what may be meant. Each
such level is asked for only while there is room; the questions run along the index and stop when they have enough.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, func, literal, literal_column, or_, select, true, union_all
from sqlalchemy.orm import aliased

from fundraising.contacts.models import ChurchDetails, Contact, PostalAddress, SearchKey, SearchPart, SearchTerm
from fundraising.contacts.queries import current_ids, display_name, rows_by_id
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
EXACT, BEGINS, INSIDE, MEANT, NOT_AT_ALL = range(5)
# Words that have a part inside; a part that is in more of them tells nothing.
_MOST_WORDS = 1_000
# From here on it does not matter how often a word occurs.
_OFTEN = 10_000
# So many bearers of a word are soon looked at one by one.
_MANY = 2_000
# Of contacts that have all the words, the best among so many are shown.
_ENOUGH = 100
_WORDS = (TermKind.NAME, TermKind.PLACE)


@dataclass(frozen=True, slots=True)
class Match:
    """A contact that was found, under its own number, how well it fits, and the term that was found first."""

    contact_id: int
    level: int
    kind: TermKind
    term: str
    # That what was typed is the whole of a number or an address.
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundContact:
    """A contact as a search shows it. `merged_name` is the name of one merged into it, where that was what was found.

    `by` is the e-mail address, telephone number or IBAN that was found, `by_kind` which; empty where a name was.
    `asked_for` says that the whole of its own number, or of one of these, was typed.
    """

    contact_id: int
    name: str
    kind: ContactKind
    organisation_kind: OrganisationKind | None
    town: str
    level: int
    merged_name: str
    by: str
    by_kind: TermKind
    asked_for: bool


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

    def fits(self, term: Any, level: int) -> list[ColumnElement[bool]]:  # noqa: ANN401  the column, also of an alias
        """The ways in which a term is this word up to a level, each along the index."""
        ways = [term.in_(self.typed.spellings)]
        if level >= BEGINS:
            ways = [_begins(term, each) for each in self.typed.spellings]
        if level >= INSIDE:
            ways.append(term.in_(self.inside))
        if level >= MEANT:
            ways.append(term.in_(self.meant))
        return ways

    def fit(self, kind: TermKind, term: str) -> int:
        """At which level a term is this word; NOT_AT_ALL where it is not."""
        spellings, less = self.typed.spellings, int(kind is TermKind.PLACE)
        if term in spellings:
            return EXACT + less
        if any(map(term.startswith, spellings)):
            return BEGINS + less
        if any(each in term for each in spellings):
            return INSIDE
        return MEANT if any(one_mistake(each, term) for each in spellings) else NOT_AT_ALL


def find(text: str, *, limit: int = 20) -> list[Match]:
    """The contacts that fit what was typed, the best first, merged ones too."""
    wanted, found = asked(text), dict[int, Match]()
    for start, question in _by_key(wanted):
        _take(found, EXACT, question, limit, start)
    readings = [_Reading(each) for each in wanted.words]
    if len(readings) > 1 or wanted.prefixes:
        room = limit - len(found)
        for match in _by_words(readings, wanted.prefixes, room) if room > 0 else ():
            found.setdefault(match.contact_id, match)
    elif readings:
        for level, question in _by_word(readings[0]):
            _take(found, level, question, limit)
    for start in wanted.mailboxes:
        _take(found, INSIDE, _beginning(TermKind.EMAIL, start), limit, start)
    return list(found.values())[:limit]


def _take(found: dict[int, Match], level: int, question: _Question, limit: int, whole: str | None = None) -> None:
    """Ask on while there is room; `whole` is the term that is the whole of what was typed."""
    if len(found) < limit:
        for contact_id, kind, term in session().execute(question.limit(limit + len(found))):
            found.setdefault(contact_id, Match(contact_id, level, kind, term, term == whole))


def found_contacts(text: str, *, limit: int = 20) -> list[FoundContact]:
    """The contacts that fit what was typed, the best first, each once and as it stands after every merge."""
    matches = find(text, limit=limit)
    rows = rows_by_id({match.contact_id for match in matches})
    merged = current_ids([each for each, row in rows.items() if row.merged_into_id is not None])
    rows |= rows_by_id(set(merged.values()))
    towns = _towns(rows)
    shown: dict[int, FoundContact] = {}
    for match in matches:
        contact_id = merged.get(match.contact_id, match.contact_id)
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
        by_kind=match.kind,
        asked_for=match.whole,
    )


def _towns(contact_ids: Collection[int]) -> dict[int, str]:
    """Where each of these is: by its newest address, or as a church."""
    order = literal_column("0", Integer).label("newer")
    churches = select(ChurchDetails.contact_id, ChurchDetails.town, order)
    addresses = select(PostalAddress.contact_id, PostalAddress.town, PostalAddress.id)
    both = union_all(
        churches.where(ChurchDetails.contact_id.in_(contact_ids)),
        addresses.where(PostalAddress.contact_id.in_(contact_ids)),
    )
    return {contact_id: town for contact_id, town, _ in session().execute(both.order_by("newer")) if town}


def _by_key(wanted: Asked) -> Iterator[tuple[str, _Question]]:
    if wanted.number is not None:
        kind, term = literal(TermKind.NUMBER, SearchTerm.kind.type).label("kind"), literal("").label("term")
        yield "", select(Contact.id, kind, term).where(Contact.id == wanted.number)
    for kind_of_key, start in wanted.keys:
        yield start, _beginning(kind_of_key, start)


def _by_word(reading: _Reading) -> Iterator[tuple[int, _Question]]:
    """One word: along the index, level by level, so that the most common word is found as fast as the rarest."""
    for level in (EXACT, BEGINS, INSIDE, MEANT):
        for way in reading.ways(SearchTerm, level):
            yield level, _found().where(way).order_by(SearchTerm.term, SearchTerm.contact_id)


def _by_words(readings: list[_Reading], prefixes: Sequence[str], room: int) -> list[Match]:
    """Several words: those of the rarest who have the others as well; then the best first."""
    rarest_first = sorted(zip(_how_often(readings), readings, strict=True), key=_rarity)
    readings = [reading for _, reading in rarest_first]
    common = [reading for often, reading in rarest_first[1:] if often >= _OFTEN]
    rare = readings[: len(readings) - len(common)]
    prefixed = [_Reading(Typed(frozenset({each}))) for each in prefixes]
    ids = _with_all(EXACT, readings, prefixed) if prefixed else set[int]()
    # Of a word with many bearers: first who has all words exactly, which is often enough and soon found.
    if rarest_first[0][0] > _MANY and len(ids) < room:
        ids |= _with_all(EXACT, readings, [])
    if len(ids) < room:
        ids |= (some := _with_all(BEGINS, rare, common))
        if len(some) >= _ENOUGH:
            # There are more, and those that fit exactly may be among the others.
            ids |= _with_all(EXACT, readings, [])
    if not ids:
        # Where several words all fit somebody as they were typed, none of them is taken for a mistake.
        ids = _with_all(MEANT, rare, common)
    return _ranked(ids, readings, prefixes)


def _with_all(level: int, rare: Sequence[_Reading], common: Sequence[_Reading]) -> set[int]:
    first, *others = rare
    have = [*(_gathered(each, level) for each in others), *(_looked_up(each, level) for each in common)]
    along = _bearing(first, level).where(*have).limit(_ENOUGH)
    return set(session().scalars(along))


def _bearing(reading: _Reading, level: int, term: type[SearchTerm] = SearchTerm) -> Select[int]:
    """The contacts that have a word, once for each term that it can be."""
    ways = (and_(term.kind.in_(_WORDS), each) for each in reading.fits(term.term, level))
    return select(term.contact_id).where(or_(*ways))


def _gathered(reading: _Reading, level: int) -> ColumnElement[bool]:
    """Whether a contact is among all that have a word. They are gathered once, which `is_(true())` sees to.

    Left free to join, a database that guesses wrongly how many they are looks for each contact anew.
    """
    return SearchTerm.contact_id.in_(_bearing(reading, level, aliased(SearchTerm))).is_(true())


def _looked_up(reading: _Reading, level: int) -> ColumnElement[bool]:
    """The same, looked up for one contact after the other: enough are soon found where every tenth has the word."""
    also = aliased(SearchTerm)
    theirs = select(1).where(also.contact_id == SearchTerm.contact_id, also.kind.in_(_WORDS)).limit(1)
    # Not EXISTS, which again would let a database join.
    ways = (theirs.where(each).scalar_subquery() for each in reading.fits(also.term, level))
    return or_(*(way.is_not(None) for way in ways))


def _how_often(readings: Sequence[_Reading]) -> Sequence[int]:
    """In how many terms each word stands or begins one, as far as that matters; one question for all."""
    return session().execute(select(*map(_count, readings))).one()


def _rarity(counted: tuple[int, _Reading]) -> tuple[int, int]:
    """Of words that occur so often that nobody counted on, the longest is the rarest."""
    often, reading = counted
    return often, -max(map(len, reading.typed.spellings))


def _count(reading: _Reading) -> ColumnElement[int]:
    some = _bearing(reading, BEGINS).limit(_OFTEN).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _ranked(contact_ids: Collection[int], readings: Sequence[_Reading], prefixes: Sequence[str]) -> list[Match]:
    """As far off as the word that fits worst; among equals first who bears the typed prefixes, then the nearer."""
    terms: dict[int, list[tuple[TermKind, str]]] = defaultdict(list)
    theirs = _found().where(SearchTerm.contact_id.in_(contact_ids), SearchTerm.kind.in_(_WORDS))
    for contact_id, kind, term in session().execute(theirs):
        terms[contact_id].append((kind, term))
    ranks = []
    for contact_id, has in terms.items():
        fits = [min(reading.fit(*each) for each in has) for reading in readings]
        missing = sum((TermKind.NAME, each) not in has for each in prefixes)
        ranks.append((max(fits), missing, sum(fits), contact_id))
    return [Match(contact_id, level, TermKind.NAME, "") for level, _, _, contact_id in sorted(ranks)]


def _beginning(kind: TermKind, start: str) -> _Question:
    there = _found().where(SearchTerm.kind == kind, _begins(SearchTerm.term, start))
    return there.order_by(SearchTerm.term, SearchTerm.contact_id)


def _found() -> _Question:
    return select(SearchTerm.contact_id, SearchTerm.kind, SearchTerm.term)


def _begins(column: Any, start: str) -> ColumnElement[bool]:  # noqa: ANN401  a column of any of the three tables
    """A range, which both databases answer from an index; LIKE they would not, and it has signs of its own."""
    return and_(column >= start, column < start + AFTER_ALL)
