"""The list of churches and schools that we ship comes in and is taken back, on a desktop and a telephone."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from fundraising.accounts.rules import Role
from fundraising.contacts.models import Contact
from fundraising.db import session
from fundraising.imports.jobs import imports_job
from fundraising.resources import resource
from tests.browser.colleague import on_both_screens

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

    def work(colleague):
        waiting = colleague.page.locator("[data-progress]")
        expect(waiting).to_be_visible()
        colleague.assert_well_made()
        with site.app.app_context():
            imports_job()
        expect(waiting).to_have_count(0)

    return work


@on_both_screens
def test_the_sample_list_comes_in_and_is_undone(colleague, contacts, work, screen):
    marianne = colleague(Role.RELATIONS, **screen)
    page = marianne.page
    marianne.go("/desk/importeren")
    marianne.assert_well_made()
    page.locator("#bestand").set_input_files(str(SAMPLE))
    marianne.button("Upload").click()
    work(marianne)
    page.wait_for_url("**/kolommen")
    expect(page.locator("#kolom-0")).not_to_have_value("")
    marianne.assert_well_made()
    page.locator("#keuze-consent_source").fill("relatiedag 2026")
    marianne.button("Check all rows").click()
    work(marianne)
    expect(page.get_by_role("heading", name=marianne.say("Bring in"), exact=True)).to_be_visible()
    marianne.assert_well_made()
    page.locator("#aantal").fill("12")
    marianne.button("Bring in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    marianne.assert_well_made()
    assert contacts() == 0
    page.locator("#aantal").fill("13")
    marianne.button("Bring in").click()
    work(marianne)
    expect(page.get_by_text(marianne.say("Brought in")).first).to_be_visible()
    marianne.assert_well_made()
    assert contacts() == 22
    page.get_by_role("link", name=marianne.say("Undo this import")).click()
    marianne.assert_well_made()
    marianne.button("Undo the import").click()
    work(marianne)
    expect(page.get_by_text(marianne.say("Undone")).first).to_be_visible()
    assert contacts() == 0
