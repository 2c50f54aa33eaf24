"""All that is kept of one contact, row by row, as staff see and change it; the number of queries does not grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import or_, select

from fundraising.clock import today
from fundraising.contacts.models import (
    Affiliation,
    ChurchDetails,
    Consent,
    Contact,
    ContactEmail,
    ContactIban,
    ContactNote,
    ContactPhone,
    Household,
    HouseholdMember,
    OrganisationLink,
    PostalAddress,
    SchoolDetails,
)
from fundraising.contacts.queries import address_of, display_name, known_as, person_name, said_when, standing_rows
from fundraising.contacts.rules import Address, ContactKind, OrganisationKind, UnknownContact
from fundraising.contacts.rules.details import ChurchFacts, OrganisationFacts, Preferences, SchoolFacts
from fundraising.contacts.rules.households import JointSalutation, written_now
from fundraising.contacts.rules.organisations import Role
from fundraising.contacts.rules.terms import Term
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from fundraising.contacts.rules import ConsentState, IbanProvenance, PersonName
    from fundraising.contacts.rules.organisations import AddressKind


@dataclass(frozen=True, slots=True)
class Other:
    """Another contact, as a link to it shows it."""

    contact_id: int
    display_name: str
    deceased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailEntry:
    """An e-mail address; the first of a contact's is where mail goes."""

    row_id: int
    address: str
    is_primary: bool
    undeliverable_at: datetime | None
    undeliverable_reason: str


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """A telephone number in E.164."""

    row_id: int
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IbanEntry:
    """An account, where it was seen, whose it is where that is not the contact's own name, and when it holds."""

    row_id: int
    iban: str
    provenance: IbanProvenance
    holder: str
    term: Term


@dataclass(frozen=True, slots=True)
class PlaceEntry:
    """An address, what it is for, and when it holds."""

    row_id: int
    address: Address
    kind: AddressKind
    term: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A role, seen from either side: `other` is the organisation of a person, or the person in an organisation."""

    row_id: int
    other: Other
    role: Role
    term: Term
    is_primary: bool


Dated = TypeVar("Dated", IbanEntry, PlaceEntry, Position)


@dataclass(frozen=True, slots=True)
class HouseholdEntry:
    """The household in which a person lives, with all its members, this one included, as it is written to now."""

    household_id: int
    addressee: str
    greeting: str
    members: tuple[Other, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """One thing that was said; `said_on` is known where staff wrote it down afterwards."""

    purpose: str
    channel: str
    state: ConsentState
    source: str
    said_on: date | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class NoteEntry:
    """What staff wrote down."""

    row_id: int
    text: str
    written_at: datetime
    written_by: str
    remind_on: date | None
    done_at: datetime | None


Entry = TypeVar("Entry", EmailEntry, PhoneEntry, IbanEntry, PlaceEntry, Position, NoteEntry)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecord:
    """A contact as it is kept, those merged into it included.

    `numbers` are all ids that are this contact, the standing one first. Lists are in the order in which they count:
    e-mail the primary first, addresses, accounts and positions those that hold before those that ended, consents and
    notes the newest first.
    """

    contact_id: int
    numbers: tuple[int, ...]
    version: int
    kind: ContactKind
    name: PersonName
    organisation: OrganisationFacts | None
    display_name: str
    preferences: Preferences
    deceased_on: date | None
    source: str
    created_at: datetime
    changed_at: datetime | None
    belongs_to: Other | None
    has_under_it: tuple[Other, ...]
    emails: tuple[EmailEntry, ...]
    phones: tuple[PhoneEntry, ...]
    ibans: tuple[IbanEntry, ...]
    places: tuple[PlaceEntry, ...]
    positions: tuple[Position, ...]
    household: HouseholdEntry | None
    consents: tuple[ConsentEntry, ...]
    notes: tuple[NoteEntry, ...]

    @property
    def is_person(self) -> bool:
        """Whether it is a person."""
        return self.kind is ContactKind.PERSON

    @property
    def standing_consents(self) -> tuple[ConsentEntry, ...]:
        """What was said last for each purpose and channel."""
        newest: dict[tuple[str, str], ConsentEntry] = {}
        for each in self.consents:
            newest.setdefault((each.purpose, each.channel), each)
        return tuple(newest.values())


def record(contact_id: int) -> ContactRecord:
    """All that is kept of a contact. Raises UnknownContact."""
    ids = known_as(contact_id)
    row = session().get(Contact, ids[0], populate_existing=True)
    if row is None:
        raise UnknownContact(contact_id)
    belongs_to, has_under_it = _family(ids)
    return ContactRecord(
        contact_id=row.id,
        numbers=tuple(ids),
        version=row.version,
        kind=row.kind,
        name=person_name(row),
        organisation=organisation_facts(row),
        display_name=display_name(row),
        preferences=Preferences(
            language=row.language, preferred_channel=row.preferred_channel, do_not_contact=row.do_not_contact
        ),
        deceased_on=row.deceased_on,
        source=row.source,
        created_at=row.created_at,
        changed_at=row.changed_at,
        belongs_to=belongs_to,
        has_under_it=has_under_it,
        emails=_emails(ids),
        phones=_phones(ids),
        ibans=_ibans(ids),
        places=_places(ids),
        positions=_positions(ids),
        household=_household(ids) if row.kind is ContactKind.PERSON else None,
        consents=_consents(ids),
        notes=_notes(ids),
    )


def row_of(entries: Iterable[Entry], row_id: int | None) -> Entry:
    """The entry with a row's id. Raises UnknownContact."""
    for entry in entries:
        if entry.row_id == row_id:
            return entry
    raise UnknownContact(row_id)


