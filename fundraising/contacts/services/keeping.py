"""Making and changing a person or an organisation: who it is and what it wants."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record as write_down
from fundraising.clock import today
from fundraising.contacts.models import ChurchDetails, SchoolDetails
from fundraising.contacts.queries import person_name
from fundraising.contacts.queries.record import organisation_facts
from fundraising.contacts.rules import ContactKind, OrganisationKind, match_name, tidied
from fundraising.contacts.rules.details import ChurchFacts, Preferences, SchoolFacts
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.rules.terms import check_likely
from fundraising.contacts.services.changes import locked, new_contact, note_change
from fundraising.contacts.services.search_index import reindex
from fundraising.contacts.services.ways import add_ways
from fundraising.db import session

if TYPE_CHECKING:
    from datetime import date

    from fundraising.contacts.rules import PersonName
    from fundraising.contacts.rules.details import Newcomer, OrganisationFacts, Ways

STAFF = "staff"


def create_person(newcomer: Newcomer, *, source: str = STAFF) -> int:
    """A new person's id. Raises Refusal for one without a surname."""
    name = _usable(newcomer.name)
    row = new_contact(
        kind=ContactKind.PERSON,
        match_name=match_name(name.surname),
        language=newcomer.language,
        source=source,
        **name.columns,
    )
    write_down("contact.created", Subject("contact", row.id), after={"kind": row.kind.value, **_said_of(name)})
    reindex([row.id])
    add_ways(row, newcomer.ways)
    return row.id


def create_organisation(facts: OrganisationFacts, ways: Ways, *, language: str = "nl", source: str = STAFF) -> int:
    """A new organisation's id. Raises Refusal for one without a name."""
    row = new_contact(
        kind=ContactKind.ORGANISATION,
        language=language,
        source=source,
        **_organisation_columns(facts),
    )
    _set_details(row.id, facts)
    write_down("contact.created", Subject("contact", row.id), after={"kind": row.kind.value, **_shown(facts)})
    reindex([row.id])
    add_ways(row, ways)
    return row.id


def rename_person(contact_id: int, name: PersonName, *, version: int) -> bool:
    """Change a person's name or form of address; False where nothing differs. Raises StaleRecord, Refusal."""
    row = locked(contact_id, version)
    if row.kind is not ContactKind.PERSON:
        raise Refusal(Reason.NOT_A_PERSON)
    before, after = person_name(row), _usable(name)
    for column, value in after.columns.items():
        setattr(row, column, value)
    row.match_name = match_name(after.surname)
    return note_change(row, "contact.renamed", before=_said_of(before), after=_said_of(after))


def change_organisation(contact_id: int, facts: OrganisationFacts, *, version: int) -> bool:
    """Change what an organisation is; False where nothing differs. Raises StaleRecord, Refusal."""
    row = locked(contact_id, version)
    before = organisation_facts(row)
    if before is None:
        raise Refusal(Reason.NOT_AN_ORGANISATION)
    for column, value in _organisation_columns(facts).items():
        setattr(row, column, value)
    _set_details(row.id, facts)
    # What was just set is what a reader finds from here on.
    session().flush()
    standing = organisation_facts(row)
    return note_change(row, "contact.changed", before=_shown(before), after=_shown(standing or facts))


def change_preferences(contact_id: int, wanted: Preferences, *, version: int) -> bool:
    """Change how a contact wants to be reached; False where nothing differs. Raises StaleRecord."""
    row = locked(contact_id, version)
    before = {name: getattr(row, name) for name in asdict(wanted)}
    for name, value in asdict(wanted).items():
        setattr(row, name, value)
    return note_change(row, "contact.preferences", before=before, after=asdict(wanted))


def note_death(contact_id: int, day: date | None, *, version: int) -> bool:
    """Note when a person died, or with None that this was a mistake. Raises StaleRecord, Refusal."""
    row = locked(contact_id, version)
    if row.kind is not ContactKind.PERSON:
        raise Refusal(Reason.NOT_A_PERSON)
    if day is not None and day > today():
        raise Refusal(Reason.IN_THE_FUTURE)
    check_likely([day], today())
    before, row.deceased_on = row.deceased_on, day
    return note_change(row, "contact.deceased", before={"deceased_on": before}, after={"deceased_on": day})


def _usable(name: PersonName) -> PersonName:
    tidy = tidied(name)
    if not tidy.surname:
        raise Refusal(Reason.NAMELESS)
    return tidy


def _said_of(name: PersonName) -> dict[str, Any]:
    return {name: str(value) for name, value in asdict(name).items()}


def _organisation_columns(facts: OrganisationFacts) -> dict[str, Any]:
    name = " ".join(facts.name.split())
    if not name:
        raise Refusal(Reason.NAMELESS)
    return {
        "organisation_kind": facts.kind,
        "organisation_name": name,
        "match_name": match_name(name),
        "kvk": facts.kvk,
        "rsin": facts.rsin,
    }


def _set_details(contact_id: int, facts: OrganisationFacts) -> None:
    """Keep what belongs to the kind. What was known of another kind stays, for when the kind is set back."""
    if facts.kind is OrganisationKind.CHURCH:
        session().merge(ChurchDetails(contact_id=contact_id, **asdict(facts.church or ChurchFacts())))
    if facts.kind is OrganisationKind.SCHOOL:
        session().merge(SchoolDetails(contact_id=contact_id, **asdict(facts.school or SchoolFacts())))


def _shown(facts: OrganisationFacts) -> dict[str, Any]:
    told = asdict(facts)
    church, school = told.pop("church") or {}, told.pop("school") or {}
    return {name: None if value is None else str(value) for name, value in {**told, **church, **school}.items()}
