"""Two contacts that become one, and two again."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from fundraising.clock import now, today
from fundraising.contacts.models import ChurchDetails, Contact, ContactNote, DuplicateCandidate, OrganisationLink
from fundraising.contacts.queries import consent_state, contact, display_names
from fundraising.contacts.queries.likeness import candidate_page, candidates_to_judge
from fundraising.contacts.queries.merges import merge_page, mergeable, undoable
from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import Address, ConsentState, OrganisationKind, PersonName, Salutation, UnknownContact
from fundraising.contacts.rules.details import Account, AddressEntry
from fundraising.contacts.rules.merging import MergeFault, MergeRefused, Side
from fundraising.contacts.rules.organisations import Denomination
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.rules.terms import Term
from fundraising.contacts.services.consents import grant_consent
from fundraising.contacts.services.duplicates import judge_again, judge_different
from fundraising.contacts.services.keeping import rename_person
from fundraising.contacts.services.merging import merge, undo_merge
from fundraising.contacts.services.search_index import reindex
from fundraising.contacts.services.ties import affiliate, link_organisation
from fundraising.contacts.services.ways import add_account, add_address, change_address, remove_account
from fundraising.db import db, session, transaction
from fundraising.gifts.queries import tax_year_total
from fundraising.money import Euro
from tests.factories.contacts import note_duplicates, organisation, person
from tests.factories.gifts import gift

pytestmark = pytest.mark.usefixtures("app_context")

IBAN = "NL91ABNA0417164300"


def both(**changes):
    """Two people who look alike: J. and Jan de Vries."""
    with transaction():
        first = person(email="jan@example.nl", **changes)
        second = person(email="Jan@example.nl", given_name="Jan", salutation=Salutation.MRS, proven_iban=IBAN)
    return first, second


def merged(survivor, loser, *, chosen=None, versions=None):
    with transaction():
        return merge(survivor, loser, chosen=chosen or {}, versions=versions)


def undone(merge_id):
    with transaction():
        return undo_merge(merge_id)


def refused(survivor, loser, **more):
    with pytest.raises(MergeRefused) as caught, transaction():
        merge(survivor, loser, chosen={}, versions=more.get("versions"))
    return caught.value.reason


# What says when and how often something was done; everything else has to be as it was.
DOINGS = {"contact": {"version", "changed_at"}, "duplicate_candidate": {"judged_at", "judged_by"}}


def everything():
    """All rows of all tables of contacts, save merges and what says when something was done."""
    session().rollback()
    tables = [table for table in db.metadata.sorted_tables if "contact" in table.name or table.name in OTHERS]
    return {
        table.name: sorted(
            str([value for name, value in row._mapping.items() if name not in DOINGS.get(table.name, set())])
            for row in session().execute(select(table))
        )
        for table in tables
        if table.name != "contact_merge"
    }


def at_first():
    """Everything, once the index knows the contacts that the test made."""
    with transaction():
        reindex(list(session().scalars(select(Contact.id))))
    return everything()


OTHERS = {
    "affiliation",
    "consent",
    "church_details",
    "school_details",
    "postal_address",
    "organisation_link",
    "household_member",
    "duplicate_candidate",
    "search_term",
}


class TestMerging:
    def test_all_ways_to_reach_both_stand_on_the_one(self):
        first, second = both()
        merged(first, second)
        row = contact(second)
        assert row.contact_id == first
        assert [each.iban for each in row.ibans] == [IBAN]
        assert display_names([second]) == {second: contact(first).display_name}

    def test_gifts_roles_notes_and_consents_follow(self):
        first, second = both()
        with transaction():
            church = organisation()
            affiliate(second, church, role="penningmeester")
            grant_consent(second, purpose="newsletter", channel="email", source="test")
            given = gift(contact_id=second, received_on=date(2026, 3, 14), amount=Euro.of(50))
        assert given.created
        merged(first, second)
        assert tax_year_total(first, 2026) == Euro.of(50)
        assert [role.role for role in contact(first).affiliations] == ["penningmeester"]
        assert [role.contact_id for role in contact(church).affiliations] == [first]
        assert consent_state(first, "newsletter", "email") is ConsentState.GRANTED

    def test_an_address_and_an_account_of_both_stand_once_and_change_as_one(self):
        first, second = both()
        address, account = AddressEntry(Address("Kade", "1", "2801 AB", "Gouda")), Account("NL44RABO0123456789")
        with transaction():
            for each in (first, second):
                add_address(each, address)
                add_account(each, account)
        merged(first, second)
        (place,), (proven, iban) = record(first).places, record(first).ibans
        assert (iban.iban, proven.iban) == (account.iban, IBAN)
        with transaction():
            left = AddressEntry(address.address, term=Term(None, today() - timedelta(days=1)))
            change_address(first, place.row_id, left, version=record(first).version)
            remove_account(first, iban.row_id, version=record(first).version)
        assert contact(first).address is None
        assert [each.term for each in record(first).places] == [left.term]
        assert [each.iban for each in record(first).ibans] == [IBAN]

    def test_what_tells_more_stands_unless_somebody_chose_otherwise(self):
        first, second = both()
        merge_id = merged(first, second)
        assert contact(first).name.given_name == "Jan"
        undone(merge_id)
        merged(first, second, chosen={"name": Side.SURVIVOR})
        assert contact(first).name.given_name == "J."

    def test_what_one_lacks_the_other_gives(self):
        with transaction():
            first = organisation(kvk="12345678")
            second = organisation(rsin="123456782", email="post@example.nl")
            session().add(ChurchDetails(contact_id=second, denomination=Denomination.PKN, town="Ede", members=400))
        merged(first, second)
        fields = mergeable(first).fields
        assert (fields["kvk"], fields["rsin"], fields["town"], fields["members"]) == (
            "12345678",
            "123456782",
            "Ede",
            400,
        )

    def test_who_asked_not_to_be_written_to_stays_so(self):
        first, second = both()
        with transaction():
            session().get_one(Contact, second).do_not_contact = True
        merged(first, second)
        assert mergeable(first).fields["do_not_contact"]

    def test_the_pair_is_judged_and_the_merge_is_listed(self):
        first, second = both()
        with transaction():
            note_duplicates()
        assert candidates_to_judge() == 1
        merge_id = merged(first, second)
        assert candidates_to_judge() == 0
        assert [row.merge_id for row in merge_page(skip=0, limit=9)] == [merge_id]


class TestRefusals:
    def test_a_contact_with_itself(self):
        first, _ = both()
        assert refused(first, first) is MergeFault.SAME

    def test_a_person_with_an_organisation(self):
        first, _ = both()
        with transaction():
            church = organisation()
        assert refused(first, church) is MergeFault.PERSON_AND_ORGANISATION

    def test_a_church_with_its_diaconie(self):
        with transaction():
            church = organisation()
            diaconie = organisation(organisation_kind=OrganisationKind.DIACONIE)
        assert refused(church, diaconie) is MergeFault.TWO_KINDS

    def test_a_school_with_the_board_above_it(self):
        with transaction():
            school, board, above = (organisation(organisation_kind=OrganisationKind.SCHOOL) for _ in range(3))
            rows = [(school, board), (board, above)]
            session().execute(
                insert(OrganisationLink),
                [{"organisation_id": below, "parent_id": up, "created_at": now()} for below, up in rows],
            )
        assert refused(school, above) is MergeFault.LINKED
        assert refused(above, school) is MergeFault.LINKED

    def test_what_belongs_to_it_by_way_of_one_that_was_merged(self):
        with transaction():
            below, twin, board, other, further = (
                organisation(organisation_kind=OrganisationKind.SCHOOL, organisation_name=f"School {name}")
                for name in "abcde"
            )
            for one, above in ((below, twin), (board, other), (twin, further)):
                link_organisation(one, above, version=1)
        merged(board, twin)
        # The board belongs to both now, and the first to the board.
        for above in (other, further):
            assert refused(above, below) is MergeFault.LINKED
            with pytest.raises(Refusal) as caught, transaction():
                link_organisation(above, below, version=mergeable(above).version)
            assert caught.value.reason is Reason.CIRCULAR

    def test_one_that_was_merged_already(self):
        first, second = both()
        with transaction():
            third = person()
        merged(first, second)
        assert refused(third, second) is MergeFault.MERGED_ALREADY
        assert refused(second, third) is MergeFault.MERGED_ALREADY

    def test_a_page_that_is_out_of_date(self):
        first, second = both()
        before = at_first()
        assert refused(first, second, versions=(1, 2)) is MergeFault.CHANGED
        assert everything() == before
        merged(first, second, versions=(1, 1))

    def test_an_unknown_one(self):
        first, _ = both()
        with pytest.raises(UnknownContact), transaction():
            merge(first, 999, chosen={}, versions=None)


class TestUndoing:
    def test_both_are_as_they_were(self):
        first, second = both()
        with transaction():
            note_duplicates()
        before = at_first()
        merge_id = merged(first, second)
        assert everything() != before
        assert undone(merge_id) == first
        assert everything() == before

    def test_what_staff_changed_since_stays(self):
        first, second = both()
        merge_id = merged(first, second)
        with transaction():
            session().get_one(Contact, first).language = "en"
            session().add(ContactNote(contact_id=first, text="Belde terug", written_at=now(), written_by="test"))
        undone(merge_id)
        assert contact(first).language == "en"
        assert contact(first).name.given_name == "J."
        assert session().scalar(select(ContactNote.contact_id)) == first

    def test_a_name_that_was_put_right_since_stays_whole(self):
        first, second = both()
        merge_id = merged(first, second, chosen={"name": Side.LOSER})
        with transaction():
            rename_person(first, PersonName(Salutation.MRS, "Jan", "", "Vriens"), version=mergeable(first).version)
        undone(merge_id)
        assert contact(first).name == PersonName(Salutation.MRS, "Jan", "", "Vriens")

    def test_the_last_merge_is_undone_first(self):
        first, second = both()
        with transaction():
            third = person(given_name="J.P.")
        before = at_first()
        one, two = merged(first, second), merged(first, third)
        with pytest.raises(MergeRefused) as caught, transaction():
            undo_merge(one)
        assert caught.value.reason is MergeFault.MERGED_ON
        undone(two)
        undone(one)
        assert everything() == before

    def test_it_happens_once(self):
        merge_id = merged(*both())
        undone(merge_id)
        with pytest.raises(MergeRefused) as caught, transaction():
            undo_merge(merge_id)
        assert caught.value.reason is MergeFault.UNDONE_ALREADY

    def test_what_was_erased_since_stays_one(self):
        merge_id = merged(*both())
        with transaction():
            session().execute(text("UPDATE contact_merge SET before = '{}'"))
        with pytest.raises(MergeRefused) as caught, transaction():
            undo_merge(merge_id)
        assert caught.value.reason is MergeFault.ERASED

    def test_a_chain_comes_apart_link_by_link(self):
        first, second = both()
        with transaction():
            third = person(given_name="J.P.")
        before = at_first()
        inner = merged(second, third)
        outer = merged(first, second)
        assert contact(third).contact_id == first
        undone(inner)
        assert contact(third).contact_id == third
        undone(outer)
        assert everything() == before


@pytest.mark.sqlite_only
class TestLaw:
    names = st.sampled_from(["J.", "Jan", "J.P.", "Johanna", ""])
    values = st.fixed_dictionaries(
        {
            "given_name": names,
            "salutation": st.sampled_from(list(Salutation)),
            "language": st.sampled_from(["nl", "en"]),
            "do_not_contact": st.booleans(),
            "deceased_on": st.sampled_from([None, date(2025, 1, 2)]),
            "email": st.sampled_from(["", "a@example.nl", "b@example.nl"]),
        }
    )

    @given(people=st.lists(values, min_size=2, max_size=4), data=st.data())
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_merging_and_unmerging_restores(self, app_context, people, data):
        with transaction():
            ids = [person(**values) for values in people]
        before = at_first()
        undo = []
        while len(ids) > 1 and data.draw(st.booleans() if undo else st.just(value=True)):
            survivor, loser = data.draw(st.permutations(ids))[:2]
            sides = data.draw(st.dictionaries(st.sampled_from(["name", "language"]), st.sampled_from(list(Side))))
            undo.append(merged(survivor, loser, chosen=sides))
            ids.remove(loser)
        # In any order; one upon which another was merged waits for that.
        waiting = data.draw(st.permutations(undo))
        while waiting:
            for merge_id in filter(undoable, list(waiting)):
                undone(merge_id)
                waiting.remove(merge_id)
        assert everything() == before


class TestJudging:
    def test_two_that_differ_are_not_shown_again(self):
        both()
        with transaction():
            assert note_duplicates() == 1
        [pair] = candidate_page()
        with transaction():
            judge_different(pair.candidate_id)
        with transaction():
            assert note_duplicates() == 0
        assert candidates_to_judge() == 0
        with transaction():
            judge_again(pair.candidate_id)
        assert candidates_to_judge() == 1

    def test_a_pair_gets_the_points_that_it_has_by_now(self):
        both()
        with transaction():
            session().execute(text("UPDATE duplicate_candidate SET score = 1"))
            note_duplicates()
            session().execute(text("UPDATE duplicate_candidate SET score = 1"))
            note_duplicates()
        assert session().scalar(select(DuplicateCandidate.score)) > 1

    def test_what_a_merged_contact_had_counts_for_the_one_that_stands(self):
        first, second = both()
        with transaction():
            third = person(given_name="Jan", proven_iban=IBAN)
        merged(first, second)
        with transaction():
            note_duplicates()
        assert [(pair.contact_id, pair.other_id) for pair in candidate_page()] == [(first, third)]

    def test_what_very_many_share_says_nothing(self):
        with transaction():
            for _ in range(21):
                person(email="receptie@example.nl")
            assert note_duplicates() == 0