def organisation_facts(row: Contact) -> OrganisationFacts | None:
    """What an organisation is; None of a person."""
    if row.organisation_kind is None:
        return None
    church = session().get(ChurchDetails, row.id, populate_existing=True)
    school = session().get(SchoolDetails, row.id, populate_existing=True)
    return OrganisationFacts(
        kind=row.organisation_kind,
        name=row.organisation_name,
        kvk=row.kvk,
        rsin=row.rsin,
        church=ChurchFacts(denomination=church.denomination, town=church.town, members=church.members)
        if church is not None and row.organisation_kind is OrganisationKind.CHURCH
        else None,
        school=SchoolFacts(level=school.level, brin=school.brin)
        if school is not None and row.organisation_kind is OrganisationKind.SCHOOL
        else None,
    )


def others(contact_ids: Collection[int]) -> dict[int, Other]:
    """Contacts as links show them, each under the id that was asked for."""
    return {asked: _other(row) for asked, row in standing_rows(contact_ids).items()}


def _other(row: Contact) -> Other:
    return Other(row.id, display_name(row), row.deceased_on is not None)


def _family(ids: Sequence[int]) -> tuple[Other | None, tuple[Other, ...]]:
    either = or_(OrganisationLink.organisation_id.in_(ids), OrganisationLink.parent_id.in_(ids))
    links = session().scalars(select(OrganisationLink).where(either).order_by(OrganisationLink.created_at)).all()
    known = others({link.organisation_id for link in links} | {link.parent_id for link in links}) if links else {}
    above = [known[link.parent_id] for link in links if link.organisation_id in ids and link.parent_id not in ids]
    under = [known[link.organisation_id] for link in links if link.parent_id in ids and link.organisation_id not in ids]
    return (above[0] if above else None), tuple(dict.fromkeys(under))


def _emails(ids: Sequence[int]) -> tuple[EmailEntry, ...]:
    theirs = select(ContactEmail).where(ContactEmail.contact_id.in_(ids))
    rows = session().scalars(theirs.order_by(ContactEmail.is_primary.desc(), ContactEmail.id))
    by_mailbox: dict[str, EmailEntry] = {}
    for row in rows:
        entry = EmailEntry(
            row_id=row.id,
            address=row.address,
            is_primary=row.is_primary,
            undeliverable_at=row.undeliverable_at,
            undeliverable_reason=row.undeliverable_reason,
        )
        by_mailbox.setdefault(row.match_address, entry)
    return tuple(by_mailbox.values())


def _phones(ids: Sequence[int]) -> tuple[PhoneEntry, ...]:
    rows = session().scalars(select(ContactPhone).where(ContactPhone.contact_id.in_(ids)).order_by(ContactPhone.id))
    by_number: dict[str, PhoneEntry] = {}
    for row in rows:
        by_number.setdefault(row.number, PhoneEntry(row.id, row.number))
    return tuple(by_number.values())


