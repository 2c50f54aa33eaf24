"""What names mean, how they are written, and when two of them can be one person's: pure rules."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from babel import Locale

from fundraising.contacts.rules import given_names
from fundraising.contacts.rules.folding import folded, has_vowel
from fundraising.marks import without_heaps


class ContactKind(StrEnum):
    """A contact is one or the other."""

    PERSON = "person"
    ORGANISATION = "organisation"


class OrganisationKind(StrEnum):
    """Kinds of organisation. A church and its diaconie are two legal bodies."""

    CHURCH = "church"
    DIACONIE = "diaconie"
    SCHOOL = "school"
    COMPANY = "company"
    FUND = "fund"
    OTHER = "other"


class Salutation(StrEnum):
    """How a person is addressed."""

    MR = "mr"
    MRS = "mrs"
    UNKNOWN = "unknown"


class IbanProvenance(StrEnum):
    """Where an IBAN was seen; only the bank and Mollie prove one."""

    TYPED = "typed"
    MOLLIE = "mollie"
    BANK = "bank"


PROVEN = frozenset({IbanProvenance.MOLLIE, IbanProvenance.BANK})


class ConsentState(StrEnum):
    """What a person said about a purpose and a channel, in order of time."""

    REQUESTED = "requested"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


# What may follow what was said last; who agreed already is not asked again, which would undo the agreement.
CONSENT_FOLLOWS: dict[ConsentState | None, frozenset[ConsentState]] = {
    None: frozenset(ConsentState),
    ConsentState.REQUESTED: frozenset(ConsentState),
    ConsentState.GRANTED: frozenset({ConsentState.WITHDRAWN}),
    ConsentState.WITHDRAWN: frozenset({ConsentState.REQUESTED, ConsentState.GRANTED}),
}


def consent_may_follow(before: ConsentState | None, said: ConsentState) -> bool:
    """Whether saying this changes anything after what was said before."""
    return said in CONSENT_FOLLOWS[before]


class DuplicateState(StrEnum):
    """What staff judged of two contacts that look alike."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


class UnknownContact(LookupError):
    """There is no such contact."""


class NamelessContact(ValueError):
    """Neither a surname nor an organisation's name."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name in parts; `given_name` is what stood in the field "initials or first name"."""

    salutation: Salutation = Salutation.UNKNOWN
    given_name: str = ""
    prefix: str = ""
    surname: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """The parts, by what tables and forms call them."""
        return {
            "salutation": self.salutation,
            "given_name": self.given_name,
            "name_prefix": self.prefix,
            "surname": self.surname,
        }


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody says to be. With an `organisation_kind` the gift is that organisation's, the person its contact.

    `phone` is in E.164; `typed_iban` is compact and proves nothing.
    """

    name: PersonName
    email: str
    phone: str = ""
    language: str = "nl"
    organisation_kind: OrganisationKind | None = None
    organisation_name: str = ""
    typed_iban: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where post goes."""

    street: str
    house_number: str
    postcode: str
    town: str
    country: str = "NL"


# Words before a Dutch surname that belong to it and do not count in its order.
PREFIX_WORDS = frozenset(
    {"van", "de", "der", "den", "het", "'t", "'s", "te", "ten", "ter", "tot", "in", "op", "aan", "bij", "onder", "over"}
    | {"uit", "voor", "von", "vom", "zum", "zur", "d'", "l'"}
    # As lists shorten them; which of `van de`, `van den` and `van der` it is, nobody can tell.
    | {"v.", "v.d.", "v/d"},
)
_APOSTROPHES = str.maketrans("’‘`´ʼ", "'''''")
_DUTCH_POSTCODE = re.compile(r"([1-9][0-9]{3})\s*([A-Za-z]{2})")


# Some letters fold into many; the column holds so many.
_LONGEST_MATCH = 200


def match_name(text: str) -> str:
    """A surname or an organisation's name for comparison: folded, and without the prefix, wherever that was typed."""
    _, rest = _split_prefix(text)
    return folded(rest)[:_LONGEST_MATCH]


def match_address(email: str) -> str:
    """An e-mail address for comparison."""
    return unicodedata.normalize("NFC", without_heaps(email.strip())).casefold()


def tidied(name: PersonName) -> PersonName:
    """The name as it is kept: spaces and initials in order, the prefix small and apart, no SHOUTING, no whispering."""
    typed_prefix, surname = " ".join(name.prefix.split()), " ".join(name.surname.split())
    if not typed_prefix:
        typed_prefix, surname = _split_prefix(surname)
    prefix = typed_prefix.translate(_APOSTROPHES).lower()
    return replace(name, given_name=_tidy_given(name.given_name), prefix=prefix, surname=_capitals(surname))


def full_name(name: PersonName) -> str:
    """`J. van der Berg`; without initials or a first name `Van der Berg`."""
    if not name.given_name:
        return family_name(name)
    return f"{name.given_name} {_joined(name.prefix.lower(), name.surname)}"


def family_name(name: PersonName) -> str:
    """The surname as it stands on its own or after `mevrouw`: `Van der Berg`, `Ten Have`, but `'t Hart`, `d'Ancona`."""
    prefix = name.prefix.lower()
    if not re.match(r"'|\w'", prefix.translate(_APOSTROPHES)):
        prefix = prefix[:1].upper() + prefix[1:]
    return _joined(prefix, name.surname)


