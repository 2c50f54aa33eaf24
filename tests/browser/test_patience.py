"""What takes real seconds: a page that updates itself, a form that was sent faster than anybody types."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fundraising import clock


@pytest.fixture
def hurry():
    """Here time runs as it does for donors."""


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_pending_payment_shows_itself_paid(visitor, script):
    donor = visitor(java_script_enabled=script)
    donor.go(f"/bedankt/{donor.site.promise(status='pending')}")
    donor.heading("Thank you, your payment is on its way")
    donor.site.bank_decides("paid")

    donor.heading("Thank you for your gift")
    assert len(donor.site.gifts()) == 1


def test_a_form_sent_at_once_is_asked_for_again_and_keeps_what_was_filled_in(donor):
    opened = clock.now()
    with clock.standing_still(opened):
        donor.go("/steun/herstelwerk")
        donor.fill_in()
        donor.page.locator("#newsletter").check()
        donor.send()
        fast = donor.say("That went very fast. Please check what is filled in and send it again.")
        donor.page.get_by_text(fast).wait_for()
    assert donor.page.locator("#surname").input_value() == "Sluis"
    assert donor.page.locator("#newsletter").is_checked()
    assert donor.site.payments() == []

    with clock.standing_still(opened + timedelta(seconds=5)):
        donor.send()
        donor.at_checkout()
