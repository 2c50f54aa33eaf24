"""Households: people at one address who get one letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.clock import now
from fundraising.contacts.models import Contact, Household, HouseholdMember
from fundraising.contacts.queries import current_ids, known_as
from fundraising.contacts.rules import ContactKind, UnknownContact
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.services.changes import locked, note_change
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundraising.contacts.rules.households import JointSalutation

_FEWEST = 2


def form_household(person_ids: Sequence[int], salutation: JointSalutation, *, version: int) -> int:
    """Note that people live together; the household's id. The version is that of the first of them.

    Raises StaleRecord, UnknownContact, and Refusal for fewer than two, for organisations, and for whoever lives in a
    household already.
    """
    first = locked(person_ids[0], version)
    # In order of number, so that two who form households never wait for each other crosswise.
    people = {each: locked(each) for each in sorted({first.id, *current_ids(person_ids).values()})}
    if len(people) < _FEWEST:
        raise Refusal(Reason.TOO_FEW)
    for person in people.values():
        if person.kind is not ContactKind.PERSON:
            raise Refusal(Reason.NOT_A_PERSON)
        if membership(person.id) is not None:
            raise Refusal(Reason.IN_A_HOUSEHOLD)
    household = Household(addressee=salutation.addressee, greeting=salutation.greeting, created_at=now())
    session().add(household)
    session().flush()  # its number goes into the members
    for person in people.values():
        session().add(HouseholdMember(contact_id=person.id, household_id=household.id, created_at=now()))
        note_change(person, "household.formed", after={"household": household.id, "with": sorted(people)})
    return household.id


def join_household(contact_id: int, person_id: int, salutation: JointSalutation, *, version: int) -> bool:
    """Let a person join the household of this contact, which is written to anew. Raises StaleRecord, Refusal."""
    row = locked(contact_id, version)
    household = _household(row)
    joining = locked(person_id)
    if joining.kind is not ContactKind.PERSON:
        raise Refusal(Reason.NOT_A_PERSON)
    if membership(joining.id) is not None:
        raise Refusal(Reason.IN_A_HOUSEHOLD)
    session().add(HouseholdMember(contact_id=joining.id, household_id=household.id, created_at=now()))
    _address_anew(household, salutation)
    note_change(joining, "household.joined", after={"household": household.id})
    return note_change(row, "household.grown", after={"household": household.id, "joined": joining.id})


def change_salutation(contact_id: int, salutation: JointSalutation, *, version: int) -> bool:
    """Change how a household is written to; False where nothing differs. Raises StaleRecord."""
    row = locked(contact_id, version)
    household = _household(row)
    before = {"addressee": household.addressee, "greeting": household.greeting}
    _address_anew(household, salutation)
    after = {"addressee": household.addressee, "greeting": household.greeting}
    return note_change(row, "household.salutation", before=before, after=after)


def leave_household(contact_id: int, *, version: int) -> None:
    """Let a person live apart again; a household of one is none. Raises StaleRecord."""
    row = locked(contact_id, version)
    household = _household(row)
    # After a merge there may be two of them.
    theirs = select(HouseholdMember).where(HouseholdMember.contact_id.in_(known_as(row.id)))
    homes = {household.id}
    for membership_of in session().scalars(theirs).all():
        homes.add(membership_of.household_id)
        session().delete(membership_of)
    note_change(row, "household.left", before={"household": household.id})
    session().flush()  # who is left is counted below
    for number in sorted(homes):
        _dissolve_if_alone(number)


def _dissolve_if_alone(household_id: int) -> None:
    left = session().scalars(select(HouseholdMember).where(HouseholdMember.household_id == household_id)).all()
    if len(left) >= _FEWEST:
        return
    for member in left:
        session().delete(member)
        note_change(locked(member.contact_id), "household.left", before={"household": household_id})
    session().flush()  # a household goes after its members
    session().delete(session().get_one(Household, household_id))


def membership(contact_id: int) -> int | None:
    """The household in which a person lives."""
    theirs = select(func.min(HouseholdMember.household_id))
    return session().scalar(theirs.where(HouseholdMember.contact_id.in_(known_as(contact_id))))


def _household(row: Contact) -> Household:
    number = membership(row.id)
    if number is None:
        raise UnknownContact(row.id)
    return session().get_one(Household, number, populate_existing=True, with_for_update=True)


def _address_anew(household: Household, salutation: JointSalutation) -> None:
    """Keep how a household is written to from now on: those of it who live, so who died is no longer one of it."""
    household.addressee, household.greeting = salutation.addressee, salutation.greeting
    session().flush()  # who joined is among those who live
    members = session().scalars(select(HouseholdMember).where(HouseholdMember.household_id == household.id)).all()
    now_are = current_ids([member.contact_id for member in members])
    standing = select(Contact.id).where(Contact.id.in_(set(now_are.values())))
    died = set(session().scalars(standing.where(Contact.deceased_on.is_not(None))))
    if len(set(now_are.values()) - died) < _FEWEST:
        return
    for member in members:
        if now_are[member.contact_id] in died:
            session().delete(member)
            record("household.left", Subject("contact", now_are[member.contact_id]), before={"household": household.id})