_TITLES = {
    "nl": {Salutation.MR: "de heer", Salutation.MRS: "mevrouw"},
    "en": {Salutation.MR: "Mr", Salutation.MRS: "Ms"},
}
_GREETINGS = {
    "nl": {
        Salutation.MR: "Geachte heer",
        Salutation.MRS: "Geachte mevrouw",
        Salutation.UNKNOWN: "Geachte heer of mevrouw",
    },
    "en": {Salutation.MR: "Dear Mr", Salutation.MRS: "Dear Ms"},
}


def addressed(name: PersonName, language: str = "nl") -> str:
    """How a person is spoken of in a sentence and, with a capital, above an address: `de heer J. van der Berg`."""
    title = _TITLES[language].get(name.salutation, "")
    return f"{title} {full_name(name)}".strip()


def greeting(name: PersonName, language: str = "nl") -> str:
    """The line with which a letter opens: `Geachte heer Van der Berg,`, in English `Dear Mr Van der Berg,`."""
    opening = _GREETINGS[language].get(name.salutation)
    if opening is None:
        return f"Dear {full_name(name)}," if name.surname else "Dear Sir or Madam,"
    if not name.surname:
        return "Geachte heer of mevrouw," if language == "nl" else "Dear Sir or Madam,"
    return f"{opening} {family_name(name)},"


def names_compatible(a: PersonName, b: PersonName) -> bool:
    """Whether two names can be one person's.

    The surnames are the same, prefixes and spelling of case, accents and punctuation aside. Initials and first names do
    not clash: `J.` can be `Jan` and `J.P.`, but not `M.`, and `Jan` is not `Johan`. Where both salutations are known
    they are the same. A name without initials tells little, and couples share an address and a mailbox: it can be
    another's only where the salutations are known and equal, or nothing at all differs.
    """
    if _surname(a) != _surname(b):
        return False
    salutations = {a.salutation, b.salutation} - {Salutation.UNKNOWN}
    if len(salutations) > 1:
        return False
    told = [given_names.told(name.given_name) for name in (a, b)]
    if not all(told):
        return a.salutation == b.salutation and (not any(told) or bool(salutations))
    return given_names.fit(a.given_name, b.given_name)


def refined(known: PersonName, said: PersonName) -> PersonName:
    """A known name with what a compatible one tells more: a salutation, `Jan` for `J.`, `Jan M.` for `J.M.` and `Jan`.

    All that both tell is kept, so whoever is compatible with the outcome is compatible with each: of three people with
    one mailbox, two whose names clash never become one through the third.
    """
    salutation = said.salutation if known.salutation is Salutation.UNKNOWN else known.salutation
    return replace(known, salutation=salutation, given_name=given_names.joined(known.given_name, said.given_name))


def postal_address_lines(addressee: str, address: Address) -> list[str]:
    """The lines of an address as PostNL wants them: two spaces behind the postcode, the town in capitals."""
    lines = [addressee, f"{address.street} {address.house_number}".strip()]
    if address.country == "NL":
        return [*lines, f"{tidy_postcode(address.postcode)}  {address.town.upper()}"]
    country = Locale("nl").territories.get(address.country, address.country)
    return [*lines, f"{address.postcode} {address.town.upper()}", country.upper()]


def tidy_postcode(text: str) -> str:
    """A Dutch postcode as `1234 AB`; anything else as it is."""
    match = _DUTCH_POSTCODE.fullmatch(text.strip())
    return f"{match[1]} {match[2].upper()}" if match else text.strip()


def _surname(name: PersonName) -> str:
    return match_name(name.surname) or folded(name.prefix) or name.surname.casefold()


def _split_prefix(text: str) -> tuple[str, str]:
    """The prefix words with which a surname begins, and the rest, which is never empty where the text is not."""
    words = re.sub(r"\b([dl]')(?=\w)", r"\1 ", text.translate(_APOSTROPHES), flags=re.IGNORECASE).split()
    count = 0
    while count < len(words) - 1 and words[count].lower() in PREFIX_WORDS:
        count += 1
    return " ".join(words[:count]), " ".join(words[count:])


def _joined(prefix: str, surname: str) -> str:
    return f"{prefix}{surname}" if prefix.endswith(("'", "’")) else f"{prefix} {surname}".strip()


def _capitals(surname: str) -> str:
    """`jansen-de vries` and `JANSEN-DE VRIES` as `Jansen-de Vries`; a name with both cases is left as it is."""
    if surname != surname.lower() and surname != surname.upper():
        return surname
    return "".join(_capital(piece) for piece in re.split(r"([\s-]+)", surname.lower()))


def _capital(word: str) -> str:
    if word in PREFIX_WORDS:
        return word
    return "IJ" + word[2:] if word.startswith("ij") else word[:1].title() + word[1:]


def _tidy_given(text: str) -> str:
    """Initials as `J.P.`, a first name with a capital; what can be either (`AJ`) as it was typed, spaces aside."""
    typed = " ".join(text.split())
    letters = [letter for _, letter, _ in given_names.PART.findall(typed)]
    if letters and all(len(each) == 1 for each in letters) and not given_names.TOGETHER.search(typed):
        return "".join(f"{each.title()}." for each in letters)
    if typed.isupper() and typed.isalpha() and not has_vowel(typed):
        return "".join(f"{each}." for each in typed)
    return typed if typed.isupper() and len(typed) <= 3 else _capitals(typed)  # noqa: PLR2004  `AJM`, `TOM`
