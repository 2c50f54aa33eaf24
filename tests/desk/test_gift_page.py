"""The page of one gift at the desk."""

from datetime import date

import pytest

from fundraising.accounts.rules import Role
from fundraising.db import transaction
from fundraising.gifts.rules import Correction, Reason, Source, written_reference
from fundraising.gifts.services import correct
from fundraising.money import Euro
from tests.factories.contacts import person
from tests.factories.gifts import gift, refund


@pytest.fixture
def finance(programmes, staff_pages):
    return staff_pages(Role.FINANCE)


@pytest.fixture
def made(app, finance):
    """A gift of € 25 that was partly refunded, and whose contact was found later."""
    source = Source("statement", "2026-17")
    with app.app_context(), transaction():
        recorded = gift(source=source, contact_id=None, received_on=date(2026, 3, 14))
        refund(source, Euro.of(5))
        who = person(surname="<b>Bruning</b>", given_name="M.", name_prefix="")
        note = "Bijschrijving\u202e had geen naam <script>alert(1)</script>"
        correct(
            Correction(
                gift_id=recorded.gift_id, reason=Reason.CONTACT_FOUND, recorded_by="Kees", note=note, contact_id=who
            )
        )
    return recorded


def test_it_shows_every_entry_with_its_source_and_why_it_was_corrected(finance, made):
    text = finance.get(f"/desk/giften/{made.reference}").text.replace("\u00a0", " ")
    assert "bankafschrift 2026-17" in text
    assert text.count("correctie ") >= 4
    assert "€ 20" in text
    assert "Nu weten we van wie de gift is" in text
    assert "<script>alert(1)</script>" in text
    assert "M. <b>Bruning</b>" in text


def test_a_reference_is_read_however_it_is_spelled(finance, made):
    spelled = written_reference(made.reference).lower().replace(" ", "%20")
    assert finance.get(f"/desk/giften/{spelled}").heading.startswith("Gift van")


def test_a_gift_that_is_not_there_is_not_found(finance):
    for reference in ("ACDEFKLM", "x", "%00", "A" * 300):
        finance.get(f"/desk/giften/{reference}", status=404)


def test_who_may_not_see_gifts_may_not_see_one(staff_pages, made):
    assert staff_pages(Role.ADMINISTRATOR).client.get(f"/desk/giften/{made.reference}").status_code == 403
