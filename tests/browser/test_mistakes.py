"""What donors do wrong, or twice, and how the form helps them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

WRONG_IBAN = "NL61 INGB 0006 3914 17"


def problems(donor):
    """The sentences of the summary, each with the field that it leads to."""
    links = donor.page.locator("#errors a")
    return {link.get_attribute("href").removeprefix("#"): link.inner_text() for link in links.all()}


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_every_mistake_stands_in_the_summary_and_at_its_field(visitor, script):
    donor = visitor(java_script_enabled=script)
    donor.go("/steun/herstelwerk")
    donor.other_amount("60.000")
    donor.fill_in(given_name="", surname="", email="anna@example")
    donor.add(iban=WRONG_IBAN, message="Voor wie het nodig heeft")
    donor.send()

    donor.page.locator("#errors").wait_for()
    said = problems(donor)
    assert list(said) == ["other_amount", "given_name", "surname", "email", "iban"]
    assert "Marianne Bruning" in said["other_amount"]
    assert "06\u00a0131\u00a0822\u00a077" in said["other_amount"]
    wrong = "The check digits of this IBAN are not right. There may be a typing mistake in it."
    assert said["iban"] == donor.say(wrong)
    for field, words in said.items():
        at_field = donor.page.locator(f"#{field}")
        assert at_field.get_attribute("aria-invalid") == "true"
        assert at_field.is_visible()
        assert words in donor.page.locator(f"#{field}-error").inner_text()
        assert f"{field}-error" in at_field.get_attribute("aria-describedby")
    assert donor.page.title().startswith(donor.say("Please check"))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_summary_is_where_the_reader_is(visitor, script):
    donor = visitor(java_script_enabled=script)
    donor.go("/steun/herstelwerk")
    donor.send()
    donor.page.locator("#errors").wait_for()

    assert donor.page.evaluate("document.activeElement.id") == "errors"
    donor.page.locator("#errors a[href='#surname']").click()
    assert donor.page.evaluate("document.activeElement.id") == "surname"


def test_what_was_typed_stays_and_the_mended_form_is_one_gift(donor):
    donor.go("/steun/achterblijvers?via=kerkbode")
    donor.choose("2600.00")
    donor.page.locator("#kind").select_option("diaconie")
    donor.page.locator("#salutation").select_option("mrs")
    donor.fill_in(organisation_name="Diaconie te Dorp", email="")
    donor.add(iban=WRONG_IBAN, phone="06 12345678", message="Eén\ntwee")
    donor.page.locator("#newsletter").check()
    donor.pay_by("transfer")
    donor.send()
    donor.page.locator("#errors").wait_for()

    kept = {
        field: donor.page.locator(f"#{field}").input_value()
        for field in ("kind", "organisation_name", "salutation", "given_name", "name_prefix", "surname", "message")
    }
    assert kept == {
        "kind": "diaconie",
        "organisation_name": "Diaconie te Dorp",
        "salutation": "mrs",
        "given_name": "Anna",
        "name_prefix": "van der",
        "surname": "Sluis",
        "message": "Eén\ntwee",
    }
    assert donor.page.locator("[name=amount]:checked").input_value() == "2600.00"
    assert donor.page.locator("[name=method]:checked").input_value() == "transfer"
    assert donor.page.locator("[name=via]").input_value() == "kerkbode"
    assert donor.page.locator("#newsletter").is_checked()

    donor.page.locator("#email").fill("diaconie@example.nl")
    donor.page.locator("#iban").fill("NL61 INGB 0006 3914 16")
    donor.pay_by("ideal")
    donor.send()
    donor.at_checkout()
    assert len(donor.site.payments_at_mollie()) == 1


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_other_language_keeps_what_was_typed_and_enter_still_gives(visitor, script):
    donor = visitor(java_script_enabled=script)
    donor.go("/steun/herstelwerk")
    donor.other_amount("75")
    donor.fill_in()
    for name in ("English", "Nederlands", "English"):
        donor.page.get_by_role("button", name=name).click()
    donor.page.wait_for_url("**/en/steun/herstelwerk?invullen")
    assert donor.page.locator("#other_amount").input_value() == "75"
    assert donor.page.locator("#errors").count() == 0

    donor.page.locator("#surname").press("Enter")
    donor.at_checkout()
    [payment] = donor.site.payments_at_mollie()
    assert payment["amount"]["value"] == "75.00"
    # Back leads to the form as it stood, which is still the same gift.
    donor.page.go_back()
    donor.page.wait_for_url("**/en/steun/herstelwerk?invullen")
    assert donor.page.locator("#surname").input_value() == "Sluis"
    donor.page.locator("#give").click()
    donor.at_checkout()
    assert len(donor.site.payments_at_mollie()) == 1


def test_an_amount_that_cannot_be_given_says_why(donor):
    donor.go("/steun/herstelwerk")
    donor.fill_in()
    for typed, message in (
        ("", "Please fill in the amount that you would like to give."),
        ("-5", "Please fill in an amount above zero."),
        ("veel", "Please write the amount in digits, such as 75 or 1300 or 12.50."),
    ):
        donor.other_amount(typed)
        donor.send()

        expect(donor.page.locator("#errors li")).to_have_text([donor.say(message)])
        assert list(problems(donor)) == ["other_amount"]
        assert donor.page.locator("#other_amount").input_value() == typed


def test_back_from_the_checkout_and_sending_again_is_the_same_payment(donor):
    donor.give()
    first = donor.page.url
    donor.page.go_back()
    donor.at("/steun/herstelwerk")
    assert donor.page.locator("#surname").input_value() == "Sluis"
    donor.send()
    donor.at_checkout()

    assert donor.page.url == first
    donor.finish("paid")
    donor.heading("Thank you for your gift")
    assert len(donor.site.payments_at_mollie()) == 1


def test_refresh_and_back_after_paying_pay_nothing(donor):
    donor.give()
    donor.finish("paid")
    reference = donor.reference
    donor.page.reload()
    donor.heading("Thank you for your gift")
    donor.page.goto(f"{donor.site.url}/betaling/{reference}")
    donor.at("/bedankt/")
    donor.heading("Thank you for your gift")

    assert len(donor.site.payments_at_mollie()) == 1
    assert len(donor.site.gifts()) == 1
    assert len(donor.site.mails()) == 1


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_double_click_is_one_payment(visitor, script):
    donor = visitor(java_script_enabled=script)
    donor.go("/steun/herstelwerk")
    donor.fill_in()
    donor.page.locator("#give").dblclick()
    donor.at_checkout()

    assert len(donor.site.payments_at_mollie()) == 1
    assert len(donor.site.payments()) == 1


def test_after_back_another_amount_is_another_gift_and_only_what_is_paid_counts(donor):
    donor.give(amount="500.00")
    donor.page.go_back()
    donor.at("/steun/herstelwerk")
    donor.choose("2000.00")
    donor.send()
    donor.at_checkout()
    donor.finish("paid")
    donor.heading("Thank you for your gift")

    [gift] = donor.site.gifts()
    assert gift.received.value == "2000.00"