def _ibans(ids: Sequence[int]) -> tuple[IbanEntry, ...]:
    rows = session().scalars(select(ContactIban).where(ContactIban.contact_id.in_(ids)).order_by(ContactIban.id))
    entries = [
        IbanEntry(
            row_id=row.id,
            iban=row.iban,
            provenance=row.provenance,
            holder=row.holder,
            term=Term(row.valid_from, row.valid_until),
        )
        for row in rows
    ]
    by_account: dict[tuple[object, ...], IbanEntry] = {}
    for entry in entries:
        by_account.setdefault((entry.iban, entry.provenance, entry.holder, entry.term), entry)
    return tuple(_standing_first(by_account.values()))


def _places(ids: Sequence[int]) -> tuple[PlaceEntry, ...]:
    rows = session().scalars(
        select(PostalAddress).where(PostalAddress.contact_id.in_(ids)).order_by(PostalAddress.id.desc())
    )
    # Contacts that were merged often had the same.
    entries: dict[tuple[object, ...], PlaceEntry] = {}
    for row in rows:
        entry = PlaceEntry(row.id, address_of(row), row.kind, Term(row.valid_from, row.valid_until))
        entries.setdefault((entry.address, entry.kind, entry.term), entry)
    return tuple(_standing_first(entries.values()))


def _positions(ids: Sequence[int]) -> tuple[Position, ...]:
    either = or_(Affiliation.person_id.in_(ids), Affiliation.organisation_id.in_(ids))
    rows = (
        session()
        .scalars(select(Affiliation).where(either).order_by(Affiliation.is_primary.desc(), Affiliation.id))
        .all()
    )
    sides = [(row, row.organisation_id if row.person_id in ids else row.person_id) for row in rows]
    known = others({other for _, other in sides})
    entries = [
        Position(
            row_id=row.id,
            other=known[other],
            role=role_of(row),
            term=Term(row.valid_from, row.valid_until),
            is_primary=row.is_primary and not (row.valid_until is not None and row.valid_until < today()),
        )
        for row, other in sides
    ]
    return tuple(_standing_first(entries))


def role_of(row: Affiliation) -> Role:
    """The role in a row; one that we have no word for is another one."""
    return Role(row.role) if row.role in set(Role) else Role.OTHER


def _household(ids: Sequence[int]) -> HouseholdEntry | None:
    theirs = select(HouseholdMember.household_id).where(HouseholdMember.contact_id.in_(ids))
    row = session().scalars(select(Household).where(Household.id.in_(theirs)).order_by(Household.id).limit(1)).first()
    if row is None:
        return None
    of_it = select(HouseholdMember.contact_id).where(HouseholdMember.household_id == row.id)
    members = session().scalars(of_it.order_by(HouseholdMember.created_at, HouseholdMember.contact_id)).all()
    rows = standing_rows(members)
    people = {rows[each].id: rows[each] for each in members}
    written = as_written_now(row, people.values(), people[ids[0]].language)
    return HouseholdEntry(row.id, written.addressee, written.greeting, tuple(map(_other, people.values())))


def as_written_now(home: Household, people: Iterable[Contact], language: str) -> JointSalutation:
    """How the people of a household are written to, now that some of them may have died."""
    kept = JointSalutation(home.addressee, home.greeting)
    lives = [(person_name(each), each.deceased_on is None) for each in people]
    return written_now(kept, lives, "en" if language == "en" else "nl")


def _consents(ids: Sequence[int]) -> tuple[ConsentEntry, ...]:
    rows = sorted(session().scalars(select(Consent).where(Consent.contact_id.in_(ids))), key=said_when, reverse=True)
    return tuple(
        ConsentEntry(
            purpose=row.purpose,
            channel=row.channel,
            state=row.state,
            source=row.source,
            said_on=row.said_on,
            recorded_at=row.recorded_at,
        )
        for row in rows
    )


def _standing_first(entries: Iterable[Dated]) -> list[Dated]:
    day = today()
    return sorted(entries, key=lambda entry: entry.term.ended_by(day))


def _notes(ids: Sequence[int]) -> tuple[NoteEntry, ...]:
    rows = session().scalars(select(ContactNote).where(ContactNote.contact_id.in_(ids)).order_by(ContactNote.id.desc()))
    return tuple(
        NoteEntry(row.id, row.text, row.written_at, row.written_by, row.remind_on, row.done_at) for row in rows
    )
