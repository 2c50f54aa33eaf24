"""The list of gifts at the desk."""

from datetime import date

import pytest

from fundraising.accounts.rules import Role
from fundraising.db import transaction
from fundraising.gifts.rules import Source
from fundraising.money import Euro
from tests.factories.contacts import person
from tests.factories.gifts import gift, refund
from tests.web.page_client import text_of


@pytest.fixture
def finance(programmes, staff_pages):
    return staff_pages(Role.FINANCE)


@pytest.fixture
def three(app, finance):
    with app.app_context(), transaction():
        gift(amount=Euro.of(25), received_on=date(2026, 3, 14), contact_id=person(surname="Bruning", given_name="M."))
        gift(amount=Euro.of(1300), received_on=date(2026, 4, 1), contact_id=None)
        gift(amount=Euro.of(50), received_on=date(2025, 12, 31), method="cash")


def rows(page):
    return [list(tr.iter("td")) for tr in page.all("tr") if tr.get("data-row") is not None]


def test_without_gifts_it_says_how_they_come(finance):
    assert "Er is nog geen gift ontvangen" in finance.get("/desk/giften").text


def test_it_lists_the_newest_first_and_adds_up(finance, three):
    page = finance.get("/desk/giften")
    assert page.text.index("1 apr 2026") < page.text.index("14 mrt 2026") < page.text.index("31 dec 2025")
    assert "M. de Bruning" in page.text
    (foot,) = page.all("tfoot")
    assert text_of(foot).replace("\u00a0", " ") == "3 giften in totaal € 1.375"


def test_what_went_back_is_told_in_the_foot(app, finance):
    with app.app_context(), transaction():
        gift(amount=Euro.of(100), source=Source("test", "one"))
        refund(Source("test", "one"), Euro.of(30))
    (foot,) = finance.get("/desk/giften").all("tfoot")
    assert text_of(foot).replace("\u00a0", " ") == "1 gift in totaal € 70 van € 100"


def test_it_filters(finance, three):
    for query, found in (
        ("jaar=2025", 1),
        ("van=2026-04-01", 1),
        ("tot=2026-03-14", 2),
        ("bedrag_van=25,01&bedrag_tot=50", 1),
        ("betaalwijze=cash", 1),
        ("met_relatie=nee", 1),
        ("bedankt=ja", 0),
        ("terug=terugbetaald", 0),
        ("jaar=2025&sorteer=bedrag", 1),
        ("programma=99", 0),
        ("jaar=0&programma=x&relatie=-1&van=ooit&sorteer=naam&pagina=9x&betaalwijze=%00", 3),
        ("pagina=5000", 0),
    ):
        page = finance.get(f"/desk/giften?{query}")
        assert len(rows(page)) == found, query
        if not found:
            assert "Geen gift past bij dit filter" in page.text


@pytest.mark.sqlite_only
def test_a_list_that_is_narrowed_shows_by_what(finance, three):
    for query, told in (
        ("", ""),
        ("sorteer=bedrag&jaar=", ""),
        ("van=2026-03-01", "1"),
        ("bedrag_van=x&jaar=2026", "2"),
    ):
        page = finance.get(f"/desk/giften?{query}")
        [box] = [details for details in page.all("details") if details.get("class") == "filters"]
        assert (box.get("open") is not None) == bool(told), query
        assert text_of(next(box.iter("summary"))).removeprefix("Filteren").strip() == told


def test_an_amount_that_cannot_be_read_is_said_beside_its_field(finance, three):
    page = finance.get("/desk/giften?bedrag_van=1,300")
    assert page.by_id("filter-bedrag_van").get("aria-invalid") == "true"
    assert len(rows(page)) == 3


def test_it_filters_by_form_and_in_english(app, three, staff_pages):
    pages = staff_pages(Role.AUDITOR, language="en")
    page = pages.submit(pages.get("/desk/giften").form("/desk/giften"), {"jaar": "2026", "met_relatie": "ja"})
    assert len(rows(page)) == 1
    assert page.heading == "Gifts"


def test_who_may_see_gifts(staff_pages):
    for role in Role:
        allowed = role is not Role.ADMINISTRATOR
        assert staff_pages(role).client.get("/desk/giften").status_code == (200 if allowed else 403)
