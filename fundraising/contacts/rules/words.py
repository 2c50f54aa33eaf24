"""By which words and numbers contacts are found, and when what somebody typed is one of them: pure rules.

A typing mistake is one letter left out, put in or replaced, or two neighbours that changed places. Which words may be
meant is found without looking at them all, after Wolf Garbe's SymSpell: two words within one mistake of each other
share a key, being the beginning of either or that beginning with one letter left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

from fundraising.contacts.rules import PREFIX_WORDS, PersonName
from fundraising.contacts.rules.folding import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class TermKind(StrEnum):
    """What a term of the index is of a contact. An `iban` stands there backwards, so that its end is a beginning."""

    NAME = "name"
    PLACE = "place"
    EMAIL = "email"
    IBAN = "iban"
    PHONE = "phone"
    NUMBER = "number"


# Beyond this many letters a word is cut off, in the index as in what was typed.
MOST_LETTERS = 60
# In a word of so many letters one mistake is forgiven.
FORGIVEN = 4
# Parts of so many letters are found inside a word.
_INSIDE = 3
# Keys are made of so many first letters: enough to tell most words apart, and no more rows for a longer word.
_KEY_LETTERS = 8
# Of what was typed no more is read.
_MOST_TYPED = 200
_MOST_WORDS = 8
_LAST_DIGITS = 4
# Behind every letter there is.
AFTER_ALL = "\U0010ffff"

# `'t`, `d'` and their like are typed with and without their apostrophe.
_PREFIXES = frozenset(map(folded, PREFIX_WORDS))
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")
_SEPARATED = re.compile(r"[\W_]+")
_POSTCODE = re.compile(r"\b([1-9][0-9]{3})\s+([a-z]{2})\b", re.IGNORECASE)
_POSTCODE_TERM = re.compile(r"[0-9]{4}[a-z]{2}")
_NUMBER = re.compile(r"[+#]?[\d\s()./-]*\d")
_MAILBOX = re.compile(r"^\S*@\S+$")
_IBAN = re.compile(r"[a-z]{2}\d{2}[a-z0-9]{2,30}")


@dataclass(frozen=True, slots=True)
class Typed:
    """One word of what was typed, in the spellings that count as the same."""

    spellings: frozenset[str]

    @property
    def may_be_inside(self) -> bool:
        """Whether it is long enough to look for it inside words."""
        return any(len(each) >= _INSIDE for each in self.spellings)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for. Prefixes, the `van der` of a surname, need not be there where other words are."""

    words: tuple[Typed, ...]
    prefixes: tuple[str, ...]
    # What terms of these kinds begin with, and what e-mail addresses do.
    keys: tuple[tuple[TermKind, str], ...]
    mailboxes: tuple[str, ...]
    # Of a contact.
    number: int | None


def asked(text: str) -> Asked:
    """Read what somebody typed into the box; anything can be typed."""
    text = text[:_MOST_TYPED].strip()
    tokens = list(dict.fromkeys(_tokens(_POSTCODE.sub(r"\1\2", text))))[:_MOST_WORDS]
    names = [each for each in tokens if each not in _PREFIXES]
    prefixes = [each for each in tokens if each in _PREFIXES] if names else []
    # An address for mail is looked for as one, not as the words in it; `#12` is one contact's number.
    if _MAILBOX.search(text) or text.startswith("#"):
        names, prefixes, tokens = [], [], []
    words = tuple(Typed(spellings(each)) for each in names or tokens)
    return Asked(words, tuple(prefixes), tuple(_keys(text)), tuple(_mailboxes(text)), _contact_number(text))


def spellings(word: str) -> frozenset[str]:
    """A word as it is and with `y` for `ij`: `Bruijn` and `Bruyn` are one name to the ear."""
    return frozenset({word, word.replace("ij", "y")})


def name_terms(name: PersonName, organisation_name: str = "") -> set[str]:
    """The words under which a contact is found: each of its names, also what was typed as one (`vandenberg`, `jp`)."""
    texts = [name.given_name, name.prefix, name.surname, organisation_name]
    return _indexed([*_words_and_wholes(" ".join(texts)), folded(f"{name.prefix} {name.surname}")])


