"""How contacts are written to, many at a time: above the address, the address itself, and how a letter opens."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fundraising.contacts.models import (
    ChurchDetails,
    Contact,
    ContactEmail,
    ContactPhone,
    Household,
    HouseholdMember,
    PostalAddress,
    SchoolDetails,
)
from fundraising.contacts.queries import (
    address_of,
    current_ids,
    display_name,
    first_rows,
    numbers_of,
    person_name,
    post_goes_there,
)
from fundraising.contacts.queries.listed import matching
from fundraising.contacts.queries.record import as_written_now
from fundraising.contacts.rules import PersonName, addressed, greeting, postal_address_lines
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from fundraising.contacts.queries.listed import ListFilter
    from fundraising.contacts.rules import Address
    from fundraising.contacts.rules.households import JointSalutation

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """How a contact is written to. `address` is None where none is known; people of a household share its number."""

    contact_id: int
    name: str
    addressee: str
    greeting: str
    household_id: int | None
    address: Address | None

    @property
    def lines(self) -> tuple[str, str, str]:
        """The lines under the addressee: street, postcode and town, and the country where that is not ours."""
        below = postal_address_lines("", self.address)[1:] if self.address is not None else []
        street, town, country = (*below, "", "", "")[:3]
        return street, town, country


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedContact:
    """A contact as it is taken along. What tells of a person's belief, a role in a church say, is not here."""

    row: Contact
    letterhead: Letterhead
    email: str
    phone: str
    church: ChurchDetails | None
    school: SchoolDetails | None


def count_exported(wanted: ListFilter) -> int:
    """How many contacts match, all of them."""
    some = matching(wanted).with_only_columns(Contact.id).subquery()
    return session().scalar(select(func.count()).select_from(some)) or 0


def exported_contacts(wanted: ListFilter) -> Iterator[ExportedContact]:
    """All contacts that match, in order of number, read some hundreds at a time: memory does not grow."""
    after = 0
    while rows := _next(wanted, after):
        yield from _exported(rows)
        after = rows[-1].id
        # What was read is done with.
        session().expunge_all()


def letterheads(contact_ids: Collection[int]) -> dict[int, Letterhead]:
    """How these contacts are written to, each under the number that was asked for; a constant number of queries."""
    now_are = current_ids(contact_ids)
    rows = session().scalars(select(Contact).where(Contact.id.in_(set(now_are.values())))).all()
    heads = _heads(rows, numbers_of([row.id for row in rows]))
    return {asked: heads[now_is] for asked, now_is in now_are.items() if now_is in heads}


def _next(wanted: ListFilter, after: int) -> Sequence[Contact]:
    theirs = matching(wanted).where(Contact.id > after).order_by(Contact.id).limit(_AT_ONCE)
    return session().scalars(theirs).all()


def _exported(rows: Sequence[Contact]) -> Iterator[ExportedContact]:
    whose = numbers_of([row.id for row in rows])
    heads = _heads(rows, whose)
    # One that works before one from which mail comes back.
    works_first = (ContactEmail.undeliverable_at.is_not(None), ContactEmail.is_primary.desc(), ContactEmail.id)
    emails = first_rows(ContactEmail, whose, *works_first)
    phones = first_rows(ContactPhone, whose, ContactPhone.id)
    churches, schools = first_rows(ChurchDetails, whose), first_rows(SchoolDetails, whose)
    for row in rows:
        yield ExportedContact(
            row=row,
            letterhead=heads[row.id],
            email=emails[row.id].address if row.id in emails else "",
            phone=phones[row.id].number if row.id in phones else "",
            church=churches.get(row.id),
            school=schools.get(row.id),
        )


def _heads(rows: Sequence[Contact], whose: Mapping[int, int]) -> dict[int, Letterhead]:
    homes = _homes(rows, whose)
    addresses = first_rows(PostalAddress, whose, PostalAddress.id.desc(), conditions=post_goes_there())
    return {row.id: _head(row, homes.get(row.id), addresses.get(row.id)) for row in rows}


def _head(row: Contact, home: _Home | None, address: PostalAddress | None) -> Letterhead:
    language = "en" if row.language == "en" else "nl"
    name = person_name(row) if not row.organisation_name else PersonName()
    spoken = row.organisation_name or addressed(name, language)
    return Letterhead(
        contact_id=row.id,
        name=display_name(row),
        addressee=home.written.addressee if home is not None else spoken[:1].upper() + spoken[1:],
        greeting=home.written.greeting if home is not None else greeting(name, language),
        household_id=home.number if home is not None else None,
        address=address_of(address) if address is not None else None,
    )


@dataclass(frozen=True, slots=True)
class _Home:
    """A household of at least two who live, and how one of them is written to with the others."""

    number: int
    written: JointSalutation


def _homes(rows: Sequence[Contact], whose: Mapping[int, int]) -> dict[int, _Home]:
    """The households of these contacts. Who died, or is left alone, is written to by their own name."""
    living = select(HouseholdMember.contact_id, Household).join(Household, Household.id == HouseholdMember.household_id)
    theirs = session().execute(living.where(HouseholdMember.contact_id.in_(whose)).order_by(Household.id.desc()))
    home_of = {whose[contact_id]: home for contact_id, home in theirs}
    people = _people_of({home.id for home in home_of.values()})
    found = {}
    for row in rows:
        home = home_of.get(row.id)
        if (
            home is not None
            and row.deceased_on is None
            and sum(each.deceased_on is None for each in people[home.id]) > 1
        ):
            found[row.id] = _Home(home.id, as_written_now(home, people[home.id], row.language))
    return found


def _people_of(homes: Collection[int]) -> dict[int, list[Contact]]:
    members = session().execute(
        select(HouseholdMember.household_id, HouseholdMember.contact_id)
        .where(HouseholdMember.household_id.in_(homes))
        .order_by(HouseholdMember.created_at, HouseholdMember.contact_id)
    )
    pairs = [(home, contact_id) for home, contact_id in members]
    now_are = current_ids([contact_id for _home, contact_id in pairs])
    rows = session().scalars(select(Contact).where(Contact.id.in_(set(now_are.values()))))
    known = {row.id: row for row in rows}
    people: dict[int, dict[int, Contact]] = defaultdict(dict)
    for home, contact_id in pairs:
        people[home][now_are[contact_id]] = known[now_are[contact_id]]
    return {home: list(each.values()) for home, each in people.items()}
