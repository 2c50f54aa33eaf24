"""What the page does more where scripts run."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from fundraising.clock import now

FAMILIES = {"nl": ("gezin", "gezinnen"), "en": ("family", "families")}


def amount_on_button(donor, written):
    expect(donor.page.locator("#give")).to_have_text(donor.say("Give %(amount)s", amount=written))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_button_says_what_is_given_and_whom_it_supports(visitor, language):
    donor = visitor(language)
    one, many = FAMILIES[language]
    total = donor.page.locator("#total")
    donor.go("/steun/achterblijvers")
    for amount, written, units in (("1300.00", "1.300", f"1 {one}"), ("2600.00", "2.600", f"2 {many}")):
        donor.choose(amount)
        shown = written.replace(".", ",") if language == "en" else written
        euros = f"€{shown}" if language == "en" else f"€\u00a0{shown}"
        amount_on_button(donor, euros)
        expect(total).to_have_text(donor.say("supports %(units)s", units=units))


# What is typed, what the button then says, and how many families that is.
TYPED = (
    ("3.900", "3.900", "3"),
    ("1300,00", "1.300", "1"),
    ("1400", "1.400", ""),
    ("€ 13.000", "13.000", "10"),
    ("1300,50", "1.300,50", ""),
    ("650", "650", ""),
    ("25,-", "25", ""),
)


def test_only_whole_families_are_counted(donor):
    donor.go("/steun/achterblijvers")
    total = donor.page.locator("#total")
    for typed, written, families in TYPED:
        donor.other_amount(typed)
        amount_on_button(donor, f"€\u00a0{written}")
        if families:
            assert re.search(rf"\b{families}\b", total.inner_text()), typed
        else:
            expect(total).to_be_hidden()


def test_without_a_unit_cost_nothing_is_counted(donor):
    donor.go("/steun/herstelwerk")
    donor.other_amount("2.600")

    amount_on_button(donor, "€\u00a02.600")
    expect(donor.page.locator("#total")).to_be_hidden()


def test_another_amount_appears_when_it_is_chosen(donor):
    donor.go("/steun/herstelwerk")
    other = donor.page.locator("#other_amount")
    expect(other).to_be_hidden()
    donor.choose("other")
    expect(other).to_be_visible()
    expect(other).to_be_focused()
    other.fill("75")
    donor.choose("500.00")
    expect(other).to_be_hidden()

    amount_on_button(donor, "€\u00a0500")


def test_the_name_of_an_organisation_is_asked_of_organisations(donor):
    donor.go("/steun/herstelwerk")
    name = donor.page.locator("#organisation_name")
    expect(name).to_be_hidden()
    donor.page.locator("#kind").select_option("school")

    expect(name).to_be_visible()


def hint_of(donor, field):
    return donor.page.locator(f"[data-check]:has(#{field}) .help")


def test_a_mistyped_email_address_is_told_while_one_is_at_it(donor):
    donor.go("/steun/herstelwerk")
    email = donor.page.locator("#email")
    email.fill("jan@hotmial.com")
    email.press("Tab")

    expect(hint_of(donor, "email")).to_have_text("Bedoelt u jan@hotmail.com?")
    email.fill("jan@hotmail.com")
    email.press("Tab")

    expect(hint_of(donor, "email")).to_have_text(donor.say("Your confirmation goes here."))


def test_an_iban_is_written_in_fours_with_its_bank_beside_it(donor):
    donor.go("/steun/herstelwerk")
    donor.add(iban="nl61ingb0006391416")
    donor.page.keyboard.press("Tab")

    expect(hint_of(donor, "iban")).to_contain_text("ING")
    assert donor.page.locator("#iban").input_value() == "NL61 INGB 0006 3914 16"


def test_what_is_wrong_with_an_iban_is_told_while_one_is_at_it(donor):
    donor.go("/steun/herstelwerk")
    for typed, message in (
        ("NL61INGB0006391417", "The check digits of this IBAN are not right. There may be a typing mistake in it."),
        ("BR1500000000000010932840814P2", "This country does not take part in euro transfers (SEPA)."),
        ("NL61 ?", "An IBAN has letters and digits only, such as NL91 ABNA 0417 1643 00."),
    ):
        donor.add(iban=typed)
        donor.page.keyboard.press("Tab")

        expect(hint_of(donor, "iban")).to_have_text(donor.say(message))
        assert donor.page.locator("#iban").input_value() == typed


def test_after_stop_the_button_works_again_in_a_while(donor):
    sent = []

    def stop(route):
        sent.append(route.request.url)
        route.fulfill(status=204)  # as with Stop, the page stays

    donor.page.clock.install()
    donor.go("/steun/herstelwerk")
    donor.fill_in()
    # From here on only the seconds of this test go by, however long the presses take.
    donor.page.clock.pause_at(now() + timedelta(hours=1))
    donor.page.route("**/steun/herstelwerk?geven", stop)
    with donor.page.expect_response("**/steun/herstelwerk?geven"):
        donor.send()
    for seconds in (4, 3):
        donor.page.clock.run_for(seconds * 1000)
        donor.page.locator("#give").click(force=True)
    with donor.page.expect_response("**/steun/herstelwerk?geven"):
        donor.page.clock.run_for(2000)
        donor.page.locator("#give").click(force=True)
    assert len(sent) == 2


def test_after_back_the_button_works_and_tells_the_amount(donor):
    donor.give(amount="2000.00")
    donor.page.go_back()

    amount_on_button(donor, "€\u00a02.000")
    donor.send()
    donor.at_checkout()
