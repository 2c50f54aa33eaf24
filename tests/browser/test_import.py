"""The list of churches and schools that we ship comes in and is taken back, on a desktop and a telephone."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from fundraising.accounts.rules import Role
from fundraising.contacts.models import Contact
from fundraising.db import session
from fundraising.imports.jobs import imports_job
from fundraising.resources import resource
from tests.browser.colleague import Colleague
from tests.browser.donor import DESKTOP, NARROW
from tests.browser.test_contacts import assert_well_made

SAMPLE = resource("samples") / "kerken-en-scholen.xlsx"


@pytest.fixture
def contacts(site):
    """How many contacts there are."""

    def count():
        with site.app.app_context():
            return session().scalar(select(func.count()).select_from(Contact))

    return count


@pytest.fixture
def work(site):
    """Do what a worker does while somebody looks at the page, which finds by itself that it is done."""

    def work(page):
        waiting = page.locator("[data-progress]")
        expect(waiting).to_be_visible()
        assert_well_made(page)
        with site.app.app_context():
            imports_job()
        expect(waiting).to_have_count(0)

    return work


@pytest.fixture
def colleague(site, new_context, staff_pages):
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
def test_the_sample_list_comes_in_and_is_undone(colleague, contacts, work, size):
    marianne = colleague(**size)
    page = marianne.page
    marianne.go("/desk/importeren")
    assert_well_made(page)
    page.locator("#bestand").set_input_files(str(SAMPLE))
    marianne.button("Upload").click()
    work(page)
    page.wait_for_url("**/kolommen")
    expect(page.locator("#kolom-0")).not_to_have_value("")
    assert_well_made(page)
    page.locator("#keuze-consent_source").fill("relatiedag 2026")
    marianne.button("Check all rows").click()
    work(page)
    expect(page.get_by_role("heading", name=marianne.say("Bring in"), exact=True)).to_be_visible()
    assert_well_made(page)
    page.locator("#aantal").fill("12")
    marianne.button("Bring in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_well_made(page)
    assert contacts() == 0
    page.locator("#aantal").fill("13")
    marianne.button("Bring in").click()
    work(page)
    expect(page.get_by_text(marianne.say("Brought in")).first).to_be_visible()
    assert_well_made(page)
    assert contacts() == 22
    page.get_by_role("link", name=marianne.say("Undo this import")).click()
    assert_well_made(page)
    marianne.button("Undo the import").click()
    work(page)
    expect(page.get_by_text(marianne.say("Undone")).first).to_be_visible()
    assert contacts() == 0
