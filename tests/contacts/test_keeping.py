"""Making and changing people and organisations: what is kept, what is refused, and what is written down of it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from fundraising.accounts.models import AuditContent, AuditEntry
from fundraising.clock import standing_still
from fundraising.contacts.models import Contact
from fundraising.contacts.queries.record import record
from fundraising.contacts.queries.search import found_contacts
from fundraising.contacts.rules import Address, OrganisationKind, PersonName, Salutation, UnknownContact
from fundraising.contacts.rules.details import (
    ChurchFacts,
    Newcomer,
    OrganisationFacts,
    Preferences,
    SchoolFacts,
    Ways,
)
from fundraising.contacts.rules.organisations import Channel, Denomination, SchoolLevel
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.services.changes import StaleRecord
from fundraising.contacts.services.keeping import (
    change_organisation,
    change_preferences,
    create_organisation,
    create_person,
    note_death,
    rename_person,
)
from fundraising.db import session, transaction
from tests.contacts.verbs import done
from tests.factories.contacts import organisation, person

pytestmark = pytest.mark.usefixtures("app_context")

BERG = PersonName(Salutation.MR, "j", "van der", "berg")
EVERY_WAY = Ways(
    email="Jan@Example.nl",
    phone="+31612345678",
    address=Address("Dorpsstraat", "1", "1234ab", "Ede"),
    iban="NL91ABNA0417164300",
)


def written_down(contact_id) -> list[tuple[str, dict, dict]]:
    entries = select(AuditEntry.action, AuditContent.body).join(AuditContent, AuditContent.entry_id == AuditEntry.id)
    rows = session().execute(entries.where(AuditEntry.subject_id == contact_id).order_by(AuditEntry.id)).all()
    told = [(action, json.loads(body)) for action, body in rows]
    return [(action, body.get("before", {}), body.get("after", {})) for action, body in told]


def test_a_new_person_is_kept_whole_and_tidy_and_found():
    number = done(create_person, Newcomer(name=BERG, ways=EVERY_WAY))
    kept = record(number)
    assert kept.display_name == "J. van der Berg"
    assert [entry.address for entry in kept.emails] == ["Jan@Example.nl"]
    assert [entry.number for entry in kept.phones] == ["+31612345678"]
    assert [entry.address for entry in kept.places] == [Address("Dorpsstraat", "1", "1234 AB", "Ede")]
    assert [(entry.iban, entry.provenance) for entry in kept.ibans] == [("NL91ABNA0417164300", "typed")]
    assert kept.source == "staff"
    assert written_down(number)[0][0] == "contact.created"
    assert number in {hit.contact_id for hit in found_contacts("van der berg")}


def test_a_person_has_a_surname_and_an_organisation_a_name():
    for verb, args in (
        (create_person, (Newcomer(name=PersonName(surname="  "), ways=Ways()),)),
        (create_organisation, (OrganisationFacts(kind=OrganisationKind.FUND, name=" \t"), Ways())),
    ):
        with pytest.raises(Refusal) as refused:
            done(verb, *args)
        assert refused.value.reason is Reason.NAMELESS


def test_changing_a_name_writes_down_what_differs_and_nothing_else():
    number = done(person)
    assert done(rename_person, number, PersonName(Salutation.MRS, "J.", "de", "Bruijn"), version=1)
    assert written_down(number) == [("contact.renamed", {"surname": "Vries"}, {"surname": "Bruijn"})]
    assert record(number).version == 2
    assert record(number).changed_at is not None


def test_saving_what_stands_changes_nothing():
    number = done(person)
    assert not done(rename_person, number, PersonName(Salutation.MRS, "J.", "de", "Vries"), version=1)
    assert written_down(number) == []
    assert record(number).version == 1


def test_a_page_that_is_out_of_date_changes_nothing_and_learns_what_stands():
    number = done(person)
    done(rename_person, number, PersonName(Salutation.MRS, "J.", "de", "Bruijn"), version=1)
    with pytest.raises(StaleRecord) as stale:
        done(rename_person, number, PersonName(Salutation.MRS, "J.", "de", "Wit"), version=1)
    assert stale.value.now.name.surname == "Bruijn"
    assert stale.value.now.version == 2
    assert record(number).name.surname == "Bruijn"


def test_a_page_of_somebody_who_was_merged_is_out_of_date_whatever_the_version():
    with transaction():
        number, other = person(), person(surname="Ander", match_name="ander")
        session().execute(update(Contact).where(Contact.id == number).values(merged_into_id=other))
    with pytest.raises(StaleRecord) as stale:
        done(rename_person, number, PersonName(surname="Wit"), version=1)
    assert stale.value.now.contact_id == other
    assert record(other).name.surname == "Ander"


def test_nobody_can_change_who_is_not_there():
    with pytest.raises(UnknownContact):
        done(rename_person, 999, PersonName(surname="Wit"), version=1)


def test_a_person_is_no_organisation_and_the_other_way_round():
    someone, church = done(person), done(organisation)
    facts = OrganisationFacts(kind=OrganisationKind.CHURCH, name="Kerk")
    for verb, args, reason in (
        (change_organisation, (someone, facts), Reason.NOT_AN_ORGANISATION),
        (rename_person, (church, BERG), Reason.NOT_A_PERSON),
        (note_death, (church, date(2026, 1, 1)), Reason.NOT_A_PERSON),
    ):
        with pytest.raises(Refusal) as refused:
            done(verb, *args, version=1)
        assert refused.value.reason is reason


def test_what_is_known_of_a_church_and_of_a_school_stands_with_it():
    church = OrganisationFacts(
        kind=OrganisationKind.CHURCH,
        name="Hervormde gemeente Ede",
        rsin="123456782",
        church=ChurchFacts(denomination=Denomination.PKN, town="Ede", members=812),
    )
    number = done(create_organisation, church, Ways())
    assert record(number).organisation == church
    school = OrganisationFacts(
        kind=OrganisationKind.SCHOOL,
        name="De Bron",
        kvk="12345678",
        school=SchoolFacts(level=SchoolLevel.VO, brin="02LT"),
    )
    assert done(change_organisation, number, school, version=record(number).version)
    assert record(number).organisation == school
    assert written_down(number)[-1][1:] == (
        {
            "kind": "church",
            "name": "Hervormde gemeente Ede",
            "rsin": "123456782",
            "denomination": "pkn",
            "town": "Ede",
            "members": "812",
        },
        {"kind": "school", "name": "De Bron", "kvk": "12345678", "level": "vo", "brin": "02LT"},
    )


def test_preferences_are_kept_and_written_down():
    number = done(person)
    wanted = Preferences(language="en", preferred_channel=Channel.POST, do_not_contact=True)
    assert done(change_preferences, number, wanted, version=1)
    assert record(number).preferences == wanted
    (noted,) = written_down(number)
    assert noted == (
        "contact.preferences",
        {"language": "nl", "do_not_contact": False},
        {"language": "en", "preferred_channel": "post", "do_not_contact": True},
    )


def test_a_death_is_noted_and_taken_back_and_never_lies_ahead():
    number = done(person)
    with standing_still(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        for day, reason in ((date(2026, 3, 2), Reason.IN_THE_FUTURE), (date(206, 3, 1), Reason.UNLIKELY_DATE)):
            with pytest.raises(Refusal) as refused:
                done(note_death, number, day, version=1)
            assert refused.value.reason is reason
        assert done(note_death, number, date(2026, 2, 27), version=1)
    assert record(number).deceased_on == date(2026, 2, 27)
    assert done(note_death, number, None, version=2)
    assert record(number).deceased_on is None
