"""Erasing a contact, kind by kind, in the caller's transaction."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select, update

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.clock import now, today
from fundraising.contacts.models import (
    Affiliation,
    ChurchDetails,
    Contact,
    ContactDocument,
    ContactEmail,
    ContactIban,
    ContactMerge,
    ContactPhone,
    DuplicateCandidate,
    Household,
    HouseholdMember,
    ImportKey,
    ImportPiece,
    OrganisationLink,
    PostalAddress,
    SchoolDetails,
)
from fundraising.contacts.personal.reading import ERASED_NAME, alike, brought, erased_match_name, rows_of
from fundraising.contacts.rules import ContactKind, Salutation
from fundraising.contacts.services.documents import forget_unused
from fundraising.contacts.services.search_index import drop_unused_words, reindex
from fundraising.db import session
from fundraising.personal import Degree, Person, stands_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundraising.personal import Afterwards


def erase_who(person: Person, degree: Degree) -> Iterator[Afterwards]:
    """Take the particulars away; the name too where nothing needs it any more."""
    blank: dict[str, Any] = {
        "kvk": "",
        "rsin": "",
        "preferred_channel": None,
        "do_not_contact": True,
        "version": Contact.version + 1,
        "changed_at": now(),
    }
    if degree is Degree.ANONYMISED:
        blank |= {"salutation": Salutation.UNKNOWN, "given_name": "", "name_prefix": "", "deceased_on": None}
        blank |= {"language": "nl"}
    for row in rows_of(person):
        values = blank | (_erased_name(row) if degree is Degree.ANONYMISED else {})
        session().execute(update(Contact).where(Contact.id == row.id).values(values))
    if degree is Degree.ANONYMISED:
        for table in (ChurchDetails, SchoolDetails):
            _delete(table, table.contact_id.in_(person.numbers))
    reindex(person.numbers)
    drop_unused_words()
    yield from ()


def _erased_name(row: Contact) -> dict[str, str]:
    name = f"{ERASED_NAME} {row.id}"
    column = "surname" if row.kind is ContactKind.PERSON else "organisation_name"
    return {column: name, "match_name": erased_match_name(row.id)}


def erase_ways(person: Person, _degree: Degree) -> Iterator[Afterwards]:
    """Take away by what somebody is reached and recognised."""
    for table in (ContactEmail, ContactPhone, ContactIban):
        _delete(table, table.contact_id.in_(person.numbers))
    # An organisation's account may bear the name of its treasurer.
    for name in person.names:
        bearing = select(ContactIban).where(ContactIban.holder.icontains(name, autoescape=True))
        for account in session().scalars(bearing):
            if account.holder == name or stands_in(person.marks, account.holder):
                account.holder = ""
    yield from ()


def erase_addresses(person: Person, degree: Degree) -> Iterator[Afterwards]:
    """Take addresses away, all but the present one while gifts are kept."""
    theirs = PostalAddress.contact_id.in_(person.numbers)
    if degree is Degree.REDUCED and (newest := _newest_address(person)) is not None:
        _delete(PostalAddress, theirs, PostalAddress.id != newest)
    else:
        _delete(PostalAddress, theirs)
    yield from ()


def _newest_address(person: Person) -> int | None:
    theirs = select(PostalAddress.id).where(PostalAddress.contact_id.in_(person.numbers))
    holds = or_(PostalAddress.valid_until.is_(None), PostalAddress.valid_until >= today())
    return session().scalar(theirs.order_by(holds.desc(), PostalAddress.id.desc()).limit(1))


def erase_ties(person: Person, degree: Degree) -> Iterator[Afterwards]:
    """Take roles and the household away; of an organisation that is erased whole also what is tied to it."""
    _delete(Affiliation, Affiliation.person_id.in_(person.numbers))
    homes = select(HouseholdMember.household_id).where(HouseholdMember.contact_id.in_(person.numbers))
    # Its salutation names all who live there: those who stay are linked anew.
    for home in session().scalars(homes.distinct()).all():
        _tell_household(home, person)
        _delete(HouseholdMember, HouseholdMember.household_id == home)
        _delete(Household, Household.id == home)
    if degree is Degree.ANONYMISED:
        _delete(Affiliation, Affiliation.organisation_id.in_(person.numbers))
        link = OrganisationLink
        _delete(link, or_(link.organisation_id.in_(person.numbers), link.parent_id.in_(person.numbers)))
    yield from ()


def _tell_household(home: int, person: Person) -> None:
    """Write down for those who stay that they are linked no more: their letters have another salutation from now."""
    stays = (HouseholdMember.household_id == home, HouseholdMember.contact_id.not_in(person.numbers))
    for contact_id in session().scalars(select(HouseholdMember.contact_id).where(*stays)):
        record("household.left", Subject("contact", contact_id), before={"household": home})


def erase_rows(table: Any, person: Person, _degree: Degree) -> Iterator[Afterwards]:  # noqa: ANN401  a table
    """Take away what a table keeps of somebody."""
    _delete(table, table.contact_id.in_(person.numbers))
    yield from ()


def erase_documents(person: Person, _degree: Degree) -> Iterator[Afterwards]:
    """Take documents away, and their files afterwards."""
    theirs = ContactDocument.contact_id.in_(person.numbers)
    digests = set(session().scalars(select(ContactDocument.digest).where(theirs)))
    _delete(ContactDocument, theirs)
    if digests:
        yield partial(forget_unused, digests)


def erase_doubles(person: Person, _degree: Degree) -> Iterator[Afterwards]:
    """Take away what contacts were before they were made one."""
    _delete(DuplicateCandidate, alike(person))
    pair = or_(ContactMerge.loser_id.in_(person.numbers), ContactMerge.survivor_id.in_(person.numbers))
    # That they were made one stays, for gifts are read through it; what each was before does not, so that is for good.
    session().execute(update(ContactMerge).where(pair).values(before="{}"))
    yield from ()


def erase_imports(person: Person, _degree: Degree) -> Iterator[Afterwards]:
    """Take away what imports brought, so that undoing one does not bring it back."""
    theirs = brought(person)
    runs = session().scalars(select(ImportPiece.run_id).where(theirs).distinct()).all()
    marks = {*person.marks, *(row.match_name for row in rows_of(person))}
    _delete(ImportKey, ImportKey.run_id.in_(runs), or_(*(ImportKey.value.contains(mark) for mark in marks if mark)))
    _delete(ImportPiece, theirs)
    yield from ()


def _delete(table: Any, *conditions: Any) -> None:  # noqa: ANN401  any table, and conditions on it
    session().execute(delete(table).where(*conditions))
