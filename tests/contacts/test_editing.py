"""Pages on which staff change a contact: every section, what is refused, what is out of date, and who may."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from fundraising.accounts.rules import Actor, ActorKind, Role, Subject
from fundraising.accounts.services import acting_as
from fundraising.accounts.services import record as audit
from fundraising.contacts.models import Contact
from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import Address, OrganisationKind, PersonName, Salutation
from fundraising.contacts.rules.details import Account, AddressEntry, Preferences, RoleEntry
from fundraising.contacts.rules.households import JointSalutation
from fundraising.contacts.rules.organisations import Channel, Denomination
from fundraising.contacts.rules.organisations import Role as Position
from fundraising.contacts.rules.terms import Term
from fundraising.contacts.services.households import form_household
from fundraising.contacts.services.keeping import rename_person
from fundraising.contacts.services.notes import add_note
from fundraising.contacts.services.search_index import reindex
from fundraising.contacts.services.ties import begin_role
from fundraising.contacts.services.ways import add_account, add_address, add_email, add_phone
from fundraising.db import session, transaction
from tests.contacts.verbs import done
from tests.factories.contacts import organisation, person

IBAN, OTHER_IBAN = "NL91ABNA0417164300", "NL44RABO0123456789"


TELLING = ("address", "is_primary", "number", "kind", "term", "iban", "holder", "provenance")


@pytest.fixture
def desk(staff_pages):
    return staff_pages(Role.RELATIONS, language="en")


@pytest.fixture
def anna(app_context) -> int:
    return done(person, given_name="Anna", email="anna@example.nl")


@pytest.fixture
def church(app_context) -> int:
    return done(organisation)


def save(desk, path, answers, *, status=200):
    """Fill in the form on a page under /desk/relaties and send it."""
    page = desk.get(f"/desk/relaties/{path}")
    return desk.submit(page.form(path), answers, status=status)


def errors(page) -> str:
    return " ".join(page.by_id("errors").itertext())


class TestSections:
    def test_a_name(self, desk, anna):
        page = save(desk, f"{anna}/bewerken/naam", {"salutation": "mrs", "name_prefix": "VAN der", "surname": "berg"})
        assert record(anna).name == PersonName(Salutation.MRS, "Anna", "van der", "Berg")
        assert page.heading == "Anna van der Berg"
        assert "Saved." in page.text

    def test_an_organisation(self, desk, church):
        answers = {"organisation_name": "Oude Kerk", "rsin": "1234.56.782", "kvk": "12345678", "members": "1.250"}
        save(desk, f"{church}/bewerken/organisatie", answers | {"denomination": "pkn", "church_town": "Ede"})
        facts = record(church).organisation
        assert (facts.name, facts.rsin, facts.kvk) == ("Oude Kerk", "123456782", "12345678")
        assert (facts.church.denomination, facts.church.town, facts.church.members) == (Denomination.PKN, "Ede", 1250)

    def test_only_what_its_kind_has_is_asked(self, desk, church):
        page = desk.get(f"/desk/relaties/{church}/bewerken/organisatie")
        assert "brin" not in page.form("organisatie").values()
        save(desk, f"{church}/bewerken/organisatie", {"kind": "school"})
        save(desk, f"{church}/bewerken/organisatie", {"level": "vo", "brin": "02 lt"})
        assert record(church).organisation.school.brin == "02LT"

    def test_to_which_church_a_diaconie_belongs(self, desk, church):
        diaconie = done(organisation, organisation_kind=OrganisationKind.DIACONIE, organisation_name="Diaconie")
        path = f"{diaconie}/bewerken/hoort-bij"
        save(desk, path, {"who": str(church)})
        assert record(diaconie).belongs_to.contact_id == church
        refused = save(desk, path, {"who": str(diaconie)}, status=422)
        assert "belong" in errors(refused)
        save(desk, path, {"who": ""})
        assert record(diaconie).belongs_to is None

    def test_how_to_approach(self, desk, anna):
        save(
            desk, f"{anna}/bewerken/voorkeuren", {"language": "en", "preferred_channel": "post", "do_not_contact": "y"}
        )
        wanted = Preferences(language="en", preferred_channel=Channel.POST, do_not_contact=True)
        assert record(anna).preferences == wanted

    def test_a_death_and_that_it_was_a_mistake(self, desk, anna):
        save(desk, f"{anna}/bewerken/overlijden", {"day": "3-2-2026"})
        assert record(anna).deceased_on == date(2026, 2, 3)
        save(desk, f"{anna}/bewerken/overlijden", {"day": ""})
        assert record(anna).deceased_on is None


class TestRows:
    def test_an_email_address(self, desk, anna):
        save(desk, f"{anna}/email/nieuw", {"address": "Anna@Werk.example", "primary": "y"})
        first, second = record(anna).emails
        assert (first.address, first.is_primary) == ("Anna@werk.example", True)
        save(desk, f"{anna}/email/{second.row_id}", {"undeliverable": "y"})
        assert record(anna).emails[1].undeliverable_at is not None
        save(desk, f"{anna}/email/{second.row_id}", {"address": "a@example.nl"})
        assert record(anna).emails[1].undeliverable_at is None

    def test_a_telephone_number(self, desk, anna):
        save(desk, f"{anna}/telefoon/nieuw", {"number": "06 12345678"})
        (phone,) = record(anna).phones
        save(desk, f"{anna}/telefoon/{phone.row_id}", {"number": "+32 2 555 12 12"})
        assert record(anna).phones[0].number == "+3225551212"

    def test_an_address(self, desk, anna):
        here = {"street": "Dorpsstraat", "house_number": "1", "postcode": "1234ab", "town": "Ede"}
        save(desk, f"{anna}/adressen/nieuw", here | {"valid_from": "1-3-2020"})
        (place,) = record(anna).places
        assert (place.address, place.term) == (Address("Dorpsstraat", "1", "1234 AB", "Ede"), Term(date(2020, 3, 1)))
        save(desk, f"{anna}/adressen/{place.row_id}", {"postcode": "B-1000", "country": "BE", "kind": "visiting"})
        assert record(anna).places[0].address.postcode == "B-1000"

    def test_an_account_and_that_a_proven_one_stays(self, desk, anna):
        save(desk, f"{anna}/rekeningen/nieuw", {"iban": "NL91 ABNA 0417 1643 00", "holder": "A. de Vries"})
        assert [(entry.iban, entry.holder) for entry in record(anna).ibans] == [(IBAN, "A. de Vries")]
        proven = done(person, proven_iban=OTHER_IBAN)
        (entry,) = record(proven).ibans
        page = save(desk, f"{proven}/rekeningen/{entry.row_id}", {"iban": IBAN}, status=422)
        assert "so it stays" in errors(page)
        save(desk, f"{proven}/rekeningen/{entry.row_id}", {"valid_until": "1-3-2026"})
        assert record(proven).ibans[0].term == Term(None, date(2026, 3, 1))

    def test_what_was_said(self, desk, anna):
        answers = {
            "purpose": "appeal",
            "channel": "phone",
            "agrees": "yes",
            "how": "paper",
            "said_on": "2-1-2026",
        }
        save(desk, f"{anna}/toestemming/nieuw", answers)
        (said,) = record(anna).standing_consents
        assert (said.purpose, said.channel, said.state, said.said_on) == (
            "appeal",
            "phone",
            "granted",
            date(2026, 1, 2),
        )
        assert "still holds" in errors(save(desk, f"{anna}/toestemming/nieuw", answers, status=422))

    def test_a_note(self, desk, anna):
        text = "Belt liever 's avonds.\n<script>alert('x')</script>\nDerde regel"
        page = save(desk, f"{anna}/notities/nieuw", {"note": text})
        (note,) = record(anna).notes
        assert note.text == text
        assert not page.all("script", src="")
        assert note.written_by == "Sanne de Boer"
        save(desk, f"{anna}/notities/{note.row_id}", {"note": "Toch niet."})
        assert record(anna).notes[0].text == "Toch niet."


class TestTies:
    def test_a_role_for_somebody_found_by_name(self, desk, anna, church):
        done(reindex, [anna])
        page = save(desk, f"{church}/rollen/nieuw", {"who": "Vries", "role": "diaken"}, status=422)
        assert "hoose whom you mean" in errors(page)
        desk.submit(page.form("nieuw"), {"chosen": str(anna), "is_primary": "y"})
        (position,) = record(church).positions
        assert (position.other.contact_id, position.role, position.is_primary) == (anna, Position.DEACON, True)

    def test_a_role_for_somebody_by_number_from_the_person_s_side(self, desk, anna, church):
        save(desk, f"{anna}/rollen/nieuw", {"who": str(church), "role": "scriba", "valid_from": "1-1-2020"})
        (position,) = record(anna).positions
        save(desk, f"{anna}/rollen/{position.row_id}", {"valid_until": "31-12-2025"})
        assert record(church).positions[0].term == Term(date(2020, 1, 1), date(2025, 12, 31))

    def test_what_cannot_be_is_told_at_its_field_and_nothing_typed_is_lost(self, desk, anna, church):
        for answers, words in (
            ({"who": ""}, "a name, a number"),
            ({"who": "Niemandsnaam"}, "Nobody was found"),
            ({"who": "999999"}, "Nobody was found"),
            ({"who": "9" * 100}, "Nobody was found"),
            ({"valid_from": "2-1-2026", "valid_until": "1-1-2026"}, "ends before it begins"),
            ({"valid_from": "31-2-2026"}, "not a day in the calendar"),
            ({"valid_from": "1-1-1026"}, "check the year"),
        ):
            typed = {"who": str(anna), "role": "zwo"} | answers
            page = save(desk, f"{church}/rollen/nieuw", typed, status=422)
            assert words in errors(page)
            assert {name: value[0] for name, value in page.form("nieuw").values().items() if name in typed} == typed
            assert record(church).positions == ()

    def test_handing_over_to_somebody_new_with_a_new_account(self, desk, anna, church):
        row = done(begin_role, anna, church, RoleEntry(Position.TREASURER, is_primary=True))
        account = done(add_account, church, Account(IBAN))
        answers = {"day": "1-4-2026", "surname": "Nieuw", "given_name": "Chris", "email": "chris@example.nl"}
        page = save(
            desk,
            f"{church}/rollen/{row}/overdracht",
            answers | {"iban": OTHER_IBAN, "old_iban": str(account)},
        )
        assert "Handed over." in page.text
        kept = record(church)
        assert [(each.other.display_name, each.term) for each in kept.positions if each.is_primary] == [
            ("Chris Nieuw", Term(date(2026, 4, 1)))
        ]
        assert {entry.iban: entry.term for entry in kept.ibans} == {
            IBAN: Term(None, date(2026, 3, 31)),
            OTHER_IBAN: Term(date(2026, 4, 1)),
        }

    def test_a_handover_that_cannot_be_changes_nothing(self, desk, anna, church):
        row = done(begin_role, anna, church, RoleEntry(Position.TREASURER, Term(date(2020, 1, 1))))
        before = record(church)
        for answers, words in (
            ({"day": ""}, "fill in the day"),
            ({"who": "1", "surname": "Nieuw"}, "not both"),
            ({}, "a name, a number"),
            ({"surname": "Nieuw", "day": "1-1-1901"}, "ends before it begins"),
            ({"surname": "Nieuw", "iban": "NL00ABNA0417164300"}, "check digits"),
        ):
            page = save(desk, f"{church}/rollen/{row}/overdracht", answers, status=422)
            assert words in errors(page)
            assert record(church) == before

    def test_a_household_is_proposed_and_then_formed(self, desk, anna):
        jan = done(person, given_name="Jan", salutation=Salutation.MR)
        page = save(desk, f"{anna}/bewerken/huishouden", {"who": str(jan)}, status=422)
        form = page.form("huishouden")
        assert form.values()["addressee"] == ["De heer en mevrouw De Vries"]
        desk.submit(form, {"greeting": "Beste Anna en Jan,"})
        household = record(jan).household
        assert (household.addressee, household.greeting) == ("De heer en mevrouw De Vries", "Beste Anna en Jan,")
        save(desk, f"{anna}/bewerken/huishouden", {"addressee": "Familie De Vries"})
        assert record(jan).household.addressee == "Familie De Vries"
        child = done(person, given_name="Kees")
        page = save(desk, f"{anna}/bewerken/huishouden", {"who": str(child)}, status=422)
        desk.submit(page.form("huishouden"))
        assert len(record(jan).household.members) == 3
        save(desk, f"{jan}/huishouden/verlaten", {})
        assert record(jan).household is None


def ways_of(kept):
    """How to reach a contact, without the numbers of rows."""
    entries = (*kept.emails, *kept.phones, *kept.places, *kept.ibans)
    return sorted(repr({name: getattr(each, name) for name in TELLING if hasattr(each, name)}) for each in entries)


class TestRemoving:
    def test_is_asked_first(self, desk, anna):
        (email,) = record(anna).emails
        page = desk.get(f"/desk/relaties/{anna}/email/{email.row_id}/verwijderen")
        assert "anna@example.nl" in page.text
        assert record(anna).emails
        assert "Removed." in desk.submit(page.form("verwijderen")).text
        assert record(anna).emails == ()

    def test_everything_that_may_go(self, desk, anna, church):
        done(add_phone, anna, "+31612345678")
        done(add_address, anna, AddressEntry(Address("Dorpsstraat", "1", "1234 AB", "Ede")))
        done(add_account, anna, Account(IBAN))
        done(add_note, anna, "weg")
        done(begin_role, anna, church, RoleEntry(Position.DEACON))
        kept = record(anna)
        rows = {
            "telefoon": kept.phones,
            "adressen": kept.places,
            "rekeningen": kept.ibans,
            "notities": kept.notes,
            "rollen": kept.positions,
        }
        for word, (entry,) in rows.items():
            save(desk, f"{anna}/{word}/{entry.row_id}/verwijderen", {})
        kept = record(anna)
        assert (kept.phones, kept.places, kept.ibans, kept.notes, kept.positions) == ((), (), (), (), ())

    def test_how_to_reach_somebody_is_put_back_as_it_was(self, desk, anna):
        done(add_email, anna, "anna@werk.example", primary=True)
        done(add_phone, anna, "+31612345678")
        done(add_address, anna, AddressEntry(Address("Dorpsstraat", "1", "1234 AB", "Ede")))
        done(add_address, anna, AddressEntry(Address("Nieuweweg", "2", "1234 AC", "Ede"), term=Term(date(2026, 2, 1))))
        done(add_account, anna, Account(IBAN, "A. de Vries", Term(None, date(2026, 1, 31))))
        before = ways_of(record(anna))
        for word, entries in (
            ("email", record(anna).emails),
            ("telefoon", record(anna).phones),
            ("adressen", record(anna).places),
            ("rekeningen", record(anna).ibans),
        ):
            for entry in entries:
                removed = save(desk, f"{anna}/{word}/{entry.row_id}/verwijderen", {})
                assert ways_of(record(anna)) != before
                form = removed.form("/terug")
                assert "put back" in desk.submit(form).text
                assert ways_of(record(anna)) == before
                again = desk.submit(form)
                assert "put back" not in again.text
                assert ways_of(record(anna)) == before

    def test_a_note_and_a_role_are_put_back_as_they_were(self, desk, anna):
        with acting_as(Actor(ActorKind.USER, "Kees Bakker")):
            done(add_note, anna, "Belt liever 's avonds")
        done(begin_role, anna, done(organisation), RoleEntry(Position.DEACON, Term(date(2026, 1, 1)), is_primary=True))

        def kept():
            told = record(anna)
            notes = [(note.text, note.written_at, note.written_by) for note in told.notes]
            return notes, [(each.other, each.role, each.term, each.is_primary) for each in told.positions]

        before = kept()
        for word, (entry,) in (("notities", record(anna).notes), ("rollen", record(anna).positions)):
            removed = save(desk, f"{anna}/{word}/{entry.row_id}/verwijderen", {})
            assert kept() != before
            assert "put back" in desk.submit(removed.form("/terug")).text
            assert kept() == before

    def test_what_was_done_otherwise_is_not_undone_here(self, desk, anna):
        token = desk.get(f"/desk/relaties/{anna}/bewerken/naam").form("naam").values()["csrf_token"]
        with transaction():
            renamed = audit("contact.renamed", Subject("contact", anna), before={"surname": "Oud"})
            elsewhere = audit("contact.email", Subject("contact", anna + 1), before={"email": "van@een.ander"})
        for number in (renamed, elsewhere, 999_999):
            answer = desk.client.post(f"/desk/relaties/{anna}/verwijderd/{number}/terug", data={"csrf_token": token})
            assert answer.status_code == 404
        assert [email.address for email in record(anna).emails] == ["anna@example.nl"]

    def test_a_proven_account_stays(self, desk, app_context):
        proven = done(person, proven_iban=IBAN)
        (entry,) = record(proven).ibans
        page = save(desk, f"{proven}/rekeningen/{entry.row_id}/verwijderen", {}, status=422)
        assert "so it stays" in page.text
        assert record(proven).ibans

    def test_what_changed_meanwhile_is_asked_anew(self, desk, anna):
        (email,) = record(anna).emails
        page = desk.get(f"/desk/relaties/{anna}/email/{email.row_id}/verwijderen")
        done(add_phone, anna, "+31612345678")
        again = desk.submit(page.form("verwijderen"), status=409)
        assert "meanwhile" in again.text
        desk.submit(again.form("verwijderen"))
        assert record(anna).emails == ()


class TestConflict:
    def test_nothing_is_overwritten_and_nothing_typed_is_lost(self, desk, anna):
        page = desk.get(f"/desk/relaties/{anna}/bewerken/naam")
        done(rename_person, anna, PersonName(Salutation.MRS, "Anna", "", "Smit"), version=1)
        conflict = desk.submit(page.form("naam"), {"surname": "Bakker"}, status=409)
        assert record(anna).name.surname == "Smit"
        (row,) = [each for each in conflict.all("tr") if "Surname" in "".join(each.itertext())]
        assert ["".join(cell.itertext()).strip() for cell in row.iter("td")] == ["Bakker", "Smit"]
        form = conflict.form("naam")
        assert form.values()["surname"] == ["Bakker"]
        desk.submit(form)
        assert record(anna).name.surname == "Bakker"

    def test_a_row_that_somebody_removed_is_told_with_what_was_typed(self, desk, anna):
        (email,) = record(anna).emails
        page = desk.get(f"/desk/relaties/{anna}/email/{email.row_id}")
        save(desk, f"{anna}/email/{email.row_id}/verwijderen", {})
        again = desk.submit(page.form(str(email.row_id)), {"address": "b@example.nl"}, status=409)
        assert "Somebody removed this meanwhile" in again.text
        assert record(anna).emails == ()
        desk.submit(again.form("email/nieuw"))
        assert [each.address for each in record(anna).emails] == ["b@example.nl"]

    def test_somebody_who_was_merged_meanwhile(self, desk, anna):
        page = desk.get(f"/desk/relaties/{anna}/bewerken/naam")
        with transaction():
            other = person(surname="Ander", match_name="ander", given_name="Anna")
            session().execute(update(Contact).where(Contact.id == anna).values(merged_into_id=other))
        desk.submit(page.form("naam"), {"surname": "Bakker"}, status=409)
        assert record(other).name.surname == "Ander"


class TestBadInput:
    def test_is_told_at_the_field_with_what_was_typed(self, desk, anna):
        form = desk.get(f"/desk/relaties/{anna}/bewerken/naam").form("naam")
        for typed, words in (
            ("x" * 10_000, "at most 120"),
            ("<script>alert(1)</script>", "does not look like a name"),
            ("Jan\x00sen", "cannot use"),
            ("Jan\x1b[31msen", "cannot use"),
            ("\ue000", "cannot use"),
            ("123", "does not look like a name"),
            ("   ", "fill in the surname"),
        ):
            answer = desk.client.post(form.action, data=form.values() | {"surname": [typed]})
            assert answer.status_code == 422
            assert words in answer.get_data(as_text=True)
            assert record(anna).name.surname == "Vries"

    def test_what_is_strange_but_a_name_is_kept(self, desk, anna):
        for typed, kept in (
            ("\u202eneruB\u202c", "neruB"),
            ("Jo\u0308ns", "Jöns"),
            ("ابن سينا", "ابن سينا"),
            ("Ö" * 120, "Ö" * 120),
            ("O'Brien-Smith & Zn.", "O'Brien-Smith & Zn."),
            # Much longer when it is folded.
            ("ﷺ" * 60, "ﷺ" * 60),
        ):
            save(desk, f"{anna}/bewerken/naam", {"surname": typed})
            assert record(anna).name.surname.casefold() == kept.casefold()

    def test_a_version_that_is_none_is_out_of_date(self, desk, anna):
        form = desk.get(f"/desk/relaties/{anna}/bewerken/naam").form("naam")
        for version in ("", "x", "-1", "9" * 400, "1.0", "2.1"):
            desk.submit(form, {"version": version, "surname": "Bakker"}, status=409)
            assert record(anna).name.surname == "Vries"


class TestAccess:
    PATHS = ("bewerken", "bewerken/naam", "email/nieuw", "notities/nieuw", "email/1", "email/1/verwijderen")

    def test_whoever_may_not_edit_is_refused(self, staff_pages, anna):
        auditor = staff_pages(Role.AUDITOR)
        for path in self.PATHS:
            assert auditor.client.get(f"/desk/relaties/{anna}/{path}").status_code == 403
            # Without a form of ours nobody gets as far; with one it is refused all the same.
            assert auditor.client.post(f"/desk/relaties/{anna}/{path}").status_code in {400, 403, 405}

    def test_who_is_not_there_is_not_found(self, desk, app_context):
        for path in ("bewerken", "bewerken/naam", "email/nieuw", "huishouden/verlaten"):
            for number in ("999999", "9223372036854775807", "9223372036854775808"):
                desk.get(f"/desk/relaties/{number}/{path}", status=404)

    def test_a_section_or_a_row_that_is_not_there_is_not_found(self, desk, anna, church):
        other = done(person, email="bert@example.nl")
        (theirs,) = record(other).emails
        for path in (
            f"{anna}/bewerken/organisatie",
            f"{church}/bewerken/naam",
            f"{church}/bewerken/overlijden",
            f"{anna}/email/{theirs.row_id}",
            f"{anna}/email/{theirs.row_id}/verwijderen",
            f"{anna}/rollen/1/overdracht",
            f"{church}/rollen/1/overdracht",
            f"{anna}/huishouden/verlaten",
            f"{anna}/toestemming/1",
        ):
            desk.get(f"/desk/relaties/{path}", status=404)


@pytest.mark.sqlite_only
def test_the_page_takes_no_more_queries_as_a_contact_grows(desk, anna, church, queries):
    path = f"/desk/relaties/{anna}/bewerken"

    def fill(number):
        done(add_note, anna, f"notitie {number}")
        done(add_phone, anna, f"+3161234567{number}")
        done(begin_role, anna, done(organisation, organisation_name=f"Kerk {number}"), RoleEntry(Position.DEACON))

    fill(0)
    jan = done(person, given_name="Jan")
    done(form_household, [anna, jan], JointSalutation("A", "B"), version=record(anna).version)
    desk.get(path)
    with queries() as few:
        desk.get(path)
    for number in range(1, 9):
        fill(number)
    with queries() as many:
        desk.get(path)
    assert len(many) == len(few)
