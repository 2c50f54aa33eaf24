"""Finding a contact and changing what is kept of it, on a desktop and a telephone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from fundraising.accounts.rules import Role
from fundraising.contacts.queries.record import record
from fundraising.contacts.services.search_index import reindex
from fundraising.db import transaction
from tests.browser.colleague import Colleague
from tests.browser.donor import DESKTOP, NARROW
from tests.factories.contacts import person


def assert_well_made(page):
    """Axe finds nothing, and nothing sticks out on the side."""
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.fixture
def hanneke(site):
    with site.app.app_context(), transaction():
        number = person(given_name="Hanneke", name_prefix="", surname="Bruning", match_name="bruning")
        reindex([number])
    return number


@pytest.fixture
def kept(site, hanneke):
    """What is kept of her now."""

    def read():
        with site.app.app_context():
            return record(hanneke)

    return read


@pytest.fixture
def colleague(site, new_context, staff_pages):
    """Somebody of relations who has signed in."""
    opened = []

    def open_browser(**size):
        context = new_context(**({"reduced_motion": "reduce"} | size))
        cookie = staff_pages(Role.RELATIONS).client.get_cookie("desk", path="/desk")
        where = {"domain": "localhost", "path": "/desk", "httpOnly": True, "sameSite": "Lax"}
        context.add_cookies([{"name": "desk", "value": cookie.value} | where])
        opened.append(Colleague(context, site, "nl"))
        return opened[-1]

    yield open_browser
    for each in opened:
        each.check_nothing_went_wrong()


@pytest.mark.parametrize("size", [DESKTOP, NARROW], ids=["desktop", "phone"])
def test_find_and_edit_a_contact(site, colleague, hanneke, kept, size):
    marianne = colleague(**size)
    page = marianne.page
    marianne.go("/desk/")
    page.keyboard.press("/")
    page.keyboard.type("Bruining")
    page.keyboard.press("Enter")
    page.get_by_role("main").get_by_role("link", name=re.compile("Hanneke Bruning")).click()
    marianne.at(f"/desk/relaties/{hanneke}")
    page.get_by_role("link", name=marianne.say("Change how to reach")).click()
    marianne.at(f"/desk/relaties/{hanneke}/bewerken")
    assert_well_made(page)
    page.get_by_role("link", name=marianne.say("New telephone number")).click()
    page.locator("#number").fill("06 1234567")
    marianne.button("Save").click()
    expect(page.locator("#number-error")).to_be_visible()
    expect(page.locator("#number")).to_have_value("06 1234567")
    assert_well_made(page)
    page.locator("#number").fill("06 12345678")
    marianne.button("Save").click()
    expect(page.get_by_role("status")).to_have_text(marianne.say("Saved."))
    assert [entry.number for entry in kept().phones] == ["+31612345678"]
    assert_well_made(page)


def test_what_somebody_else_changed_meanwhile_is_shown_beside_what_was_typed(colleague, hanneke, kept):
    marianne, kees = colleague(**DESKTOP), colleague(**DESKTOP)
    for each, surname in ((marianne, "Bruning-Smit"), (kees, "Bruining")):
        each.go(f"/desk/relaties/{hanneke}/bewerken/naam")
        each.page.locator("#surname").fill(surname)
    marianne.button("Save").click()
    expect(marianne.page.get_by_role("status")).to_be_visible()
    kees.button("Save").click()
    expect(kees.page.get_by_role("row", name=re.compile("Bruining.*Bruning-Smit"))).to_be_visible()
    assert_well_made(kees.page)
    assert kept().name.surname == "Bruning-Smit"
    kees.button("Save").click()
    expect(kees.page.get_by_role("heading", level=1)).to_have_text("Hanneke Bruining")
