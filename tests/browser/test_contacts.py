"""Finding a contact and changing what is kept of it, on a desktop and a telephone."""

import re

import pytest
from playwright.sync_api import expect

from fundraising.accounts.rules import Role
from fundraising.contacts.queries.record import record
from fundraising.contacts.services.search_index import reindex
from fundraising.db import transaction
from tests.browser.colleague import on_both_screens
from tests.factories.contacts import person


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


@on_both_screens
def test_find_and_edit_a_contact(colleague, hanneke, kept, screen):
    marianne = colleague(Role.RELATIONS, **screen)
    page = marianne.page
    marianne.go("/desk/")
    page.keyboard.press("/")
    page.keyboard.type("Bruining")
    expect(page.get_by_role("option", name=re.compile("Hanneke Bruning"))).to_be_visible()
    marianne.assert_well_made()
    page.keyboard.press("Enter")
    marianne.at("/desk/zoeken")
    marianne.assert_well_made()
    page.get_by_role("main").get_by_role("link", name=re.compile("Hanneke Bruning")).click()
    marianne.at(f"/desk/relaties/{hanneke}")
    marianne.assert_well_made()
    marianne.link("Change how to reach").click()
    marianne.at(f"/desk/relaties/{hanneke}/bewerken")
    marianne.assert_well_made()
    marianne.link("New telephone number").click()
    page.locator("#number").fill("06 1234567")
    marianne.button("Save").click()
    expect(page.locator("#number-error")).to_be_visible()
    expect(page.locator("#number")).to_have_value("06 1234567")
    marianne.assert_well_made()
    page.locator("#number").fill("06 12345678")
    marianne.button("Save").click()
    marianne.said("Saved.")
    assert [entry.number for entry in kept().phones] == ["+31612345678"]
    marianne.assert_well_made()


def test_a_mistyped_name_is_found_with_the_keyboard_alone(colleague, hanneke):
    marianne = colleague(Role.RELATIONS)
    keyboard = marianne.page.keyboard
    marianne.go("/desk/giften")
    keyboard.press("/")
    keyboard.type("hannneke bruning")
    expect(marianne.page.locator("#suggestions").get_by_role("option")).to_have_count(1)
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    marianne.at(f"/desk/relaties/{hanneke}")


@on_both_screens
def test_what_somebody_else_changed_meanwhile_is_shown_beside_what_was_typed(colleague, hanneke, kept, screen):
    marianne, kees = colleague(Role.RELATIONS, **screen), colleague(Role.FINANCE, **screen)
    for each, surname in ((marianne, "Bruning-Smit"), (kees, "Bruining")):
        each.go(f"/desk/relaties/{hanneke}/bewerken/naam")
        each.page.locator("#surname").fill(surname)
    marianne.button("Save").click()
    marianne.said("Saved.")
    kees.button("Save").click()
    expect(kees.page.get_by_role("row", name=re.compile("Bruining.*Bruning-Smit"))).to_be_visible()
    kees.assert_well_made()
    assert kept().name.surname == "Bruning-Smit"
    kees.button("Save").click()
    expect(kees.page.get_by_role("heading", level=1)).to_have_text("Hanneke Bruining")
