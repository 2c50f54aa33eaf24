"""A payment that does not succeed at once: what the donor is told, and the way on."""

from __future__ import annotations

import pytest

from tests.browser.donor import PHONE

HEADINGS = {
    "failed": "The payment did not succeed",
    "canceled": "The payment was cancelled",
    "expired": "The time to pay has run out",
}


@pytest.mark.parametrize(
    ("status", "script"),
    [("failed", True), ("failed", False), ("canceled", True), ("expired", True)],
)
def test_a_gift_succeeds_the_second_time(visitor, status, script):
    donor = visitor(java_script_enabled=script, **PHONE)
    donor.give()
    donor.finish(status)
    donor.heading(HEADINGS[status])
    reference = donor.reference
    assert donor.site.gifts() == []
    assert donor.site.mails() == []

    donor.button("Try again").click()
    donor.at_checkout()
    donor.finish("paid")

    donor.heading("Thank you for your gift")
    assert donor.reference == reference
    [gift] = donor.site.gifts()
    assert gift.reference == reference
    assert [payment["status"] for payment in donor.site.payments_at_mollie()] == ["paid", status]
    assert [mail.kind for mail in donor.site.mails()] == ["thank_you"]


def test_who_walks_away_from_the_checkout_goes_on_with_the_same_payment(donor):
    donor.give()
    donor.go(f"/bedankt/{donor.site.payments()[0].reference}")
    donor.heading("We are waiting for your payment")

    donor.button("Continue to payment").click()
    donor.at_checkout()
    donor.finish("paid")

    donor.heading("Thank you for your gift")
    assert len(donor.site.payments_at_mollie()) == 1


def test_trying_again_in_two_tabs_makes_one_payment(donor):
    reference = donor.site.promise(status="failed")
    second = donor.page.context.new_page()
    for page in (donor.page, second):
        page.goto(f"{donor.site.url}/bedankt/{reference}")

    for page in (donor.page, second):
        page.get_by_role("button", name=donor.say("Try again")).click()
        page.wait_for_url("**/checkout/*")

    assert donor.page.url == second.url
    assert len(donor.site.payments_at_mollie()) == 2


def test_a_tab_left_open_on_a_failure_cannot_pay_again_what_was_paid(donor):
    reference = donor.site.promise(status="failed")
    donor.go(f"/bedankt/{reference}")
    donor.heading("The payment did not succeed")
    donor.site.bank_decides("paid")

    donor.button("Try again").click()

    donor.heading("Thank you for your gift")
    assert len(donor.site.payments_at_mollie()) == 1


def test_where_mollie_is_away_the_gift_is_kept_and_tried_again(donor):
    donor.go("/steun/herstelwerk")
    donor.fill_in()
    donor.site.mollie_fails(times=20)
    donor.send()
    donor.heading("The payment has not begun yet")
    donor.site.mollie_answers()

    donor.button("Try again").click()
    donor.at_checkout()
    donor.finish("paid")

    donor.heading("Thank you for your gift")
    assert len(donor.site.gifts()) == 1


def test_who_gives_up_on_paying_online_may_transfer(donor):
    reference = donor.site.promise(status="failed")
    donor.go(f"/bedankt/{reference}")

    donor.page.get_by_role("link", name=donor.say("I will transfer it myself")).click()

    donor.at(f"/bank/{reference}")
    donor.heading("Transfer your gift")
