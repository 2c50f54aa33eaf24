"""What a donor is told of a gift that went back, wholly or in part."""

from __future__ import annotations

import pytest

from fundraising.giving import queries
from fundraising.giving.jobs import sync_payment
from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.lifecycle import RefundOrder
from tests.giving.giving_form import Visitor

pytestmark = pytest.mark.sqlite_only


class Returning:
    """A donor's gift of € 500, with what happens to it at Mollie, and what the page then says."""

    def __init__(self, house) -> None:
        self.house = house
        self.world = house.mollie.world
        self.visitor = Visitor(house.app)
        self.reference = self.visitor.give()
        self.payment_id = queries.donation_status(self.reference).provider_id

    def pay(self) -> None:
        lifecycle.reach(self.world, self.payment_id, "paid")
        self.look()

    def refund(self, euros: int, status: str = "refunded") -> str:
        refund = lifecycle.refund(self.world, self.payment_id, RefundOrder(cents=100 * euros))
        lifecycle.move_refund(self.world, refund.id, status)
        self.look()
        return refund.id

    def charge_back(self, euros: int) -> str:
        found = lifecycle.charge_back(self.world, self.payment_id, cents=100 * euros)
        self.look()
        return found.id

    def look(self) -> None:
        sync_payment(self.house.door, self.payment_id)

    def page(self, language: str = "/en"):
        return self.visitor.pages.get(f"{language}/bedankt/{self.reference}")

    def outcome(self) -> str:
        return self.page().by_id("outcome").get("data-outcome")


@pytest.fixture
def gift(house) -> Returning:
    given = Returning(house)
    given.pay()
    return given


@pytest.mark.parametrize("way", ["refund", "charge_back"])
def test_what_went_back_whole_is_no_longer_called_received(gift, way):
    assert gift.outcome() == "received"
    getattr(gift, way)(500)
    page = gift.page()
    assert page.heading == "Your gift was returned"
    assert gift.outcome() == "returned"
    assert "Your gift of €500 to HerstelWerk has been returned in full." in page.text
    assert "What happens next" not in page.text
    assert page.all("input", name="street") == []
    assert page.all("form") == []
    for personal in ("Sluis", "a.sluis", "example.nl"):
        assert personal not in page.response.text


@pytest.mark.parametrize("way", ["refund", "charge_back"])
def test_of_what_went_back_in_part_the_page_tells_what_stands(gift, way):
    getattr(gift, way)(120)
    page = gift.page()
    assert page.heading == "Part of your gift was returned"
    assert gift.outcome() == "partly_returned"
    assert "Of your gift to HerstelWerk, €120 has been returned." in page.text
    assert {"€500", "€120", "€380"} <= {"".join(each.itertext()).strip() for each in page.all("dd")}
    assert "Sluis" not in page.response.text


def test_the_dutch_page_says_it_too(gift):
    gift.refund(120)
    text = gift.page("").text
    assert "€ 120" in text
    assert "€ 380" in text


def test_refund_and_chargeback_add_up(gift):
    gift.refund(200)
    gift.charge_back(300)
    assert gift.outcome() == "returned"


def test_what_came_back_after_all_is_received(gift):
    lifecycle.reverse_chargeback(gift.world, gift.charge_back(500), silently=True)
    gift.look()
    assert gift.outcome() == "received"
    gift.refund(500, "failed")
    assert gift.outcome() == "received"


def test_a_refund_that_has_not_left_is_no_news_to_the_donor(gift):
    refund = lifecycle.refund(gift.world, gift.payment_id, RefundOrder(status="queued"))
    gift.look()
    assert gift.outcome() == "received"
    lifecycle.move_refund(gift.world, refund.id, "canceled")
    gift.look()
    assert gift.outcome() == "received"


def test_the_transfer_page_of_a_returned_gift_leads_to_the_truth(gift):
    gift.refund(500)
    page = gift.visitor.pages.get(f"/en/bank/{gift.reference}", follow=True)
    assert page.heading == "Your gift was returned"


class TestPaidTwice:
    @pytest.fixture
    def twice(self, house) -> Returning:
        """The first payment was taken for expired and tried again; then both were paid."""
        given = Returning(house)
        first = given.payment_id
        lifecycle.reach(given.world, first, "expired")
        given.visitor.pages.submit(given.page().form("/opnieuw"))
        given.payment_id = queries.donation_status(given.reference).provider_id
        assert given.payment_id != first
        given.pay()
        lifecycle.reach(given.world, first, "paid")
        sync_payment(house.door, first)
        return given

    def test_it_says_so(self, twice):
        assert twice.outcome() == "received"
        assert "twee keer" in twice.page("").text
        assert "paid twice" in twice.page().text

    def test_once_one_is_returned_the_other_stands(self, twice):
        twice.refund(500)
        assert twice.outcome() == "received"
        assert "The extra payment has been returned." in twice.page().text

    def test_once_both_are_returned_nothing_stands(self, twice):
        for payment in queries.payments():
            twice.payment_id = payment.provider_id
            twice.refund(500)
        assert twice.outcome() == "returned"
        assert "€1,000 " not in twice.page().text
