"""The mails that donors and the administrator get: both parts, both languages, nothing to load, nothing to inject."""

from __future__ import annotations

import re
from datetime import date

import html5lib
import pytest

from fundraising.money import Euro
from fundraising.web.mails import compose_mail

CONTEXTS = {
    "thank_you": {
        "salutation": "Geachte mevrouw Van 't Hof,",
        "on_behalf_of": "Diaconie <b> & Co",
        "amount": Euro.of(1300),
        "programme_name": "Aandacht voor Achterblijvers",
        "received_on": date(2026, 11, 22),
        "reference": "ACDE-FKLM-NPRT",
        "second_payment": False,
    },
    "refund": {
        "salutation": "Geachte mevrouw Van 't Hof,",
        "amount": Euro.of(300),
        "programme_name": "HerstelWerk",
        "reference": "ACDE-FKLM-NPRT",
    },
    "transfer_instructions": {
        "amount": Euro.of(1000),
        "programme_name": "HerstelWerk",
        "reference": "ACDE-FKLM-NPRT",
        "url": "http://localhost/bank/ACDEFKLMNPRT",
    },
    "newsletter_confirmation": {"url": "http://localhost/nieuwsbrief/token"},
    "staff_invitation": {"name": "Kees Smit", "url": "http://localhost/desk/wachtwoord/token", "by": "Sanne de Boer"},
    "password_reset": {"name": "Kees Smit", "url": "http://localhost/desk/wachtwoord/token"},
    "staff_notice": {"name": "Kees Smit", "what": "second_factor"},
    "alert": {"title": "The sweep stalls", "lines": ["It last ran at 10:00.", "3 hints wait."]},
}
KINDS = sorted(CONTEXTS)

# What a mail says depends on no database.
pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.sqlite_only]


def compose(kind, language="en", **changes):
    return compose_mail(kind, "a@example.nl", language, **(CONTEXTS[kind] | changes))


def words(html: str) -> str:
    body = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False).parse(html).find("body")
    return " ".join(" ".join(body.itertext()).split())


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_has_a_subject_and_two_whole_parts(kind, language) -> None:
    mail = compose(kind, language)

    assert 10 < len(mail.subject) < 60
    assert "\n" not in mail.subject
    assert mail.subject in words(mail.html)
    assert f'<html lang="{language}">' in mail.html
    assert not re.search(r"\n{3,}", mail.text)
    assert not re.search(r"\{\{|\{%|\bNone\b|&#|&amp;", mail.text)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_loads_nothing_and_tells_nobody_that_it_was_read(kind) -> None:
    html = compose(kind).html
    assert not re.search(r"<(img|link|script|style|iframe|object)\b|\bsrc=|url\(|background=", html)
    given = CONTEXTS[kind].get("url")
    assert set(re.findall(r'href="([^"]*)"', html)) <= {given, "mailto:m.bruning@gevangenzorg.nl"}


@pytest.mark.parametrize("kind", KINDS)
def test_text_says_all_that_the_html_says(kind) -> None:
    mail = compose(kind)
    for value in ("amount", "programme_name", "reference", "salutation", "on_behalf_of"):
        if value in CONTEXTS[kind]:
            said = CONTEXTS[kind][value]
            said = said.written(english=True) if isinstance(said, Euro) else said
            assert said in mail.text
            assert said in words(mail.html)
    if "url" in CONTEXTS[kind]:
        assert f"\n{CONTEXTS[kind]['url']}\n" in mail.text
    for line in CONTEXTS[kind].get("lines", ()):
        assert line in mail.text
        assert line in words(mail.html)


def test_thanks_in_dutch_write_money_and_dates_as_the_dutch_do() -> None:
    mail = compose("thank_you", "nl")
    assert "€\u00a01.300" in mail.text
    assert "22 november 2026" in mail.text
    assert "ANBI" in mail.text
    assert "Marianne Bruning" in mail.text


def test_thanks_name_a_second_payment_only_when_there_was_one() -> None:
    once, twice = compose("thank_you"), compose("thank_you", second_payment=True)
    for part in ("text", "html"):
        assert "paid twice" not in getattr(once, part)
        assert "paid twice" in getattr(twice, part)


def test_a_name_cannot_bring_markup_into_a_mail() -> None:
    mail = compose("thank_you", salutation='Dear <img src="https://example.com/x.png">,')
    assert "<img" not in mail.html
    assert "&lt;img" in mail.html


def test_transfer_instructions_hold_what_a_bank_asks_for() -> None:
    mail = compose("transfer_instructions")
    for part in (mail.text, words(mail.html)):
        assert "Gevangenzorg Nederland" in part
        assert "NL61\u00a0INGB\u00a00006\u00a03914\u00a016" in part or "NL61 INGB 0006 3914 16" in part
        assert "INGBNL2A" in part
    assert "Dear" not in mail.text


def test_the_charity_signs_with_its_address_and_number() -> None:
    for part in (compose("thank_you").text, compose("thank_you").html):
        assert "123456782" in part
        assert "Voorbeeldstraat 1, 1234 AB Voorbeeldstad" in part
