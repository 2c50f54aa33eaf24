"""The other language on a page with a form on it: what was typed stays typed, and nothing is taken yet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fundraising import clock
from fundraising.db import session
from fundraising.giving.models import Donation
from fundraising.giving.queries import donation_status
from fundraising.giving.simulator import lifecycle
from tests.giving.giving_form import ANSWERS, HERSTELWERK, Visitor
from tests.web.page_client import checked

pytestmark = pytest.mark.sqlite_only

HALF = ANSWERS | {
    "amount": "other",
    "other_amount": "1.234,50",
    "kind": "diaconie",
    "organisation_name": 'Diaconie "Vrede" & Recht',
    "email": "",
    "iban": "BE68 5390",
    "message": "Eén\ntwee",
    "newsletter": "y",
    "method": "transfer",
}
ADDRESS = {"street": "Dorpsstraat", "house_number": "", "postcode": "1234", "town": "Dorp"}


@pytest.fixture
def visitor(house):
    return Visitor(house.app)


def in_english(visitor, page, form, answers):
    """The page after the button for English was pressed, with the form as it stands."""
    [button] = page.all("button", lang="en")
    assert button.get("form") == form.element.get("id")
    answer = visitor.pages.client.post(button.get("formaction"), data=form.filled(answers))
    assert answer.status_code == 200
    switched = checked(answer)
    assert switched.root.get("lang") == "en"
    assert switched.all("section", id="errors") == []
    return switched


def without_token(values):
    return {name: value for name, value in values.items() if name != "token"}


@pytest.mark.parametrize("seen", ["untouched", "with mistakes"])
def test_a_half_filled_form_keeps_what_was_typed(visitor, seen):
    page = visitor.pages.get(HERSTELWERK + "?via=kerkblad")
    form = page.form(HERSTELWERK)
    if seen == "with mistakes":
        page = visitor.submit(HERSTELWERK + "?via=kerkblad", status=422, **HALF)
        form = page.form(HERSTELWERK)
    switched = in_english(visitor, page, form, HALF)
    kept = switched.form("/en" + HERSTELWERK).values()
    assert kept == form.filled(HALF)
    assert kept["via"] == ["kerkblad"]
    assert session().query(Donation).count() == 0

    # It is the same form, so sending it in either language is one gift.
    with clock.standing_still(clock.now() + timedelta(seconds=20)):
        for each in (form, switched.form("/en" + HERSTELWERK)):
            answers = HALF | {"email": "a.sluis@example.nl", "iban": ""}
            assert visitor.pages.send(each, answers).status_code == 303
    assert session().query(Donation).count() == 1


def test_the_first_button_of_the_form_sends_it(visitor):
    """A browser presses that one when somebody presses Enter in a field."""
    page = visitor.pages.get(HERSTELWERK)
    first = next(b for b in page.root.iter("button") if b.get("form") == "giving")
    assert first.get("formaction") is None


def test_a_form_from_yesterday_gets_a_token_of_today(visitor):
    page = visitor.pages.get(HERSTELWERK)
    form = page.form(HERSTELWERK)
    with clock.standing_still(clock.now() + timedelta(days=2)):
        kept = in_english(visitor, page, form, HALF).form("/en" + HERSTELWERK).values()
    assert without_token(kept) == without_token(form.filled(HALF))
    assert kept["token"] != form.values()["token"]


def test_a_refused_form_is_not_lost(visitor):
    form = visitor.pages.get(HERSTELWERK).form()
    refused = visitor.pages.submit(form, HALF | {"website": "x"}, status=400)
    wanted = without_token(form.filled(HALF))
    for page in (in_english(visitor, refused, refused.form(), {}), visitor.pages.submit(refused.form())):
        assert without_token(page.form("herstelwerk").values()) == wanted


def test_the_language_of_a_refused_second_try_leads_to_the_gift(visitor):
    reference = visitor.give()
    answer = visitor.pages.client.get(f"/en/bedankt/{reference}/opnieuw")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/en/bedankt/{reference}")


class TestPostalAddress:
    @pytest.fixture
    def paid(self, visitor, house):
        reference = visitor.give()
        lifecycle.reach(house.mollie.world, donation_status(reference).provider_id, "paid")
        return reference

    @pytest.mark.parametrize("seen", ["untouched", "with mistakes"])
    def test_it_stays_typed_and_is_not_kept_yet(self, visitor, paid, seen):
        page = visitor.pages.get(f"/bedankt/{paid}")
        if seen == "with mistakes":
            page = visitor.pages.submit(page.form(), ADDRESS, status=422)
        form = page.form()
        switched = in_english(visitor, page, form, ADDRESS)
        assert switched.by_id("statement").get("open") is not None
        assert switched.form().values() == form.filled(ADDRESS)
        assert session().query(Donation).one().donor.town == ""

    def test_a_page_left_open_says_where_the_address_can_go(self, visitor, paid):
        page = visitor.pages.get(f"/bedankt/{paid}")
        with clock.standing_still(clock.now() + timedelta(days=1)):
            late = visitor.pages.submit(page.form(), ADDRESS, status=403)
            assert "te lang open" in late.text
            assert late.all("input", name="street") == []
            assert in_english(visitor, page, page.form(), ADDRESS).heading == "Thank you for your gift"

    def test_it_is_not_asked_while_the_page_updates_itself(self, visitor, house):
        reference = visitor.give()
        lifecycle.reach(house.mollie.world, donation_status(reference).provider_id, "pending")
        page = visitor.pages.get(f"/bedankt/{reference}")
        assert page.by_id("outcome").get("data-watch")
        assert page.all("input", name="street") == []
