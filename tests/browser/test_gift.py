"""The whole gift: front page, programme, form, checkout, thanks; and what stands in the house afterwards."""

from __future__ import annotations

import pytest

from fundraising.money import Euro
from tests.browser.donor import DESKTOP, PHONE

SCREENS = {"phone": PHONE, "desktop": DESKTOP}
GIFTS = {"herstelwerk": "1000.00", "achterblijvers": "1300.00"}


def give_whole(donor, code):
    donor.find_programme(code)
    donor.choose(GIFTS[code])
    donor.fill_in()
    donor.send()
    donor.at_checkout()
    donor.finish("paid")
    donor.heading("Thank you for your gift")


def assert_given(donor, code):
    """One gift, thanked, from one payment; and the donor was shown its reference."""
    [gift] = donor.site.gifts()
    programme = donor.site.programme(code, donor.language)
    assert (gift.programme_id, gift.received, gift.standing) == (
        programme.id,
        Euro.from_value(GIFTS[code]),
        Euro.from_value(GIFTS[code]),
    )
    assert gift.reference == donor.reference
    assert gift.thanked_at is not None
    [mail] = donor.site.mails()
    assert (mail.kind, mail.recipient) == ("thank_you", "a.vandersluis@example.nl")
    [payment] = donor.site.payments_at_mollie()
    assert (payment["status"], payment["amount"]["value"]) == ("paid", GIFTS[code])
    assert any("/betaling/" in path for path in donor.visited)
    assert donor.page.get_by_text(donor.say("Received"), exact=True).is_visible()
    assert donor.page.get_by_text(programme.name).first.is_visible()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("code", GIFTS)
def test_a_gift_is_given_and_thanked(visitor, code, screen):
    donor = visitor(**SCREENS[screen])

    give_whole(donor, code)

    assert_given(donor, code)


@pytest.mark.parametrize(("code", "screen"), [("herstelwerk", "phone"), ("achterblijvers", "desktop")])
def test_a_gift_is_given_without_scripts(visitor, code, screen):
    donor = visitor(java_script_enabled=False, **SCREENS[screen])

    give_whole(donor, code)

    assert_given(donor, code)


def test_a_gift_is_given_in_english(visitor):
    donor = visitor("en", **PHONE)

    give_whole(donor, "achterblijvers")

    assert_given(donor, "achterblijvers")
    assert all(path.startswith("/en") for path in donor.visited if not path.startswith("/checkout"))
    assert donor.page.locator("html").get_attribute("lang") == "en"


def test_a_church_gives_an_amount_of_its_own(donor):
    donor.go("/steun/herstelwerk?via=kerkbode-37")
    donor.other_amount("€ 2.345,67")
    donor.page.locator("#kind").select_option("church")
    donor.fill_in(organisation_name="Hervormde Gemeente De Ark")
    donor.add(phone="06 12345678", iban="NL61 INGB 0006 3914 16", message="Uit de collecte\nvan Hemelvaartsdag")
    donor.send()
    donor.at_checkout()
    donor.finish("paid")

    donor.heading("Thank you for your gift")
    [gift] = donor.site.gifts()
    assert gift.received == Euro.parse("2.345,67")


def test_a_link_from_a_church_magazine_brings_its_amount_along(donor):
    donor.go("/steun/herstelwerk?via=kerkbode&bedrag=75")

    assert donor.page.locator("[name=amount]:checked").get_attribute("value") == "other"
    assert donor.page.locator("#other_amount").input_value() == "75"
    assert donor.page.locator("[name=via]").get_attribute("value") == "kerkbode"


def test_the_newsletter_is_asked_for_twice(donor):
    donor.go("/steun/herstelwerk")
    assert not donor.page.locator("#newsletter").is_checked()
    donor.page.locator("#newsletter").check()
    donor.fill_in()
    donor.send()
    donor.at_checkout()
    donor.finish("paid")
    donor.heading("Thank you for your gift")

    donor.page.goto(donor.site.link_in_mail("newsletter_confirmation"))
    donor.button("Yes, send me the newsletter").click()

    donor.heading("Thank you, you will receive our newsletter")


def test_a_yearly_statement_by_post_is_asked_for_after_the_gift(donor):
    donor.give()
    donor.finish("paid")
    donor.page.locator("details:has(#street) summary").click()
    address = {"street": "Dorpsstraat", "house_number": "12 A", "postcode": "1234ab", "town": "Ons Dorp"}
    for name, answer in address.items():
        donor.page.locator(f"#{name}").fill(answer)
    donor.button("Send me the statement by post").click()

    thanks = donor.say("Thank you, we have noted your address for the yearly statement.")
    donor.page.get_by_text(thanks).wait_for()
    assert donor.page.get_by_text("Dorpsstraat").count() == 0
