"""A gift without a mouse and without a finger."""

from __future__ import annotations

import pytest

from tests.browser.keyboard import Keyboard


@pytest.fixture
def keyboard(donor):
    return Keyboard(donor.page)


@pytest.mark.parametrize("code", ["herstelwerk", "achterblijvers"])
def test_a_gift_is_given_by_keyboard_alone(donor, keyboard, code):
    donor.go("/")
    keyboard.tab_to(f"a.button[href$='/steun/{code}']")
    keyboard.press("Enter")
    donor.at(f"/steun/{code}")

    keyboard.tab_to("[name=amount]")
    keyboard.press("ArrowDown")
    second = donor.page.locator("[name=amount]").nth(1).get_attribute("value")
    assert keyboard.is_at(f"[name=amount][value='{second}']:checked")
    keyboard.tab_to("#salutation")
    keyboard.press("ArrowDown")
    keyboard.fill("#given_name", "A.")
    keyboard.fill("#name_prefix", "van der")
    keyboard.fill("#surname", "Sluis")
    keyboard.fill("#email", "a.vandersluis@example.nl")
    keyboard.tab_to("#newsletter")
    keyboard.press("Space")
    keyboard.tab_to("summary")
    keyboard.press("Enter")
    keyboard.fill("#message", "Sterkte!")
    keyboard.tab_to("[name=method]")
    keyboard.press("ArrowDown", "ArrowUp")
    keyboard.tab_to("#give")
    keyboard.press("Enter")

    donor.at_checkout()
    keyboard.tab_to("button[value=paid]")
    keyboard.press("Enter")
    donor.at("/bedankt/")
    donor.heading("Thank you for your gift")
    [gift] = donor.site.gifts()
    assert gift.received.value == second


def test_another_amount_is_reached_by_arrow_and_typed(donor, keyboard):
    donor.go("/steun/herstelwerk")
    keyboard.tab_to("[name=amount]")
    keyboard.press("ArrowUp")
    # Whoever is only passing by goes on.
    keyboard.press("ArrowUp")
    assert keyboard.is_at("[name=amount][value='2000.00']:checked")
    keyboard.press("ArrowDown")
    assert keyboard.is_at("[name=amount][value=other]:checked")
    keyboard.tab_to("#other_amount", most=1)
    keyboard.type("75")

    assert donor.page.locator("#other_amount").input_value() == "75"


def test_the_first_tab_offers_to_skip_to_the_content(donor, keyboard):
    for path in ("/", "/steun/herstelwerk", "/privacy", "/bestaat-niet"):
        donor.go(path)
        keyboard.tab()

        assert keyboard.is_at(".skip"), path
        box = donor.page.locator(".skip").bounding_box()
        assert min(box["width"], box["height"]) > 20
        keyboard.press("Enter")
        assert keyboard.is_at("main")
        keyboard.tab()
        assert donor.page.evaluate("document.activeElement.closest('main') !== null")


def test_whoever_cannot_pay_tries_again_by_keyboard(donor, keyboard):
    reference = donor.site.promise(status="failed")
    donor.go(f"/bedankt/{reference}")

    keyboard.tab_to("main button[type=submit]")
    keyboard.press("Enter")
    donor.at_checkout()
