"""Stopping a mailing: by its link, without signing in, by a person or by a mail program."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from fundraising.accounts.models import AuditEntry
from fundraising.contacts.models import Contact
from fundraising.contacts.public import unsubscribe_url
from fundraising.contacts.queries import consent_state
from fundraising.contacts.rules import ConsentState
from fundraising.contacts.rules.mailings import Purpose
from fundraising.contacts.services.consents import grant_consent
from fundraising.contacts.services.merging import merge, undo_merge
from fundraising.db import session, transaction
from fundraising.web.tokens import tokens_for
from tests.factories.contacts import person

NEWS = {"purpose": "newsletter", "channel": "email"}


@pytest.fixture
def reader(app_context) -> int:
    with transaction():
        number = person(email="anna@example.nl")
        grant_consent(number, **NEWS, source="token:1")
    return number


def link(contact_id, purpose=Purpose.NEWSLETTER, language="nl") -> str:
    return unsubscribe_url(contact_id, purpose, language=language)


def test_a_reader_stops_it_with_one_button(pages, reader):
    page = pages.get(link(reader))
    assert page.heading == "Wilt u dit niet meer ontvangen?"
    assert consent_state(reader, **NEWS) is ConsentState.GRANTED
    done = pages.submit(page.form())
    assert done.heading == "U ontvangt dit niet meer"
    assert "nieuwsbrief" in done.text
    assert consent_state(reader, **NEWS) is ConsentState.WITHDRAWN
    assert session().scalars(select(AuditEntry.action)).all() == ["consent.withdrawn"]


def test_a_mail_program_stops_it_with_one_request(client, reader):
    url = link(reader)
    for _ in range(2):
        answer = client.post(url, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert consent_state(reader, **NEWS) is ConsentState.WITHDRAWN


def test_it_works_again_after_agreeing_again(client, reader):
    url = link(reader)
    client.post(url)
    with transaction():
        assert grant_consent(reader, **NEWS, source="token:2")
    client.post(url)
    assert consent_state(reader, **NEWS) is ConsentState.WITHDRAWN


def test_it_works_for_who_was_merged_since(client, reader):
    url = link(reader)
    with transaction():
        other = person()
        session().execute(update(Contact).where(Contact.id == reader).values(merged_into_id=other))
    client.post(url)
    assert consent_state(other, **NEWS) is ConsentState.WITHDRAWN


def test_who_stopped_it_while_merged_by_mistake_has_stopped_it(client, reader):
    url = link(reader)
    with transaction():
        other = person()
        grant_consent(other, **NEWS, source="token:1")
        merge_id = merge(other, reader, chosen={}, versions=None)
    client.post(url)
    with transaction():
        undo_merge(merge_id)
    assert consent_state(reader, **NEWS) is ConsentState.WITHDRAWN
    assert consent_state(other, **NEWS) is ConsentState.GRANTED


def test_it_stops_what_it_says_and_nothing_else(client, reader):
    with transaction():
        grant_consent(reader, purpose="appeal", channel="email", source="token:1")
    client.post(link(reader))
    assert consent_state(reader, "appeal", "email") is ConsentState.GRANTED


def test_english_readers_read_english(pages, reader):
    assert pages.get(link(reader, language="en")).heading == "Would you like to stop receiving this?"


def test_whoever_was_erased_is_told_the_same(pages, app_context):
    page = pages.get(link(999))
    assert pages.submit(page.form()).heading == "U ontvangt dit niet meer"


@pytest.mark.parametrize("value", ["1:newsletter", "x:newsletter:email", "1:thanks:email", "1:newsletter:pigeon"])
def test_a_link_that_says_something_else_does_nothing(client, app_context, value):
    url = f"/afmelden/{tokens_for('unsubscribe').issue(value)}"
    assert client.get(url).status_code == 410
    assert client.post(url).status_code == 303


def test_a_forged_link_does_nothing(client, pages, reader):
    url = link(reader)[:-3] + "abc"
    assert pages.get(url, status=410).heading == "Deze link werkt niet meer"
    client.post(url)
    assert consent_state(reader, **NEWS) is ConsentState.GRANTED
