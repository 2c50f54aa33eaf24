"""What holds of every page of the desk: anybody can use it on any screen, and with the keyboard alone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from fundraising.accounts.rules import Role
from tests.browser.desk import desk_of, fill
from tests.browser.donor import DESKTOP, NARROW

pytestmark = pytest.mark.broken_ledger  # payments that stand in tables alone

EVERY_ROLE = (Role.RELATIONS, Role.FINANCE, Role.ADMINISTRATOR)


@pytest.fixture
def world(site):
    return fill(site.app)


@pytest.fixture
def desk(browser, site, world):
    """Opens the desk for somebody; afterwards nothing may have been refused or failed in it."""
    faults = []

    def open_desk(*roles, **arguments):
        page = desk_of(browser, site, *(roles or EVERY_ROLE), **arguments)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        return page

    yield open_desk
    assert [fault for fault in faults if "status of 404" not in fault] == []


def assert_usable(page, place):
    found = Axe().run(page)
    assert found.violations_count == 0, f"{place}:\n{found.generate_report()}"
    wide = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
    assert wide[0] <= wide[1], f"{place} is {wide[0]} px wide on a screen of {wide[1]}"


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("screen", "scheme"), [(NARROW, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"])
def test_anybody_can_use_it(desk, site, world, screen, scheme, language):
    page = desk(language=language, color_scheme=scheme, **screen)
    for path in (
        "",
        "relaties",
        "relaties?soort=person&plaats=Gouda",
        "relaties?plaats=Nergens",
        f"relaties/{world.person}",
        f"relaties/{world.church}",
        "giften",
        "adressen",
        "niet-te-boeken",
        "terugbetalingen",
        "logboek",
        "bestaat-niet",
    ):
        page.goto(f"{site.url}/desk/{path}")
        assert_usable(page, path)


def test_it_is_used_with_the_keyboard_alone(desk, site, world):
    page = desk(**DESKTOP)
    page.goto(f"{site.url}/desk/relaties")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Sneltoetsen")).to_be_visible()
    assert_usable(page, "keys")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr.here")).to_have_count(1)
    first = page.locator("tbody tr").first.get_by_role("link").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(first)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("j/?")
    expect(page.locator("#search")).to_have_value("j/?")


def test_the_menu_on_a_phone_needs_no_script(browser, site, world):
    page = desk_of(browser, site, Role.RELATIONS, java_script_enabled=False, **NARROW)
    page.goto(f"{site.url}/desk/")
    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("link", name="Relaties", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Relaties")


def test_somebody_reads_it_in_their_own_language(desk, site, world):
    page = desk(**DESKTOP)
    page.goto(f"{site.url}/desk/relaties?soort=person")
    page.locator(".person summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")
    assert page.url.endswith("/desk/relaties?soort=person")
