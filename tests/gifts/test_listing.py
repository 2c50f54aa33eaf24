"""Lists of gifts: the quick way finds and adds up what looking at every gift would."""

import random
from datetime import date
from itertools import product

import pytest

from fundraising.db import transaction
from fundraising.gifts.queries import GiftFilter, entries, gifts, listing
from fundraising.gifts.queries.listing import (
    ListFilter,
    ListTotals,
    Order,
    Slice,
    WentBack,
    list_totals,
    listed_gifts,
    methods_in_use,
)
from fundraising.gifts.rules import Correction, EntryKind, Reason, Source, went_back
from fundraising.gifts.services import acknowledge, correct
from fundraising.mailer import Message, enqueue
from fundraising.money import Euro
from tests.factories.contacts import person
from tests.factories.gifts import gift, refund
from tests.factories.programmes import programme

pytestmark = pytest.mark.usefixtures("app_context")
ALL = Slice(Order.DATE, descending=True, skipped=0, most=1000)


@pytest.fixture
def forty():
    """Forty gifts of all sorts: refunded, charged back, corrected in each way, thanked, of nobody known."""
    chance = random.Random(4)
    with transaction():
        contacts = [person(surname=f"Vries{number}") for number in range(4)]
        programmes = [programme("herstelwerk"), programme("achterblijvers")]
        for number in range(40):
            source = Source("test", f"listed-{number}")
            made = gift(
                amount=Euro.of(chance.choice((10, 25, 50, 1000))),
                contact_id=chance.choice([*contacts, None]),
                programme_id=chance.choice(programmes),
                method=chance.choice(("ideal", "transfer", "cash")),
                received_on=date(chance.choice((2024, 2025, 2026)), chance.randint(1, 9), chance.randint(1, 28)),
                source=source,
            )
            _happen(number, made.gift_id, source, contacts, programmes)
        return contacts, programmes


def _happen(number, gift_id, source, contacts, programmes):
    if number % 4 == 1:
        went = refund(source, Euro.of(5), occurred_on=date(2026, 10, 1))
        if number % 8 == 1:
            refund(went, Euro.of(5), kind=EntryKind.REFUND_FAILED, occurred_on=date(2026, 10, 2))
    if number % 5 == 2:
        refund(source, Euro.of(10), kind=EntryKind.CHARGED_BACK, occurred_on=date(2026, 10, 1))
    changes = {
        1: (Reason.WRONG_AMOUNT, {"amount": Euro.of(44)}),
        2: (Reason.WRONG_DATE, {"received_on": date(2026, 3, 3)}),
        3: (Reason.WRONG_METHOD, {"method": "collection"}),
    }
    if number % 6 in changes:
        reason, what = changes[number % 6]
        correct(Correction(gift_id=gift_id, reason=reason, recorded_by="test", **what))
    if number % 3 == 0:
        mail = enqueue(Message(kind="thank_you", recipient="a@example.nl", subject="Dank", text="Dank"))
        acknowledge(gift_id, kind="thank_you", mail_id=mail)


def filters(contacts, programmes):
    some = [
        {"programme_id": [None, programmes[0]]},
        {"method": [None, "cash", "collection", "never"]},
        {"received_from": [None, date(2025, 1, 1)], "received_until": [None, date(2026, 3, 31)]},
        {"at_least": [None, Euro.of(25)], "at_most": [None, Euro.of(44)]},
        {"has_contact": [None, True, False], "contact_ids": [None, (contacts[0],)]},
        {"thanked": [None, True, False]},
        {"went_back": [None, *WentBack]},
    ]
    for first, second in product(some, some):
        choices = first | second
        for values in product(*choices.values()):
            yield ListFilter(**dict(zip(choices, values, strict=True)))


def _taken(gift_id):
    """In which ways something of a gift went back."""
    booked = entries(gift_id)
    return {way for way in WentBack if went_back(EntryKind(way), booked)}


def fits(each, wanted, taken):
    asked = (
        (wanted.programme_id, each.programme_id == wanted.programme_id),
        (wanted.method, each.method == wanted.method),
        (wanted.received_from, wanted.received_from and each.received_on >= wanted.received_from),
        (wanted.received_until, wanted.received_until and each.received_on <= wanted.received_until),
        (wanted.at_least, wanted.at_least and each.received >= wanted.at_least),
        (wanted.at_most, wanted.at_most and each.received <= wanted.at_most),
        (wanted.contact_ids, each.contact_id in (wanted.contact_ids or ())),
        (wanted.has_contact, (each.contact_id is not None) == wanted.has_contact),
        (wanted.thanked, (each.thanked_at is not None) == wanted.thanked),
        (wanted.went_back, wanted.went_back in taken),
    )
    return all(holds for value, holds in asked if value is not None)


@pytest.mark.parametrize("few", [3, 2000], ids=["by the order's index", "by the filter's index"])
def test_any_filter_finds_and_adds_up_what_looking_at_each_gift_would(forty, database, few, monkeypatch):
    monkeypatch.setattr(listing, "FEW", few)
    every = [(each, _taken(each.gift_id)) for each in gifts(GiftFilter())]
    # Each filter on both databases and in both ways, but not in each way on each database: that takes long.
    half = (few == 3) == (database == "sqlite")
    for wanted in sorted(set(filters(*forty)), key=repr)[half::2]:
        fitting = [each for each, taken in every if fits(each, wanted, taken)]
        assert [each.gift_id for each in listed_gifts(wanted, ALL)] == [each.gift_id for each in fitting], wanted
        expected = ListTotals(
            len(fitting), Euro.sum(each.received for each in fitting), Euro.sum(each.standing for each in fitting)
        )
        assert list_totals(wanted, at_any_cost=True) == expected, wanted
        assert list_totals(wanted) in {expected, None}, wanted


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize(
    ("order", "key"),
    [
        (Order.DATE, lambda each: (each.received_on, each.gift_id)),
        (Order.AMOUNT, lambda each: (each.received, each.gift_id)),
        (Order.RECORDED, lambda each: each.gift_id),
    ],
)
def test_each_order_goes_on_where_the_last_page_ended(forty, order, key, descending):
    pages = [listed_gifts(ListFilter(), Slice(order, descending, skipped, 7)) for skipped in range(0, 49, 7)]
    found = [each for page in pages for each in page]
    assert found == sorted(found, key=key, reverse=descending)
    assert len(found) == 40


def test_the_methods_in_use(forty):
    assert methods_in_use() == ["cash", "collection", "ideal", "transfer"]


def test_a_longer_list_takes_no_more_queries(forty, queries):
    with queries() as few:
        listed_gifts(ListFilter(), Slice(Order.DATE, descending=True, skipped=0, most=10))
    with queries() as many:
        listed_gifts(ListFilter(), ALL)
    assert 0 < len(many) <= len(few)


def test_many_gifts_are_added_up_only_when_somebody_asks(forty, monkeypatch):
    monkeypatch.setattr(listing, "_MOST_ENTRIES", 10)
    monkeypatch.setattr(listing, "FEW", 10)
    assert list_totals(ListFilter()) is None
    assert list_totals(ListFilter(thanked=True)) is None
    assert list_totals(ListFilter(), at_any_cost=True).count == 40