def place_terms(town: str, postcode: str = "") -> set[str]:
    """The words of a town, and a postcode as one."""
    return _indexed([*_words_and_wholes(town), folded(postcode)])


def email_terms(match_address: str) -> set[str]:
    """A mailbox, whole and from behind each of its separators: `p.jansen@kerk.nl` is found at `jansen` and `kerk`."""
    starts = [0, *(match.end() for match in re.finditer(r"[.@_+-]", match_address))]
    # What stands behind the last point is the country, and says nothing.
    return {match_address[start:] for start in starts if "." in match_address[start:] or not start}


def phone_terms(number: str) -> set[str]:
    """A number in E.164 as it is dialled here and from abroad."""
    digits = number.removeprefix("+")
    return {digits, f"0{digits.removeprefix('31')}"} if digits.startswith("31") else {digits}


def iban_term(compact: str) -> str:
    """An IBAN backwards."""
    return compact.lower()[::-1]


def way_of_term(kind: TermKind, term: str) -> str:
    """A term as people read it, for those that are ways to reach a contact; else nothing."""
    if kind is TermKind.IBAN:
        return term[::-1].upper()
    return term if kind in {TermKind.EMAIL, TermKind.PHONE, TermKind.NUMBER} else ""


def inner_parts(word: str) -> list[str]:
    """A word from its second letter on, from its third and so on: what is inside it is the beginning of one of them."""
    return [word[start:] for start in range(1, len(word) - _INSIDE + 1)] if len(word) >= FORGIVEN else []


def worth_a_key(word: str) -> bool:
    """Whether a word can be meant by another: one mistake away from it may be one of four letters.

    Not a postcode: with a mistake in it, it is another one.
    """
    return len(word) >= FORGIVEN - 1 and not _POSTCODE_TERM.fullmatch(word)


def mistake_keys(word: str) -> set[str]:
    """The keys of a word: its beginning, whole and with each letter left out. Two words share one within a mistake."""
    start = word[:_KEY_LETTERS]
    return {start, *(start[:i] + start[i + 1 :] for i in range(len(start)))}


def one_mistake(typed: str, word: str) -> bool:
    """Whether a word may be meant: one mistake at most, where either has four letters or more."""
    if max(len(typed), len(word)) < FORGIVEN:
        return False
    return OSA.distance(typed, word, score_cutoff=1) <= 1


def _indexed(words: Iterable[str]) -> set[str]:
    return {each for word in words if word for each in spellings(word[:MOST_LETTERS])}


def _tokens(text: str) -> list[str]:
    """The words of a text, folded; an apostrophe does not part one."""
    return [word[:MOST_LETTERS] for piece in _pieces(text) if (word := folded(piece))]


def _pieces(text: str) -> list[str]:
    return _SEPARATED.sub(" ", _APOSTROPHES.sub("", text)).split()


def _words_and_wholes(text: str) -> Iterator[str]:
    """The words, what an apostrophe parts (`d'Ancona`, `O'Brien`), and what a dash or a point joins, as one."""
    yield from map(folded, _pieces(text))
    yield from map(folded, _SEPARATED.sub(" ", text).split())
    yield from map(folded, text.split())


def _keys(text: str) -> Iterator[tuple[TermKind, str]]:
    compact = "" if text.startswith("#") else folded(text)
    if _NUMBER.fullmatch(text) and len(compact) >= _LAST_DIGITS:
        yield TermKind.NUMBER, compact
        yield TermKind.IBAN, iban_term(compact)
        yield TermKind.PHONE, _dialled(text, compact)
    elif _IBAN.fullmatch(compact):
        yield TermKind.IBAN, iban_term(compact)
    elif compact and compact.isalnum() and any(map(str.isdigit, compact)):
        yield TermKind.NUMBER, compact


def _mailboxes(text: str) -> Iterator[str]:
    if not re.search(r"\s", text) and len(folded(text)) >= _INSIDE:
        yield text.casefold().lstrip("@")


def _dialled(text: str, digits: str) -> str:
    return digits.removeprefix("00") if text.startswith("00") else digits


def _contact_number(text: str) -> int | None:
    match = re.fullmatch(r"#?\s*([1-9][0-9]{0,17})", text, re.ASCII)
    return int(match[1]) if match else None
