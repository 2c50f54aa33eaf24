"""Ways to reach a contact: what is kept of them, with their history, and what may not be forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from fundraising.clock import standing_still
from fundraising.contacts.models import Contact
from fundraising.contacts.queries import contact
from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import Address, UnknownContact
from fundraising.contacts.rules.details import Account, AddressEntry
from fundraising.contacts.rules.organisations import AddressKind
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.rules.terms import Term
from fundraising.contacts.services import ways
from fundraising.contacts.services.changes import StaleRecord
from fundraising.db import session, transaction
from tests.contacts.verbs import done, refused, version
from tests.factories.contacts import person

pytestmark = pytest.mark.usefixtures("app_context")

IBAN, OTHER_IBAN = "NL91ABNA0417164300", "NL02RABO0123456789"
OLD, NEW = Address("Dorpsstraat", "1", "1234 AB", "Ede"), Address("Kerkstraat", "2", "2345 BC", "Urk")
TODAY = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today():
    with standing_still(TODAY):
        yield


@pytest.fixture
def donor(app_context) -> int:
    return done(person, email="anna@example.nl", proven_iban=IBAN)


class TestEmail:
    def test_mail_goes_to_the_one_that_was_chosen(self, donor):
        second = done(ways.add_email, donor, "Anna@werk.example")
        assert contact(donor).emails == ("anna@example.nl", "Anna@werk.example")
        assert done(ways.prefer_email, donor, second, version=version(donor))
        assert contact(donor).emails == ("Anna@werk.example", "anna@example.nl")
        assert [entry.is_primary for entry in record(donor).emails] == [True, False]
        assert not done(ways.prefer_email, donor, second, version=version(donor))

    def test_one_mailbox_is_kept_once(self, donor):
        assert refused(ways.add_email, donor, "ANNA@example.nl") is Reason.KNOWN
        second = done(ways.add_email, donor, "b@example.nl")
        assert refused(ways.change_email, donor, second, "Anna@Example.nl", version=version(donor)) is Reason.KNOWN

    def test_what_comes_back_is_marked_until_it_is_put_right(self, donor):
        (email,) = record(donor).emails
        assert done(ways.mark_undeliverable, donor, email.row_id, "550 no\r\nsuch user")
        assert not done(ways.mark_undeliverable, donor, email.row_id, "again")
        assert record(donor).emails[0].undeliverable_reason == "550 no such user"
        assert done(ways.change_email, donor, email.row_id, "Anna@example.nl", version=version(donor))
        assert record(donor).emails[0].undeliverable_at == TODAY
        assert done(ways.change_email, donor, email.row_id, "ana@example.nl", version=version(donor))
        assert record(donor).emails[0].undeliverable_at is None

    def test_that_it_works_after_all(self, donor):
        (email,) = record(donor).emails
        assert not done(ways.mark_deliverable, donor, email.row_id)
        done(ways.mark_undeliverable, donor, email.row_id, "550")
        assert done(ways.mark_deliverable, donor, email.row_id)
        assert record(donor).emails[0].undeliverable_reason == ""

    def test_is_forgotten_with_what_a_merged_contact_knew_of_it(self, donor):
        with transaction():
            merged = person(email="Anna@example.nl")
            session().execute(update(Contact).where(Contact.id == merged).values(merged_into_id=donor))
        (email,) = record(donor).emails
        done(ways.remove_email, donor, email.row_id, version=version(donor))
        assert record(donor).emails == ()

    def test_nobody_else_s_is_touched(self, donor):
        other = done(person, email="bert@example.nl")
        (theirs,) = record(other).emails
        for verb, args in (
            (ways.change_email, ("x@example.nl",)),
            (ways.prefer_email, ()),
            (ways.remove_email, ()),
        ):
            with pytest.raises(UnknownContact):
                done(verb, donor, theirs.row_id, *args, version=version(donor))
        assert [entry.address for entry in record(other).emails] == ["bert@example.nl"]

    def test_a_page_out_of_date_changes_nothing(self, donor):
        (email,) = record(donor).emails
        done(ways.add_phone, donor, "+31612345678")
        with pytest.raises(StaleRecord):
            done(ways.remove_email, donor, email.row_id, version=1)
        assert len(record(donor).emails) == 1


class TestPhone:
    def test_is_kept_once_put_right_and_forgotten(self, donor):
        number = done(ways.add_phone, donor, "+31612345678")
        assert refused(ways.add_phone, donor, "+31612345678") is Reason.KNOWN
        assert done(ways.change_phone, donor, number, "+31687654321", version=version(donor))
        assert contact(donor).phones == ("+31687654321",)
        done(ways.remove_phone, donor, number, version=version(donor))
        assert contact(donor).phones == ()


class TestAddress:
    def test_who_moves_keeps_the_old_address_as_history(self, donor):
        done(ways.add_address, donor, AddressEntry(OLD))
        done(ways.add_address, donor, AddressEntry(NEW, term=Term(date(2026, 3, 1))))
        assert contact(donor).address == NEW
        assert [(entry.address, entry.term) for entry in record(donor).places] == [
            (NEW, Term(date(2026, 3, 1))),
            (OLD, Term(None, date(2026, 2, 28))),
        ]

    def test_who_moves_next_month_still_lives_here(self, donor):
        done(ways.add_address, donor, AddressEntry(OLD))
        done(ways.add_address, donor, AddressEntry(NEW, term=Term(date(2026, 4, 1))))
        assert contact(donor).address == OLD
        with standing_still(datetime(2026, 4, 1, tzinfo=UTC)):
            assert contact(donor).address == NEW

    def test_post_does_not_go_where_somebody_is_found(self, donor):
        done(ways.add_address, donor, AddressEntry(OLD))
        done(ways.add_address, donor, AddressEntry(NEW, AddressKind.VISITING))
        assert contact(donor).address == OLD
        assert [entry.term for entry in record(donor).places] == [Term(), Term()]

    def test_an_old_one_that_is_found_later_ends_nothing(self, donor):
        done(ways.add_address, donor, AddressEntry(NEW))
        done(ways.add_address, donor, AddressEntry(OLD, term=Term(None, date(2019, 12, 31))))
        assert contact(donor).address == NEW

    def test_is_put_right_ended_and_forgotten(self, donor):
        place = done(ways.add_address, donor, AddressEntry(OLD))
        ended = AddressEntry(NEW, term=Term(None, date(2026, 3, 13)))
        assert done(ways.change_address, donor, place, ended, version=version(donor))
        assert contact(donor).address is None
        done(ways.remove_address, donor, place, version=version(donor))
        assert record(donor).places == ()

    @pytest.mark.parametrize("day", [date(1826, 3, 14), date(2226, 3, 14)])
    def test_a_slip_in_a_date_is_refused(self, donor, day):
        assert refused(ways.add_address, donor, AddressEntry(OLD, term=Term(day))) is Reason.UNLIKELY_DATE


class TestAccount:
    def test_what_we_are_told_proves_nothing(self, donor):
        done(ways.add_account, donor, Account(OTHER_IBAN, "Fam. De Vries"))
        assert [(entry.iban, entry.provenance, entry.holder) for entry in record(donor).ibans] == [
            (IBAN, "bank", ""),
            (OTHER_IBAN, "typed", "Fam. De Vries"),
        ]

    def test_what_is_proven_ends_and_is_never_forgotten_or_overwritten(self, donor):
        (proven,) = record(donor).ibans
        assert refused(ways.remove_account, donor, proven.row_id, version=version(donor)) is Reason.PROVEN
        changed = Account(OTHER_IBAN)
        assert refused(ways.change_account, donor, proven.row_id, changed, version=version(donor)) is Reason.PROVEN
        ended = Account(IBAN, term=Term(None, date(2026, 3, 1)))
        assert done(ways.change_account, donor, proven.row_id, ended, version=version(donor))
        assert record(donor).ibans[0].term == Term(None, date(2026, 3, 1))

    def test_the_same_one_is_kept_once_and_may_begin_again(self, donor):
        (proven,) = record(donor).ibans
        assert refused(ways.add_account, donor, Account(IBAN)) is Reason.KNOWN
        ended = Account(IBAN, term=Term(None, date(2026, 3, 1)))
        done(ways.change_account, donor, proven.row_id, ended, version=version(donor))
        assert done(ways.add_account, donor, Account(IBAN)) == proven.row_id
        assert record(donor).ibans[0].term == Term()

    def test_a_typed_one_is_put_right_and_forgotten(self, donor):
        typed = done(ways.add_account, donor, Account("NL20INGB0001234567"))
        assert done(ways.change_account, donor, typed, Account(OTHER_IBAN), version=version(donor))
        assert refused(ways.change_account, donor, typed, Account(IBAN), version=version(donor)) is Reason.KNOWN
        done(ways.remove_account, donor, typed, version=version(donor))
        assert [entry.iban for entry in record(donor).ibans] == [IBAN]


def test_a_term_does_not_end_before_it_begins():
    with pytest.raises(Refusal) as wrong:
        Term(date(2026, 3, 2), date(2026, 3, 1))
    assert wrong.value.reason is Reason.ENDS_BEFORE_IT_BEGINS
