"""Who may be sent what: the rule in all its cases, and the query over many contacts at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event, update

from fundraising.clock import now, today
from fundraising.contacts.models import Contact, ContactPhone
from fundraising.contacts.queries import consent_state
from fundraising.contacts.queries.reaching import hindrances, may_receive, why_not
from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import Address, ConsentState, ContactKind, UnknownContact
from fundraising.contacts.rules.details import AddressEntry, How, Saying
from fundraising.contacts.rules.mailings import ASKED, SERVICE, Hindrance, Purpose, Reachability, hindrance
from fundraising.contacts.rules.organisations import AddressKind, Channel
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.services.consents import grant_consent, unsubscribe, withdraw_consent, write_down_saying
from fundraising.contacts.services.ways import add_address, mark_undeliverable
from fundraising.db import db, session, transaction
from tests.contacts.verbs import done
from tests.factories.contacts import organisation, person

AGREED = Reachability(
    kind=ContactKind.PERSON, deceased_on=None, do_not_contact=False, said=ConsentState.GRANTED, ways=1, working=1
)
SILENT = replace(AGREED, said=None)
NEWS = (Purpose.NEWSLETTER, Channel.EMAIL)


class TestRule:
    @pytest.mark.parametrize("channel", Channel)
    @pytest.mark.parametrize("purpose", Purpose)
    def test_whoever_agreed_may_be_sent_anything_unless_something_stands_in_the_way(self, purpose, channel):
        assert hindrance(AGREED, purpose, channel) is None
        assert hindrance(replace(AGREED, deceased_on=date(2026, 1, 1)), purpose, channel) is Hindrance.DECEASED
        assert hindrance(replace(AGREED, ways=0, working=0), purpose, channel) is Hindrance.NO_ADDRESS
        assert hindrance(replace(AGREED, ways=2, working=0), purpose, channel) is Hindrance.UNDELIVERABLE

    @pytest.mark.parametrize("channel", Channel)
    @pytest.mark.parametrize("purpose", ASKED)
    def test_whoever_wants_nothing_gets_nothing_unasked(self, purpose, channel):
        assert hindrance(replace(AGREED, do_not_contact=True), purpose, channel) is Hindrance.DO_NOT_CONTACT
        withdrawn = replace(AGREED, said=ConsentState.WITHDRAWN)
        assert hindrance(withdrawn, purpose, channel) is Hindrance.WITHDRAWN

    @pytest.mark.parametrize("channel", Channel)
    @pytest.mark.parametrize("purpose", sorted(SERVICE))
    def test_what_a_gift_asks_for_needs_no_consent(self, purpose, channel):
        unwilling = replace(AGREED, do_not_contact=True, said=ConsentState.WITHDRAWN)
        assert hindrance(unwilling, purpose, channel) is None

    @pytest.mark.parametrize(
        ("kind", "channel", "needed"),
        [
            (ContactKind.PERSON, Channel.EMAIL, True),
            (ContactKind.PERSON, Channel.PHONE, True),
            (ContactKind.PERSON, Channel.POST, False),
            (ContactKind.ORGANISATION, Channel.EMAIL, True),
            (ContactKind.ORGANISATION, Channel.PHONE, False),
            (ContactKind.ORGANISATION, Channel.POST, False),
        ],
    )
    @pytest.mark.parametrize("said", [None, ConsentState.REQUESTED])
    def test_who_said_nothing_yet_is_mailed_or_called_only_where_the_law_lets_us(self, kind, channel, needed, said):
        silent = replace(SILENT, kind=kind, said=said)
        assert hindrance(silent, Purpose.APPEAL, channel) is (Hindrance.NO_CONSENT if needed else None)


@pytest.mark.usefixtures("app_context")
class TestQuery:
    @pytest.fixture
    def anna(self, app_context) -> int:
        return done(person, email="anna@example.nl")

    def test_obeys_what_was_said_last(self, anna):
        assert why_not(anna, *NEWS) is Hindrance.NO_CONSENT
        done(grant_consent, anna, purpose="newsletter", channel="email", source="token:1")
        assert may_receive(anna, *NEWS)
        assert not may_receive(anna, Purpose.APPEAL, Channel.EMAIL)
        done(withdraw_consent, anna, purpose="newsletter", channel="email", source="mail:1")
        assert why_not(anna, *NEWS) is Hindrance.WITHDRAWN

    def test_what_a_merged_contact_said_counts_for_the_one_that_stands(self, anna):
        done(grant_consent, anna, purpose="newsletter", channel="email", source="token:1")
        with transaction():
            other = person()
            session().execute(update(Contact).where(Contact.id == anna).values(merged_into_id=other))
        assert hindrances([anna, other], *NEWS) == {anna: None, other: None}
        done(unsubscribe, anna, purpose="newsletter", channel="email")
        assert hindrances([anna, other], *NEWS) == {anna: Hindrance.WITHDRAWN, other: Hindrance.WITHDRAWN}

    def test_mail_that_comes_back_and_addresses_that_ended_are_no_ways(self, anna):
        assert may_receive(anna, Purpose.THANKS, Channel.EMAIL)
        done(mark_undeliverable, anna, record(anna).emails[0].row_id, "550")
        assert why_not(anna, Purpose.THANKS, Channel.EMAIL) is Hindrance.UNDELIVERABLE
        address = Address("Dorpsstraat", "1", "1234 AB", "Ede")
        done(add_address, anna, AddressEntry(address, AddressKind.VISITING))
        assert why_not(anna, Purpose.APPEAL, Channel.POST) is Hindrance.NO_ADDRESS
        done(add_address, anna, AddressEntry(address))
        assert may_receive(anna, Purpose.APPEAL, Channel.POST)
        assert why_not(anna, Purpose.THANKS, Channel.PHONE) is Hindrance.NO_ADDRESS
        with transaction():
            session().add(ContactPhone(contact_id=anna, number="+31612345678", created_at=now()))
        assert may_receive(anna, Purpose.THANKS, Channel.PHONE)

    def test_who_is_not_there_is_not_answered_for(self, anna):
        assert hindrances([anna, 999], *NEWS).keys() == {anna}
        assert hindrances([], *NEWS) == {}
        with pytest.raises(UnknownContact):
            may_receive(999, *NEWS)

    def test_a_thousand_take_no_more_queries_than_one(self, anna):
        with transaction():
            many = [person(email=f"p{number}@example.nl") for number in range(20)]
            many.append(organisation())
        statements: list[str] = []

        def count(*args):
            statements.append(args[2])

        event.listen(db.engine, "before_cursor_execute", count)
        try:
            hindrances([anna], *NEWS)
            statements.clear()  # the first of a transaction begins it
            hindrances([anna], *NEWS)
            one, statements[:] = len(statements), []
            assert len(hindrances([anna, *many], *NEWS)) == 22
            assert len(statements) == one
        finally:
            event.remove(db.engine, "before_cursor_execute", count)


@pytest.mark.usefixtures("app_context")
class TestSaying:
    SAYING = Saying(
        purpose=Purpose.NEWSLETTER, channel=Channel.EMAIL, agrees=True, how=How.PAPER, said_on=date(2026, 1, 2)
    )

    def test_what_is_told_to_staff_is_kept_with_its_date_and_source(self):
        anna = done(person, email="anna@example.nl")
        done(write_down_saying, anna, self.SAYING)
        (kept,) = record(anna).standing_consents
        assert (kept.state, kept.source, kept.said_on) == (ConsentState.GRANTED, "paper:1", date(2026, 1, 2))
        done(write_down_saying, anna, replace(self.SAYING, agrees=False))
        done(write_down_saying, anna, self.SAYING)
        assert [each.state for each in record(anna).consents] == ["granted", "withdrawn", "granted"]
        assert len(record(anna).standing_consents) == 1

    def test_what_is_written_down_late_does_not_undo_what_was_said_since(self):
        anna = done(person, email="anna@example.nl")
        done(grant_consent, anna, purpose="newsletter", channel="email", source="token:1")
        done(unsubscribe, anna, purpose="newsletter", channel="email")
        done(write_down_saying, anna, replace(self.SAYING, said_on=today() - timedelta(days=9)))
        assert why_not(anna, *NEWS) is Hindrance.WITHDRAWN
        assert consent_state(anna, "newsletter", "email") is ConsentState.WITHDRAWN
        assert [each.state for each in record(anna).standing_consents] == ["withdrawn"]
        done(write_down_saying, anna, replace(self.SAYING, said_on=today()))
        assert may_receive(anna, *NEWS)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({}, Reason.SAID_BEFORE),
            ({"said_on": date(2226, 1, 2), "agrees": False}, Reason.IN_THE_FUTURE),
            ({"said_on": date(1826, 1, 2), "agrees": False}, Reason.UNLIKELY_DATE),
        ],
    )
    def test_what_cannot_be_is_refused(self, change, reason):
        anna = done(person)
        done(write_down_saying, anna, self.SAYING)
        with pytest.raises(Refusal) as wrong:
            done(write_down_saying, anna, replace(self.SAYING, **change))
        assert wrong.value.reason is reason
