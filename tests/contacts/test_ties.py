"""Roles in organisations, which organisation belongs to which, households, and handing over."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fundraising.clock import standing_still
from fundraising.contacts.queries import contact
from fundraising.contacts.queries.letterheads import letterheads
from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import OrganisationKind, PersonName, UnknownContact
from fundraising.contacts.rules.details import Account, Handover, Newcomer, RoleEntry, Ways
from fundraising.contacts.rules.households import JointSalutation
from fundraising.contacts.rules.organisations import Role
from fundraising.contacts.rules.refusals import Reason
from fundraising.contacts.rules.terms import Term
from fundraising.contacts.services.changes import StaleRecord
from fundraising.contacts.services.handing_over import hand_over
from fundraising.contacts.services.households import (
    change_salutation,
    form_household,
    join_household,
    leave_household,
)
from fundraising.contacts.services.keeping import note_death
from fundraising.contacts.services.merging import merge
from fundraising.contacts.services.ties import affiliate, begin_role, change_role, link_organisation, remove_role
from fundraising.contacts.services.ways import add_account
from tests.contacts.verbs import done, refused, version
from tests.factories.contacts import organisation, person

pytestmark = pytest.mark.usefixtures("app_context")

OLD_IBAN, NEW_IBAN = "NL91ABNA0417164300", "NL02RABO0123456789"
TREASURER = RoleEntry(Role.TREASURER, Term(date(2020, 1, 1)), is_primary=True)


@pytest.fixture(autouse=True)
def today():
    with standing_still(datetime(2026, 3, 14, 12, tzinfo=UTC)):
        yield


@pytest.fixture
def church(app_context) -> int:
    return done(organisation)


@pytest.fixture
def anna(app_context) -> int:
    return done(person, given_name="Anna")


@pytest.fixture
def bert(app_context) -> int:
    return done(person, given_name="Bert", surname="Smit", match_name="smit", name_prefix="", salutation="mr")


def positions(number):
    return [(each.other.contact_id, each.role, each.term, each.is_primary) for each in record(number).positions]


class TestRoles:
    def test_stand_on_both_sides_and_end_as_history(self, church, anna):
        row = done(begin_role, anna, church, TREASURER)
        assert positions(anna) == [(church, Role.TREASURER, TREASURER.term, True)]
        assert positions(church) == [(anna, Role.TREASURER, TREASURER.term, True)]
        ended = Term(date(2020, 1, 1), date(2026, 3, 1))
        assert done(change_role, anna, row, RoleEntry(Role.TREASURER, ended, is_primary=True), version=version(anna))
        assert positions(church) == [(anna, Role.TREASURER, ended, False)]
        again = done(begin_role, anna, church, RoleEntry(Role.TREASURER, Term(date(2026, 3, 10))))
        assert [each.row_id for each in record(church).positions] == [again, row]

    def test_one_person_of_an_organisation_comes_first(self, church, anna, bert):
        done(begin_role, anna, church, TREASURER)
        done(begin_role, bert, church, RoleEntry(Role.CLERK, is_primary=True))
        assert [(who, primary) for who, _, _, primary in positions(church)] == [(bert, True), (anna, False)]

    def test_the_same_role_is_held_once_at_a_time(self, church, anna):
        done(begin_role, anna, church, TREASURER)
        assert refused(begin_role, anna, church, TREASURER) is Reason.KNOWN
        other = done(begin_role, anna, church, RoleEntry(Role.DEACON))
        changed = RoleEntry(Role.TREASURER)
        assert refused(change_role, anna, other, changed, version=version(anna)) is Reason.KNOWN

    def test_what_a_donor_told_once_is_known(self, church, anna):
        assert done(affiliate, anna, church, role="contact")
        assert refused(begin_role, anna, church, RoleEntry(Role.CONTACT)) is Reason.KNOWN

    def test_people_hold_roles_in_organisations(self, church, anna, bert):
        assert refused(begin_role, anna, bert, TREASURER) is Reason.NOT_AN_ORGANISATION
        assert refused(begin_role, church, church, TREASURER) is Reason.NOT_A_PERSON

    def test_a_role_that_never_was_is_removed(self, church, anna):
        row = done(begin_role, anna, church, TREASURER)
        done(remove_role, church, row, version=version(church))
        assert positions(church) == positions(anna) == []

    def test_a_page_out_of_date_changes_nothing(self, church, anna, bert):
        row = done(begin_role, anna, church, TREASURER)
        seen = version(church)
        done(begin_role, bert, church, RoleEntry(Role.CLERK))
        with pytest.raises(StaleRecord):
            done(remove_role, church, row, version=seen)
        assert len(positions(church)) == 2

    def test_nobody_else_s_is_touched(self, church, anna, bert):
        row = done(begin_role, anna, church, TREASURER)
        with pytest.raises(UnknownContact):
            done(remove_role, bert, row, version=version(bert))


class TestLinks:
    @pytest.fixture
    def diaconie(self, app_context) -> int:
        return done(organisation, organisation_kind=OrganisationKind.DIACONIE, organisation_name="Diaconie")

    def test_a_diaconie_belongs_to_its_church(self, church, diaconie):
        assert done(link_organisation, diaconie, church, version=1)
        assert not done(link_organisation, diaconie, church, version=2)
        assert record(diaconie).belongs_to.contact_id == church
        assert [each.contact_id for each in record(church).has_under_it] == [diaconie]
        assert done(link_organisation, diaconie, None, version=2)
        assert record(diaconie).belongs_to is None

    def test_it_belongs_to_another_church_instead(self, church, diaconie):
        other = done(organisation, organisation_name="Andere kerk")
        done(link_organisation, diaconie, church, version=1)
        assert done(link_organisation, diaconie, other, version=2)
        assert record(diaconie).belongs_to.contact_id == other

    def test_nothing_belongs_to_itself_by_whatever_way(self, church, diaconie):
        other = done(organisation, organisation_name="Andere kerk")
        assert refused(link_organisation, church, church, version=1) is Reason.CIRCULAR
        done(link_organisation, diaconie, church, version=1)
        done(link_organisation, other, diaconie, version=1)
        assert refused(link_organisation, church, other, version=1) is Reason.CIRCULAR
        assert record(church).belongs_to is None

    def test_a_diaconie_belongs_to_a_church_and_people_to_none(self, church, diaconie, anna):
        school = done(organisation, organisation_kind=OrganisationKind.SCHOOL, organisation_name="De Bron")
        assert refused(link_organisation, diaconie, school, version=1) is Reason.NOT_A_CHURCH
        assert refused(link_organisation, school, anna, version=1) is Reason.NOT_AN_ORGANISATION
        assert refused(link_organisation, anna, church, version=1) is Reason.NOT_AN_ORGANISATION
        with pytest.raises(UnknownContact):
            done(link_organisation, school, 999, version=1)


class TestHandover:
    @pytest.fixture
    def role(self, church, anna) -> int:
        return done(begin_role, anna, church, TREASURER)

    @pytest.fixture
    def account(self, church) -> int:
        return done(add_account, church, Account(OLD_IBAN, "Kerk via Anna"))

    def test_one_step_ends_the_old_and_begins_the_new(self, church, anna, bert, role, account):
        handover = Handover(
            day=date(2026, 4, 1),
            affiliation_id=role,
            successor=bert,
            old_iban_id=account,
            new_account=Account(NEW_IBAN, "Kerk"),
        )
        assert done(hand_over, church, handover, version=version(church)) == bert
        last_day = date(2026, 3, 31)
        old, new = Term(date(2020, 1, 1), last_day), Term(date(2026, 4, 1))
        # Until that day it is still the old one to whom to turn first.
        assert positions(church) == [(anna, Role.TREASURER, old, True), (bert, Role.TREASURER, new, True)]
        with standing_still(datetime(2026, 4, 1, 12, tzinfo=UTC)):
            assert positions(church) == [(bert, Role.TREASURER, new, True), (anna, Role.TREASURER, old, False)]
        assert [(each.iban, each.holder, each.term) for each in record(church).ibans] == [
            (OLD_IBAN, "Kerk via Anna", Term(None, last_day)),
            (NEW_IBAN, "Kerk", Term(date(2026, 4, 1))),
        ]

    def test_the_successor_may_be_new(self, church, role):
        new = Newcomer(name=PersonName(given_name="Chris", surname="Nieuw"), ways=Ways(email="chris@example.nl"))
        handover = Handover(day=date(2026, 3, 1), affiliation_id=role, successor=new)
        number = done(hand_over, church, handover, version=version(church))
        assert contact(number).emails == ("chris@example.nl",)
        assert positions(number) == [(church, Role.TREASURER, Term(date(2026, 3, 1)), True)]

    def test_the_account_may_stay(self, church, bert, role, account):
        handover = Handover(
            day=date(2026, 3, 1),
            affiliation_id=role,
            successor=bert,
            old_iban_id=account,
            new_account=Account(OLD_IBAN),
        )
        done(hand_over, church, handover, version=version(church))
        assert [each.term for each in record(church).ibans] == [Term()]

    def test_what_cannot_be_changes_nothing_at_all(self, church, anna, bert, role, account):
        before = record(church)
        for wrong, reason in (
            ({"successor": anna}, Reason.KNOWN),
            ({"day": date(2019, 1, 1)}, Reason.ENDS_BEFORE_IT_BEGINS),
            ({"successor": church}, Reason.NOT_A_PERSON),
        ):
            values = {"day": date(2026, 3, 1), "affiliation_id": role, "successor": bert} | wrong
            handover = Handover(**values, old_iban_id=account, new_account=Account(NEW_IBAN))
            assert refused(hand_over, church, handover, version=before.version) is reason
        elsewhere = Handover(
            day=date(2026, 3, 1), affiliation_id=role, successor=bert, old_iban_id=999, new_account=Account(NEW_IBAN)
        )
        with pytest.raises(UnknownContact):
            done(hand_over, church, elsewhere, version=before.version)
        assert record(church) == before

    def test_a_role_elsewhere_is_not_handed_over_here(self, church, bert, role):
        other = done(organisation, organisation_name="Andere kerk")
        with pytest.raises(UnknownContact):
            done(hand_over, other, Handover(day=date(2026, 3, 1), affiliation_id=role, successor=bert), version=1)


class TestHouseholds:
    TOGETHER = JointSalutation("Mevrouw A. de Vries en de heer B. Smit", "Geachte mevrouw De Vries en heer Smit,")

    def test_people_are_written_to_together(self, anna, bert):
        done(form_household, [anna, bert], self.TOGETHER, version=1)
        household = record(bert).household
        assert household == record(anna).household
        assert (household.addressee, household.greeting) == (self.TOGETHER.addressee, self.TOGETHER.greeting)
        assert {member.contact_id for member in household.members} == {anna, bert}

    def test_somebody_lives_in_one_household(self, anna, bert):
        done(form_household, [anna, bert], self.TOGETHER, version=1)
        other = done(person)
        assert refused(form_household, [other, anna], self.TOGETHER, version=1) is Reason.IN_A_HOUSEHOLD
        assert refused(join_household, bert, anna, self.TOGETHER, version=2) is Reason.IN_A_HOUSEHOLD

    def test_takes_two_people(self, anna, church):
        assert refused(form_household, [anna], self.TOGETHER, version=1) is Reason.TOO_FEW
        assert refused(form_household, [anna, anna], self.TOGETHER, version=1) is Reason.TOO_FEW
        assert refused(form_household, [anna, church], self.TOGETHER, version=1) is Reason.NOT_A_PERSON

    def test_grows_and_is_written_to_anew(self, anna, bert):
        done(form_household, [anna, bert], self.TOGETHER, version=1)
        child = done(person, given_name="C.")
        assert done(join_household, anna, child, JointSalutation("Familie Smit", "Geachte familie,"), version=2)
        assert record(child).household.addressee == "Familie Smit"
        assert done(change_salutation, child, self.TOGETHER, version=version(child))
        assert not done(change_salutation, child, self.TOGETHER, version=version(child))

    def test_once_somebody_died_the_others_are_written_to(self, anna, bert):
        child, new = done(person, surname="Smit"), done(person, surname="Smit")
        done(form_household, [anna, bert, child], self.TOGETHER, version=1)
        done(note_death, bert, date(2026, 3, 1), version=version(bert))
        home = record(anna).household
        assert home.addressee != self.TOGETHER.addressee
        assert (letterheads([anna])[anna].addressee, letterheads([anna])[anna].greeting) == (
            home.addressee,
            home.greeting,
        )
        assert letterheads([bert])[bert].household_id is None
        # What staff write down then is what holds, for those who live.
        done(join_household, anna, new, JointSalutation("De Smitjes", "Beste Smitjes,"), version=version(anna))
        assert record(anna).household.addressee == "De Smitjes"
        assert {member.contact_id for member in record(anna).household.members} == {anna, child, new}
        assert record(bert).household is None

    def test_who_was_in_two_households_before_a_merge_leaves_both(self, anna, bert):
        twin, other = done(person, surname="Smit"), done(person, surname="Ander")
        done(form_household, [anna, bert], self.TOGETHER, version=1)
        done(form_household, [twin, other], self.TOGETHER, version=1)
        done(merge, anna, twin, chosen={}, versions=None)
        done(leave_household, anna, version=version(anna))
        assert record(other).household is None is record(bert).household

    def test_one_alone_is_no_household(self, anna, bert):
        child = done(person, given_name="C.")
        done(form_household, [anna, bert, child], self.TOGETHER, version=1)
        done(leave_household, child, version=version(child))
        assert record(child).household is None
        assert record(anna).household is not None
        done(leave_household, bert, version=version(bert))
        assert record(anna).household is None
        with pytest.raises(UnknownContact):
            done(leave_household, anna, version=version(anna))
