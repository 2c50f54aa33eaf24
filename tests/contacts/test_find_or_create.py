"""Whose gift is it: a known contact's, or a new one's; never by a guess."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select, update

from fundraising.contacts.models import Contact
from fundraising.contacts.queries import ContactFilter, KnownIban, contact, contact_page, display_names
from fundraising.contacts.queries.likeness import candidate_page
from fundraising.contacts.rules import (
    ContactKind,
    IbanProvenance,
    Identity,
    NamelessContact,
    OrganisationKind,
    PersonName,
    Salutation,
    UnknownContact,
)
from fundraising.contacts.services.recognition import find_or_create
from fundraising.db import session, transaction

pytestmark = pytest.mark.usefixtures("app_context")

IBAN, OTHER_IBAN = "NL91ABNA0417164300", "NL61INGB0006391416"


def identity(given_name="J.", surname="Vries", email="j.devries@example.nl", **changes) -> Identity:
    salutation = changes.pop("salutation", Salutation.UNKNOWN)
    return Identity(PersonName(salutation, given_name, "de", surname), email, **changes)


def organisation(name="Dorpskerk", kind=OrganisationKind.CHURCH, **changes) -> Identity:
    return replace(identity(**changes), organisation_kind=kind, organisation_name=name)


def found(who: Identity, proven_iban: str | None = None, **changes) -> int:
    with transaction():
        return find_or_create(who, proven_iban=proven_iban, source="giving", **changes)


def count() -> int:
    total = session().scalar(select(func.count()).select_from(Contact))
    session().rollback()
    return total


def merge(contact_id: int, into: int) -> None:
    with transaction():
        session().execute(update(Contact).where(Contact.id == contact_id).values(merged_into_id=into))


def pairs() -> dict[tuple[int, int], tuple[str, ...]]:
    return {(row.contact_id, row.other_id): row.reasons for row in candidate_page()}


def test_somebody_new_is_kept_with_all_that_was_told():
    who = identity("jan piet", phone="+31612345678", typed_iban=OTHER_IBAN, language="en", salutation=Salutation.MR)
    row = contact(found(who, IBAN))
    assert row.kind is ContactKind.PERSON
    assert row.display_name == "Jan Piet de Vries"
    assert row.name == PersonName(Salutation.MR, "Jan Piet", "de", "Vries")
    assert (row.emails, row.phones, row.language) == (("j.devries@example.nl",), ("+31612345678",), "en")
    assert set(row.ibans) == {KnownIban(OTHER_IBAN, IbanProvenance.TYPED), KnownIban(IBAN, IbanProvenance.MOLLIE)}


def test_the_same_mailbox_in_other_case_and_a_name_that_agrees_is_the_same_contact():
    first = found(identity("J.", email="J.deVries@Example.NL"))
    assert found(identity("Jan", email="j.devries@example.nl")) == first
    assert contact(first).emails == ("J.deVries@Example.NL",)
    assert pairs() == {}


def test_a_couple_with_one_mailbox_is_two_contacts_and_a_possible_duplicate():
    one, other = found(identity("J.")), found(identity("M."))
    assert one != other
    assert pairs() == {(one, other): ("email", "names_clash")}
    assert found(identity("M.")) == other
    assert found(identity("J.")) == one
    assert pairs() == {(one, other): ("email", "names_clash")}


def test_a_couple_with_the_same_initial_is_told_apart_by_how_they_are_addressed():
    him, her = found(identity("J.", salutation=Salutation.MR)), found(identity("J.", salutation=Salutation.MRS))
    assert him != her


def test_who_told_more_later_is_not_taken_for_a_namesake():
    jan = found(identity("J."))
    assert found(identity("Jan", salutation=Salutation.MR)) == jan
    assert contact(jan).name == PersonName(Salutation.MR, "Jan", "de", "Vries")
    johan = found(identity("Johan"))
    assert johan != jan
    assert found(identity("J.", salutation=Salutation.MR)) == jan


@pytest.mark.parametrize(
    "given_names", [["J.M.", "Jan", "Johanna"], ["J.W.", "Johanna", "Jan"], ["Jan", "J.M.", "J.W."]]
)
def test_initials_do_not_make_one_contact_of_two_with_one_mailbox(given_names):
    first, second, third = (found(identity(each)) for each in given_names)
    assert first == second
    assert first != third


def test_a_proven_account_and_a_name_that_agrees_is_the_same_contact():
    first = found(identity(email="home@example.nl"), IBAN)
    assert found(identity(email="work@example.nl"), IBAN, proven_by=IbanProvenance.BANK) == first
    assert contact(first).emails == ("home@example.nl", "work@example.nl")


def test_a_proven_account_of_another_name_is_a_possible_duplicate():
    first = found(identity("J.", email="j@example.nl"), IBAN)
    second = found(identity("M.", email="m@example.nl"), IBAN)
    assert pairs() == {(first, second): ("iban", "names_clash")}


@pytest.mark.parametrize("proven_at", ["first", "second", "neither"])
def test_a_typed_account_proves_nothing(proven_at):
    proven = {"first": (IBAN, None), "second": (None, IBAN), "neither": (None, None)}[proven_at]
    first = found(identity(email="a@example.nl", typed_iban=IBAN), proven[0])
    second = found(identity(email="b@example.nl", typed_iban=IBAN), proven[1])
    assert first != second
    assert pairs() == {(first, second): ("iban", "name")}


def test_an_account_once_proven_stays_proven():
    first = found(identity(typed_iban=IBAN))
    assert contact(first).ibans == (KnownIban(IBAN, IbanProvenance.TYPED),)
    found(identity(typed_iban=IBAN), IBAN)
    found(identity(typed_iban=IBAN))
    assert contact(first).ibans == (KnownIban(IBAN, IbanProvenance.MOLLIE),)


def test_of_several_who_agree_the_oldest_is_taken_and_the_others_noted():
    by_mail = found(identity(email="a@example.nl"))
    by_account = found(identity(email="b@example.nl"), IBAN)
    assert found(identity(email="a@example.nl"), IBAN) == by_mail
    assert pairs() == {(by_mail, by_account): ("iban", "name")}


def test_a_merged_contact_is_found_as_the_one_that_stands():
    johannes = found(identity("Johannes", email="old@example.nl"))
    jan = found(identity("Jan", email="new@example.nl"))
    last = found(identity("Jan", email="newest@example.nl"))
    merge(johannes, into=jan)
    merge(jan, into=last)
    assert found(identity("Johannes", email="old@example.nl")) == last
    assert found(identity("Jan", email="old@example.nl")) == last
    assert set(contact(johannes).emails) == {"old@example.nl", "new@example.nl", "newest@example.nl"}
    assert display_names([johannes, jan]) == {johannes: "Jan de Vries", jan: "Jan de Vries"}
    assert pairs() == {}


def test_nobody_is_found_by_no_mailbox():
    assert found(identity(email="")) != found(identity(email=""))


def test_a_person_without_surname_is_refused():
    with pytest.raises(NamelessContact):
        found(identity(surname=" "))
    assert count() == 0


def test_a_church_gives_through_a_person():
    church = found(organisation(), IBAN)
    row = contact(church)
    assert (row.kind, row.organisation_kind, row.display_name) == (
        ContactKind.ORGANISATION,
        OrganisationKind.CHURCH,
        "Dorpskerk",
    )
    [affiliation] = row.affiliations
    assert affiliation.role == "contact"
    person = contact(affiliation.contact_id)
    assert (person.display_name, person.ibans) == ("J. de Vries", ())
    assert [back.contact_id for back in person.affiliations] == [church]
    assert pairs() == {}


def test_the_same_church_is_found_by_its_mailbox_or_its_account_with_another_person():
    church = found(organisation(), IBAN)
    assert found(organisation("DORPSKERK", given_name="M.")) == church
    assert found(organisation("dorpskerk", email="new@example.nl"), IBAN) == church
    assert len(contact(church).affiliations) == 3
    assert found(organisation(email="elsewhere@example.nl")) != church


def test_a_church_and_its_diaconie_are_two_bodies():
    church = found(organisation())
    assert found(organisation(kind=OrganisationKind.DIACONIE)) != church
    assert {kind for pair in pairs() for each in pair for kind in [contact(each).kind]} <= {ContactKind.PERSON}


def test_two_churches_with_one_mailbox_may_be_one():
    one, other = found(organisation("Dorpskerk")), found(organisation("Dorpskerk te Ede"))
    assert pairs() == {(one, other): ("email", "names_clash")}


def test_who_gives_for_a_church_and_in_person_is_one_person():
    church = found(organisation())
    person = found(identity("Jan"))
    assert [row.contact_id for row in contact(church).affiliations] == [person]


def test_an_organisation_without_name_is_refused():
    with pytest.raises(NamelessContact):
        found(organisation(" "))


def test_of_a_mailbox_that_very_many_share_a_few_are_noted():
    for number in range(23):
        found(identity(surname=f"Nummer{number}"))
    assert len([pair for pair in pairs() if max(pair) == count()]) == 20


def test_two_first_gifts_at_one_moment_make_one_contact(app):
    start, ids = Barrier(4), []

    def give() -> None:
        with app.app_context():
            start.wait()
            ids.append(found(identity(), IBAN))

    threads = [Thread(target=give) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1
    assert count() == 1


def test_contacts_are_listed_by_name_and_mailbox_without_the_merged():
    first, second = found(identity()), found(identity(surname="Boer"))
    merged = found(identity(email="x@example.nl"))
    merge(merged, into=first)

    def listed(**wanted):
        return [row.contact_id for row in contact_page(ContactFilter(**wanted))]

    assert listed() == [first, second]
    assert listed(name="DE VRIES") == [first]
    assert listed(email="X@example.nl") == [first]
    assert [row.contact_id for row in contact_page(ContactFilter(), after=first, limit=5)] == [second]


def test_who_is_not_there_is_not_found():
    with pytest.raises(UnknownContact):
        contact(999)
    assert display_names([999]) == {}
