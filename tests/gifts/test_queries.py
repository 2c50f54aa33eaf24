"""Reading the ledger: lists that page, totals that add up, contacts that were merged."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from fundraising.clock import standing_still
from fundraising.contacts.models import Contact
from fundraising.contacts.queries import known_as
from fundraising.db import session, transaction
from fundraising.gifts import queries
from fundraising.gifts.queries import (
    GiftFilter,
    gift_by_id,
    gift_by_reference,
    gift_by_source,
    gift_page,
    gifts,
    tax_year_total,
    unthanked,
)
from fundraising.gifts.rules import Correction, Reason, Source, new_reference
from fundraising.gifts.services import acknowledge, correct
from fundraising.mailer import Message, enqueue
from fundraising.money import Euro
from tests.factories.contacts import person
from tests.factories.gifts import gift, refund
from tests.factories.programmes import programme

pytestmark = pytest.mark.usefixtures("app_context")


def listed(**wanted) -> list[int]:
    return [found.gift_id for found in gifts(GiftFilter(**wanted))]


def merge(contact_id: int, into: int) -> None:
    with transaction():
        session().execute(update(Contact).where(Contact.id == contact_id).values(merged_into_id=into))


def test_what_is_not_there_is_not_found():
    assert gift_by_source(Source("test", "x")) is None
    assert gift_by_reference(new_reference()) is None
    assert gift_by_id(1) is None
    assert listed() == []


def test_lists_are_filtered():
    with transaction():
        donor, other = person(), person()
        first = gift(contact_id=donor, amount=Euro.of(10), received_on=date(2026, 1, 1), method="ideal")
        second = gift(contact_id=other, amount=Euro.of(20), received_on=date(2026, 2, 1), method="creditcard")
        third = gift(contact_id=None, programme_id=programme("achterblijvers"), received_on=date(2026, 3, 1))
    one, two, three = (each.gift_id for each in (first, second, third))
    assert listed() == [three, two, one]
    assert listed(contact_ids=(donor,)) == [one]
    assert listed(programme_id=programme()) == [two, one]
    assert listed(received_from=date(2026, 2, 1)) == [three, two]
    assert listed(received_until=date(2026, 2, 1)) == [two, one]
    assert listed(method="creditcard") == [two]
    assert listed(amount=Euro.of(10)) == [one]
    assert listed(reference=second.reference) == [two]
    assert listed(contact_ids=(donor,), method="creditcard") == []


def test_a_list_shows_each_gift_once_as_it_stands_now():
    with transaction():
        recorded = gift(amount=Euro.of(100), source=Source("test", "a"))
        refund(Source("test", "a"), Euro.of(30))
        fix = {"gift_id": recorded.gift_id, "recorded_by": "test"}
        correct(Correction(reason=Reason.WRONG_METHOD, method="cash", **fix))
    [found] = gifts(GiftFilter())
    assert (found.method, found.received, found.standing) == ("cash", Euro.of(100), Euro.of(70))
    assert listed(method="ideal") == []
    assert gift_by_source(Source("test", "a")) == found


def test_pages_follow_each_other_without_gap_or_overlap(monkeypatch):
    with transaction():
        donor = person()
        ids = [gift(contact_id=donor, received_on=date(2026, 1, 1 + number % 3)).gift_id for number in range(11)]
    whole = [found.gift_id for found in gift_page(GiftFilter())]
    assert sorted(whole) == sorted(ids)
    monkeypatch.setattr(queries, "_PAGE", 4)
    assert listed() == whole
    page = gift_page(GiftFilter(), limit=4)
    after = gift_page(GiftFilter(), after=page[-1].key, limit=4)
    assert [found.gift_id for found in (*page, *after)] == whole[:8]


def test_a_page_costs_as_many_queries_however_long_it_is(queries):
    counts = []
    for _ in range(2):
        with transaction():
            for _ in range(5):
                gift()
        with queries() as asked:
            page = gift_page(GiftFilter())
        counts.append((len(page), len(asked)))
        session().rollback()
    (few, queries_for_few), (many, queries_for_many) = counts
    assert (few, many) == (5, 10)
    assert queries_for_few == queries_for_many <= 3


def test_totals_are_read_through_a_merge():
    with transaction():
        first, second, last = person(), person(), person()
        for donor in (first, second, last):
            gift(contact_id=donor, amount=Euro.of(10))
    merge(first, into=second)
    merge(second, into=last)
    assert {tax_year_total(donor, 2026) for donor in (first, second, last)} == {Euro.of(30)}
    assert len(listed(contact_ids=tuple(known_as(first)))) == 3
    assert {found.contact_id for found in gifts(GiftFilter())} == {last}


def test_a_contacts_total_of_a_tax_year_is_what_was_received_in_it_less_what_went_back():
    with transaction():
        donor = person()
        gift(contact_id=donor, amount=Euro.of(10), received_on=date(2026, 1, 1))
        gift(contact_id=donor, amount=Euro.of(20), received_on=date(2026, 11, 1), source=Source("test", "b"))
        gift(contact_id=donor, amount=Euro.of(40), received_on=date(2025, 12, 31))
        with standing_still(datetime(2027, 3, 1, tzinfo=UTC)):
            refund(Source("test", "b"), Euro.of(15), occurred_on=date(2027, 2, 1))
    assert tax_year_total(donor, 2026) == Euro.of(15)
    assert tax_year_total(donor, 2024) == Euro(0)


def test_a_gift_is_thanked_once_for_each_kind_of_thanks():
    with transaction():
        thanked, other = gift(source=Source("psp", "a")), gift(source=Source("psp", "b"))
        mail_id = enqueue(Message("thanks", "j@example.nl", "Dank", "Dank", "<p>Dank</p>"))
        assert acknowledge(thanked.gift_id, kind="mail", mail_id=mail_id)
        assert not acknowledge(thanked.gift_id, kind="mail", mail_id=mail_id)
    assert gift_by_id(thanked.gift_id).thanked_at is not None
    assert gift_by_id(other.gift_id).thanked_at is None
    assert unthanked("psp", most=10) == [other.reference]
    assert unthanked("mollie", most=10) == []
