"""The pages that only tell, the newsletter's confirmation, and what all public pages have in common."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest

from fundraising import clock
from fundraising.contacts.queries import consent_state
from fundraising.contacts.rules import ConsentState
from fundraising.contacts.services.consents import request_consent, withdraw_consent
from fundraising.db import transaction
from fundraising.giving.services.mails import NEWSLETTER
from fundraising.privacy.rules import Reason
from fundraising.privacy.services import erase
from fundraising.privacy.services.sources import plan_for
from fundraising.web.tokens import tokens_for
from tests.factories.contacts import person
from tests.giving.giving_form import ACHTERBLIJVERS, HERSTELWERK, Visitor

pytestmark = pytest.mark.sqlite_only
TELLING = ["/", "/privacy", "/anbi"]
MOST_BYTES = 60_000


@pytest.fixture
def visitor(house):
    return Visitor(house.app)


@pytest.mark.parametrize("address", [*TELLING, HERSTELWERK, ACHTERBLIJVERS])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_page_in_both_languages(visitor, prefix, address):
    page = visitor.pages.get(prefix + address)
    assert page.root.get("lang") == ("en" if prefix else "nl")
    assert "Set-Cookie" not in page.response.headers


@pytest.mark.parametrize("address", TELLING)
def test_a_page_that_has_not_changed_is_not_sent_again(visitor, address):
    first = visitor.pages.get(address).response
    again = visitor.pages.client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("address", [*TELLING, HERSTELWERK, ACHTERBLIJVERS])
def test_what_a_phone_loads_for_a_page(visitor, address):
    client = visitor.pages.client
    page = client.get(address)
    loaded = {address, *re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)}
    sizes = {name: len(client.get(name, headers={"Accept-Encoding": "gzip"}).data) for name in loaded}
    assert sum(sizes.values()) < MOST_BYTES
    # The page, its style, its script, and an icon in two forms, of which a browser takes one.
    assert len(sizes) <= 5


def test_a_compressed_page_is_the_same_page(visitor):
    client = visitor.pages.client
    packed = client.get(HERSTELWERK, headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(HERSTELWERK)
    without_token = [
        re.sub(r'name="token" value="[^"]+"', "", text) for text in (gzip.decompress(packed.data).decode(), plain.text)
    ]
    assert without_token[0] == without_token[1]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert len(packed.data) < len(plain.data) / 2


def test_robots_leave_the_pages_of_one_gift_alone(visitor):
    text = visitor.pages.client.get("/robots.txt").text
    assert "Disallow: /bedankt/" in text
    assert "Disallow: /en/betaling/" in text
    assert visitor.pages.client.get("/favicon.ico", follow_redirects=True).mimetype.startswith("image/")


class TestNewsletter:
    def asked(self) -> tuple[int, str]:
        with transaction():
            contact_id = person(email="a@example.nl")
            request_consent(contact_id, purpose="newsletter", channel="email", source="donation:1")
        return contact_id, tokens_for(NEWSLETTER).issue(f"{contact_id}:donation:1")

    def state(self, contact_id: int) -> ConsentState | None:
        return consent_state(contact_id, "newsletter", "email")

    def test_opening_the_link_changes_nothing_and_the_button_does(self, visitor):
        contact_id, token = self.asked()
        page = visitor.pages.get(f"/nieuwsbrief/{token}")
        assert self.state(contact_id) is ConsentState.REQUESTED
        visitor.pages.submit(page.form())
        assert self.state(contact_id) is ConsentState.GRANTED

    def test_an_old_link_does_not_undo_a_withdrawal(self, visitor):
        contact_id, token = self.asked()
        form = visitor.pages.get(f"/en/nieuwsbrief/{token}").form()
        visitor.pages.submit(form)
        with transaction():
            withdraw_consent(contact_id, purpose="newsletter", channel="email", source="mail")
        assert "no longer works" in visitor.pages.submit(form, status=410).heading
        assert self.state(contact_id) is ConsentState.WITHDRAWN

    def test_pressing_twice_is_thanked_twice(self, visitor):
        _, token = self.asked()
        form = visitor.pages.get(f"/en/nieuwsbrief/{token}").form()
        assert visitor.pages.submit(form).heading == visitor.pages.submit(form).heading

    def test_a_link_from_before_somebody_was_erased(self, visitor):
        contact_id, token = self.asked()
        form = visitor.pages.get(f"/nieuwsbrief/{token}").form()
        with transaction():
            erase(contact_id, Reason.REQUEST, degree=plan_for(contact_id).degree)
        visitor.pages.submit(form, status=410)
        assert self.state(contact_id) is None

    @pytest.mark.parametrize("token", ["x", "1:donation:1.x.y", "é"])
    def test_a_forged_link(self, visitor, token):
        assert visitor.pages.get(f"/nieuwsbrief/{token}", status=410).all("form") == []
        assert visitor.pages.client.post(f"/nieuwsbrief/{token}").status_code == 303

    def test_a_link_of_last_month(self, visitor):
        contact_id, token = self.asked()
        form = visitor.pages.get(f"/nieuwsbrief/{token}").form()
        with clock.standing_still(clock.now() + timedelta(days=31)):
            visitor.pages.submit(form, status=410)
        assert self.state(contact_id) is ConsentState.REQUESTED
