"""Finance finds a gift, corrects it and refunds a part; on a desktop and a telephone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from fundraising.accounts.rules import Role
from fundraising.accounts.views.guard import BEGAN, PROVEN_TWICE, SEEN
from fundraising.clock import now
from fundraising.db import transaction
from fundraising.giving.jobs import mollie_door, sync_payment
from fundraising.giving.simulator import lifecycle
from fundraising.web.desk import LANGUAGE_KEY
from tests.browser.donor import DESKTOP, NARROW
from tests.factories import accounts


@pytest.fixture
def desk(site, new_context):
    """Open a browser at which a new member of staff has signed in."""

    def open_browser(*roles, **arguments):
        with site.app.app_context(), transaction():
            uniquifier = accounts.user(*roles, name="Kees Smit").fs_uniquifier
        client, at = site.app.test_client(), now().timestamp()
        with client.session_transaction("/desk/") as kept:
            kept.update({"_user_id": uniquifier, "_fresh": True, BEGAN: at, SEEN: at, PROVEN_TWICE: True})
            kept[LANGUAGE_KEY] = "nl"
        cookie = client.get_cookie("desk", path="/desk").value
        context = new_context(**({"reduced_motion": "reduce", "base_url": site.url} | DESKTOP | arguments))
        context.add_cookies([{"name": "desk", "value": cookie, "domain": "localhost", "path": "/desk"}])
        return context.new_page()

    return open_browser


def assert_well_made(page):
    """Axe finds nothing, and nothing sticks out on the side."""
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("size", [DESKTOP, NARROW], ids=["desktop", "phone"])
def test_finance_finds_corrects_and_partly_refunds_a_gift(site, desk, size):
    site.promise(status="paid")
    site.sweep()
    (gift,) = site.gifts()
    page = desk(Role.FINANCE, **size)
    page.goto("/desk/giften")
    assert_well_made(page)
    page.locator("td.lead a").click()
    assert_well_made(page)

    page.get_by_role("link", name="Corrigeren").click()
    page.get_by_role("link", name="Datum").click()
    page.locator("#received_on").fill("2026-01-15")
    page.locator("#note").fill("De bank boekte later")
    assert_well_made(page)
    page.get_by_role("button", name="Laat zien wat er geboekt wordt").click()
    assert_well_made(page)
    page.get_by_role("button", name="Boek de correctie").click()
    expect(page.get_by_text("De correctie is geboekt")).to_be_visible()

    page.get_by_role("link", name="Terugbetalen").click()
    page.locator("#amount").fill("10")
    assert_well_made(page)
    page.get_by_role("button", name="Terugbetalen").click()
    expect(page.get_by_text("Mollie betaalt het terug")).to_be_visible()
    (payment,) = site.payments_at_mollie()
    (refund,) = site.mollie.world.refunds(payment["id"])
    lifecycle.move_refund(site.mollie.world, refund.id, "processing")
    with site.app.app_context():
        sync_payment(mollie_door(), payment["id"])
    page.reload()
    assert_well_made(page)
    expect(page.get_by_text("Terugbetaling onderweg")).to_be_visible()
    (after,) = site.gifts()
    assert (after.received_on.isoformat(), (gift.standing - after.standing).value) == ("2026-01-15", "10.00")


@pytest.mark.parametrize("size", [DESKTOP, NARROW], ids=["desktop", "phone"])
def test_relations_make_a_giving_link(desk, size):
    page = desk(Role.RELATIONS, **size)
    page.goto("/desk/geeflinks")
    assert_well_made(page)
    page.get_by_role("link", name="Nieuwe geeflink").first.click()
    page.locator("#code").fill("Dorpskerk Zeist")
    page.locator("#amount").fill("50")
    assert_well_made(page)
    page.get_by_role("button", name="Maak de geeflink").click()
    expect(page.get_by_role("heading", name="Geeflink dorpskerk-zeist")).to_be_visible()
    assert_well_made(page)
    page.get_by_role("link", name="/via/dorpskerk-zeist").click()
    expect(page.locator("input[name=via]")).to_have_value("dorpskerk-zeist")
