"""The pages of an import at each of its steps, for the pictures of the guide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.imports.jobs import imports_job
from fundraising.resources import resource

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.desk import World
    from tests.browser.site import Site


def columns(page: Page, site: Site, _world: World) -> None:
    """What the columns of the sample list mean."""
    page.goto(f"{site.url}/desk/importeren")
    page.locator("#bestand").set_input_files(str(resource("samples") / "kerken-en-scholen.xlsx"))
    page.get_by_role("button", name="Uploaden").click()
    _work(site)
    page.wait_for_url("**/kolommen")


def rows(page: Page, site: Site, world: World) -> None:
    """What each of its rows would do."""
    columns(page, site, world)
    page.locator("#keuze-consent_source").fill("relatiedag 2026")
    page.get_by_role("button", name="Alle regels controleren").click()
    _work(site)
    page.locator("#aantal").wait_for()


def listing(page: Page, site: Site, world: World) -> None:
    """The imports so far."""
    rows(page, site, world)
    page.goto(f"{site.url}/desk/importeren")


def _work(site: Site) -> None:
    with site.app.app_context():
        imports_job()
