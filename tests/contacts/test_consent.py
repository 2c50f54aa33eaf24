"""What a contact told us afterwards: consent with its history, and where post goes."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from fundraising.contacts.models import Consent, Contact, PostalAddress
from fundraising.contacts.queries import consent_state, contact
from fundraising.contacts.rules import Address, ConsentState, UnknownContact, consent_may_follow
from fundraising.contacts.services.consents import grant_consent, request_consent, withdraw_consent
from fundraising.contacts.services.ways import set_postal_address
from fundraising.db import session, transaction
from tests.factories.contacts import person

NEWSLETTER = {"purpose": "newsletter", "channel": "email"}


@pytest.fixture
def donor(app_context) -> int:
    with transaction():
        return person()


def say(verb, contact_id, source) -> bool:
    with transaction():
        return verb(contact_id, **NEWSLETTER, source=source)


def state(contact_id: int) -> ConsentState | None:
    return consent_state(contact_id, **NEWSLETTER)


def test_consent_is_asked_given_and_withdrawn_and_its_history_stays(donor):
    assert state(donor) is None
    assert say(request_consent, donor, "donation:1")
    assert state(donor) is ConsentState.REQUESTED
    assert say(grant_consent, donor, "token:1")
    assert state(donor) is ConsentState.GRANTED
    assert say(withdraw_consent, donor, "mail:1")
    assert state(donor) is ConsentState.WITHDRAWN
    assert session().scalar(select(func.count()).select_from(Consent)) == 3


def test_the_same_thing_from_the_same_source_counts_once(donor):
    assert say(request_consent, donor, "donation:1")
    assert not say(request_consent, donor, "donation:1")
    assert say(request_consent, donor, "donation:2")
    assert say(grant_consent, donor, "token:1")
    assert not say(grant_consent, donor, "token:1")


def test_asking_again_does_not_undo_what_was_granted(donor):
    say(grant_consent, donor, "token:1")
    assert not say(request_consent, donor, "donation:2")
    assert state(donor) is ConsentState.GRANTED


def test_an_old_link_does_not_undo_a_withdrawal(donor):
    say(grant_consent, donor, "token:1")
    say(withdraw_consent, donor, "mail:1")
    assert not say(grant_consent, donor, "token:1")
    assert state(donor) is ConsentState.WITHDRAWN
    assert say(grant_consent, donor, "token:2")
    assert state(donor) is ConsentState.GRANTED


def test_purposes_and_channels_stand_apart(donor):
    say(grant_consent, donor, "token:1")
    assert consent_state(donor, "newsletter", "post") is None
    assert consent_state(donor, "impact", "email") is None


def test_consent_is_read_and_given_through_a_merge(donor):
    say(grant_consent, donor, "token:1")
    with transaction():
        other = person()
        session().execute(update(Contact).where(Contact.id == donor).values(merged_into_id=other))
    assert state(other) is ConsentState.GRANTED
    assert say(withdraw_consent, donor, "mail:1")
    assert state(other) is ConsentState.WITHDRAWN


def test_who_is_not_there_says_nothing(app_context):
    with pytest.raises(UnknownContact):
        say(grant_consent, 999, "token:1")


def test_every_state_has_its_followers():
    for before in [None, *ConsentState]:
        for said in ConsentState:
            assert consent_may_follow(before, said) is not (
                (before is ConsentState.GRANTED and said is not ConsentState.WITHDRAWN)
                or (before is said is ConsentState.WITHDRAWN)
            )


def test_the_newest_address_counts_and_the_older_stay(donor):
    old = Address("Dorpsstraat", "1", "1234ab", "Ede")
    new = Address("Kerkstraat", "2", "2345 BC", "Urk")
    for address, added in ((old, True), (old, False), (new, True)):
        with transaction():
            assert set_postal_address(donor, address) is added
    assert contact(donor).address == new
    assert session().scalar(select(func.count()).select_from(PostalAddress)) == 2
