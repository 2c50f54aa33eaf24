"""A gift that the donor transfers: the instructions, and the code that a bank's app reads."""

from __future__ import annotations

import io
import re

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from fundraising.gifts.rules import written_reference
from tests.browser.donor import DESKTOP, PHONE


def promise_to_transfer(donor, code, amount):
    donor.go(f"/steun/{code}")
    if amount == "75,50":
        donor.other_amount(amount)
    else:
        donor.choose(amount)
    donor.fill_in()
    donor.pay_by("transfer")
    donor.send()
    donor.at("/bank/")


def read_code(donor):
    """What a scanner reads from the screen."""
    picture = Image.open(io.BytesIO(donor.page.locator(".qr img").screenshot()))
    [found] = zxingcpp.read_barcodes(picture)
    return found


@pytest.mark.parametrize(
    ("amount", "in_code", "screen", "scheme"),
    [("1300.00", "EUR1300", PHONE, "light"), ("75,50", "EUR75.5", DESKTOP, "dark")],
    ids=["phone", "desktop"],
)
def test_a_scanner_reads_the_transfer_from_the_screen(visitor, screen, scheme, amount, in_code):
    donor = visitor(color_scheme=scheme, **screen)
    promise_to_transfer(donor, "achterblijvers", amount)

    found = read_code(donor)

    reference = written_reference(donor.reference)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    assert found.ec_level == "M"
    assert found.text.splitlines() == [
        "BCD",
        "002",
        "1",
        "SCT",
        "INGBNL2A",
        "Gevangenzorg Nederland",
        "NL61INGB0006391416",
        in_code,
        "",
        "",
        reference,
    ]


def test_the_same_stands_on_the_page_and_in_a_mail(donor):
    promise_to_transfer(donor, "herstelwerk", "500.00")

    donor.heading("Transfer your gift")
    said = donor.page.locator("main").inner_text().replace("\u00a0", " ")
    reference = written_reference(donor.reference)
    for fact in ("€ 500", "Gevangenzorg Nederland", "NL61 INGB 0006 3914 16", "INGBNL2A", reference):
        assert fact in said
    [mail] = donor.site.mails()
    assert (mail.kind, mail.recipient) == ("transfer_instructions", "a.vandersluis@example.nl")
    assert donor.site.payments_at_mollie() == []
    assert donor.site.gifts() == []


def test_a_value_is_copied_whole(donor):
    promise_to_transfer(donor, "herstelwerk", "500.00")
    donor.page.locator("main .iban.copy").first.click()

    # Plain spaces: not every bank's field takes others.
    assert donor.page.evaluate("getSelection().toString()") == "NL61 INGB 0006 3914 16"

    donor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for name, copied in (
        ("IBAN", "NL61INGB0006391416"),
        ("Account name", "Gevangenzorg Nederland"),
        ("Reference", written_reference(donor.reference)),
    ):
        what = f": {donor.say(name)}"
        donor.page.get_by_role("button", name=donor.say("Copy") + what).click()
        expect(donor.page.get_by_role("status")).to_have_text(donor.say("Copied") + what)
        assert donor.page.evaluate("navigator.clipboard.readText()") == copied


def test_on_paper_stands_what_is_needed_and_no_more(donor):
    promise_to_transfer(donor, "herstelwerk", "500.00")
    donor.page.emulate_media(media="print")

    assert donor.page.locator(".qr img").is_visible()
    assert donor.page.locator("main .iban.copy").first.is_visible()
    for on_screen in (".languages", ".foot", ".on-phone"):
        assert not donor.page.locator(on_screen).first.is_visible(), on_screen
    sheets = donor.page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "1cm"))
    assert len(re.findall(rb"/Type\s*/Page\b", sheets)) == 1


def test_sending_twice_writes_one_mail(donor):
    promise_to_transfer(donor, "herstelwerk", "500.00")
    reference = donor.reference
    donor.page.go_back()
    donor.send()
    donor.at("/bank/")

    assert donor.reference == reference
    assert len(donor.site.mails()) == 1


def test_the_expected_transfer_is_told_on_the_page_of_thanks(donor):
    promise_to_transfer(donor, "herstelwerk", "500.00")
    donor.go(f"/bedankt/{donor.reference}")

    donor.heading("Thank you, we look forward to your transfer")
    donor.page.get_by_role("link", name=donor.say("How to transfer it")).click()
    donor.at("/bank/")
