"""What a row of a sheet says: an organisation, a person, or a person in an organisation."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fundraising.contacts.rules import (
    PREFIX_WORDS,
    Address,
    ContactKind,
    OrganisationKind,
    PersonName,
    Salutation,
    tidied,
)
from fundraising.contacts.rules.organisations import Denomination, Role, SchoolLevel
from fundraising.contacts.rules.refusals import Refusal
from fundraising.contacts.rules.sheets import cells
from fundraising.contacts.rules.sheets.columns import BEGINS, CHURCH, CONSENT, ENDS, KIND, NAME, NUMBER
from fundraising.contacts.rules.terms import ALWAYS, Term
from fundraising.imports.rules import Reason, shown
from fundraising.imports.rules.cells import BadCell, day

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundraising.imports.rules import SheetRow, Value


_NOBODY = PersonName()


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen beside the columns: the kind of organisation where no column tells, where consent was given."""

    kind: OrganisationKind = OrganisationKind.OTHER
    consent_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a row says of one contact; what is empty it does not say."""

    kind: ContactKind
    organisation_kind: OrganisationKind | None = None
    organisation_name: str = ""
    name: PersonName = _NOBODY
    number: int | None = None
    kvk: str = ""
    rsin: str = ""
    brin: str = ""
    denomination: Denomination | None = None
    level: SchoolLevel | None = None
    members: int | None = None
    town: str = ""
    email: str = ""
    phone: str = ""
    iban: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRow:
    """What a row says. With `errors` it is not brought in; `remarks` only say something. `newsletter` None: unsaid."""

    line: int
    organisation: Facts | None
    person: Facts | None
    role: Role
    term: Term
    # The church to which a diaconie belongs: its name or its number with us.
    church: str
    newsletter: bool | None
    errors: tuple[Reason, ...]
    remarks: tuple[Reason, ...]


_READ: dict[str, Callable[[Value], Any]] = {
    NUMBER: lambda value: cells.whole_number(value, 2**31 - 1),
    KIND: cells.organisation_kind,
    NAME: lambda value: cells.name(value, 200),
    "denomination": cells.denomination,
    "members": cells.whole_number,
    "level": cells.level,
    "brin": cells.brin,
    "kvk": cells.kvk,
    "rsin": cells.rsin,
    "salutation": cells.salutation,
    "given_name": lambda value: cells.name(value, 100),
    "prefix": cells.prefix,
    "surname": lambda value: cells.name(value, 120),
    "whole_name": lambda value: cells.name(value, 200),
    "role": cells.role,
    "person_email": cells.email,
    "person_phone": cells.phone,
    "address": lambda value: cells.line(value, 140),
    "street": lambda value: cells.line(value, 120),
    "house_number": lambda value: cells.line(value, 20),
    "addition": lambda value: cells.line(value, 10),
    "postcode": cells.postcode,
    "town": lambda value: cells.line(value, 80),
    "country": cells.country,
    "email": cells.email,
    "phone": cells.phone,
    "iban": cells.account,
    CONSENT: cells.yes_or_no,
    CHURCH: lambda value: cells.line(value, 200),
    BEGINS: day,
    ENDS: day,
}
# `Kerkstraat 12 a`, `Plein 1940-1945 3`, `Dorpsstraat 7-II`: the last number with what belongs to it.
_ADDRESS = re.compile(r"(?P<street>.*(\D|\b(1[89]|20)\d\d))\s+(?P<number>\d+\s?[-/]?\s?[\w-]{0,6})")
_TITLE = re.compile(
    r"(?P<mr>(de\s)?(dhr|heer|hr)\b\.?)|(?P<mrs>(mevr?(rouw)?|mw)\b\.?)|(ds|dr|drs|ir|prof|mr)\.",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"((?!v\.)\w{1,3}\.\s?)+|[A-Z]{1,4}(?=\s)")
_SHORT_PREFIX = re.compile(r"\b(v\s?[./]\s?d\b\.?|vd\b\.?)\s*")


@dataclass(slots=True)
class _Cells:
    """The cells of a row as they are read one by one, with what is wrong with them."""

    row: SheetRow
    errors: list[Reason] = field(default_factory=list)

    def __getitem__(self, code: str) -> Any:  # noqa: ANN401  each column has its own type
        value = self.row.values.get(code)
        if not value:
            return None
        try:
            return _READ[code](value)
        except BadCell as bad:
            self.errors.append(Reason(bad.code, code, shown(value)[:200]))
            return None

    def text(self, code: str) -> str:
        return self[code] or ""


def parse_row(row: SheetRow, choices: Choices) -> ParsedRow:
    """Read a row. It never raises: what is wrong stands in its errors."""
    found = _Cells(row, list(row.reasons))
    has_person = any(row.values.get(code) for code in ("surname", "whole_name"))
    organisation = _organisation(found, choices) if row.values.get(NAME) else None
    person = _person(found, whole=organisation is None) if has_person else None
    errors = found.errors
    if organisation is None and person is None:
        errors.append(Reason("nameless"))
    if person is None and any(
        row.values.get(code) for code in ("person_email", "person_phone", "role", BEGINS, ENDS, CONSENT)
    ):
        errors.append(Reason("person_without_surname"))
    church = found.text(CHURCH)
    if church and (organisation is None or organisation.organisation_kind is not OrganisationKind.DIACONIE):
        errors.append(Reason("not_a_diaconie", CHURCH, church))
    role = found["role"] or Role.CONTACT
    term = _term(found)
    remarks = [Reason("other_role", "role", shown(row.values["role"])[:80])] if role is Role.OTHER else []
    newsletter = found[CONSENT] if person is not None else None
    return ParsedRow(
        line=row.line,
        organisation=organisation,
        person=person,
        role=role,
        term=term,
        church=church,
        newsletter=newsletter,
        errors=tuple(dict.fromkeys(errors)),
        remarks=tuple(remarks),
    )


def _term(found: _Cells) -> Term:
    begins, ends = found[BEGINS], found[ENDS]
    try:
        return Term(begins, ends)
    except Refusal as refusal:
        found.errors.append(Reason(refusal.reason.value, ENDS, f"{begins} – {ends}"))
        return ALWAYS


def _organisation(found: _Cells, choices: Choices) -> Facts:
    kind = found[KIND] or choices.kind
    church = kind in {OrganisationKind.CHURCH, OrganisationKind.DIACONIE}
    school = kind is OrganisationKind.SCHOOL
    address = _address(found)
    return Facts(
        kind=ContactKind.ORGANISATION,
        organisation_kind=kind,
        organisation_name=found.text(NAME),
        number=found[NUMBER],
        kvk=found.text("kvk"),
        rsin=found.text("rsin"),
        brin=found.text("brin") if school else "",
        level=found["level"] if school else None,
        denomination=found["denomination"] if church else None,
        members=found["members"] if church else None,
        town=found.text("town") if church else "",
        email=found.text("email"),
        phone=found.text("phone"),
        iban=found.text("iban"),
        address=address,
    )


def _person(found: _Cells, *, whole: bool) -> Facts:
    """The person of a row; where the row is `whole` theirs, so are its number, address and account."""
    email, phone = found.text("person_email"), found.text("person_phone")
    name = _name(found)
    if not whole:
        return Facts(kind=ContactKind.PERSON, name=name, email=email, phone=phone)
    return Facts(
        kind=ContactKind.PERSON,
        name=name,
        number=found[NUMBER],
        email=email or found.text("email"),
        phone=phone or found.text("phone"),
        iban=found.text("iban"),
        address=_address(found),
    )


def _name(found: _Cells) -> PersonName:
    salutation = found["salutation"] or Salutation.UNKNOWN
    given, prefix, surname = found.text("given_name"), found.text("prefix"), found.text("surname")
    if surname:
        name = tidied(PersonName(salutation, given, prefix, surname))
    else:
        told = whole_name(found.text("whole_name"))
        said = told.salutation if salutation is Salutation.UNKNOWN else salutation
        name = tidied(PersonName(said, given or told.given_name, prefix or told.prefix, told.surname))
    if not name.surname and not found.errors:
        found.errors.append(Reason("nameless"))
    return name


def whole_name(text: str) -> PersonName:
    """A person's name out of one text: `mw. A.M. van der Berg`, `Berg, A.M. van der`."""
    salutation, rest = _without_titles(text)
    surname, comma, before = rest.partition(",")
    if not (comma and surname.strip() and before.strip()) or "," in before:
        return tidied(PersonName(salutation, *_apart(_SHORT_PREFIX.sub("v.d. ", rest))))
    said, before = _without_titles(before.strip())
    words = _SHORT_PREFIX.sub("v.d. ", before).split()
    count = next((place for place, word in enumerate(words) if word.lower() in PREFIX_WORDS), len(words))
    salutation = said if salutation is Salutation.UNKNOWN else salutation
    return tidied(PersonName(salutation, " ".join(words[:count]), " ".join(words[count:]), surname))


def _without_titles(text: str) -> tuple[Salutation, str]:
    salutation = Salutation.UNKNOWN
    while match := _TITLE.match(text):
        if match["mr"] or match["mrs"]:
            salutation = Salutation.MR if match["mr"] else Salutation.MRS
        text = text[match.end() :].lstrip()
    return salutation, text


def _apart(text: str) -> tuple[str, str, str]:
    """Given name, prefix and surname of `J.P. van der Berg`, `Jan Willem ter Horst`, `Anna Bakker`.

    A lone word is a surname; a prefix that belongs to one is left before it.
    """
    initials = _INITIALS.match(text)
    if initials and text[initials.end() :].strip():
        return initials[0].strip(), "", text[initials.end() :].strip()
    words = text.split()
    if len(words) < 2 or not text[:1].isupper() or words[0].lower() in PREFIX_WORDS:  # noqa: PLR2004  two words
        return "", "", text
    count = next((place for place, word in enumerate(words[:-1]) if word in PREFIX_WORDS), 1)
    return " ".join(words[:count]), "", " ".join(words[count:])


def _address(found: _Cells) -> Address | None:
    street, number = found.text("street"), found.text("house_number")
    if not street and (both := found.text("address")):
        match = _ADDRESS.fullmatch(both)
        street, number = (match["street"], number or match["number"]) if match else (both, number)
    number = f"{number} {found.text('addition')}".strip()
    postcode, town, country = found.text("postcode"), found.text("town"), found.text("country") or "NL"
    if not (street or postcode):
        return None
    return Address(street[:120], number[:20], postcode, town, country)
