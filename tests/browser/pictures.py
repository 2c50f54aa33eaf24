"""Pictures of the pages, of an installation of its own with a simulated Mollie beside it: for `script/screenshots`."""

from __future__ import annotations

import io
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from PIL import Image
from playwright.sync_api import sync_playwright

from config import Config
from fundraising.accounts.rules import Role
from fundraising.accounts.security import hash_password
from fundraising.db import transaction
from fundraising.giving.jobs import mollie_door, sync_payment
from fundraising.giving.public import give
from fundraising.giving.simulator.server import running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from tests.browser import importing
from tests.browser.colleague import PASSWORD
from tests.browser.desk import desk_of, fill
from tests.browser.donor import DESKTOP, PHONE, Donor
from tests.browser.places import PLACES
from tests.browser.site import Site, address_of, listening
from tests.browsers import launch_arguments
from tests.conftest import running_app
from tests.databases import migrate
from tests.factories import accounts
from tests.factories.contacts import note_duplicates, person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.browser.desk import World

    Step = Callable[[Page, Site, World], object]

MOST_BYTES = 120_000
# Where each picture of the README is taken, and on what.
README: dict[str, tuple[str, dict[str, Any]]] = {
    "home-phone.png": ("home", PHONE | {"viewport": {"width": 390, "height": 844}}),
    "programme-desktop.png": ("achterblijvers", DESKTOP),
    "thanks-phone.png": ("payment paid", PHONE | {"viewport": {"width": 390, "height": 844}}),
    "transfer-desktop.png": ("transfer", DESKTOP),
}
WIDTHS = (360, 768, 1280)
SCHEMES = ("light", "dark")


@contextmanager
def running_site() -> Iterator[Site]:
    """An installation with everything in a folder that goes afterwards."""
    with ExitStack() as house:
        folder = house.enter_context(tempfile.TemporaryDirectory())
        mollie = house.enter_context(running_simulator(settings=SimulatorSettings(seed=7, start_courier=False)))
        server = house.enter_context(listening())
        # Nobody types as fast as this; the form would say so.
        house.enter_context(patch.object(give, "_LEAST_TIME", timedelta(0)))
        settings = {
            "DATA_DIR": folder,
            "PUBLIC_URL": address_of(server),
            "MOLLIE_API_URL": mollie.url,
            "ORGANISATION_RSIN": "123456782",
            "ORGANISATION_ADDRESS": "Voorbeeldstraat 1, 1234 AB Voorbeeldstad",
        }
        app = house.enter_context(running_app(Config.from_env(settings)))
        migrate(app)
        site = Site(address_of(server), app, mollie)
        site.open_up()
        server.app = app
        yield site


def save(picture: bytes, path: Path) -> None:
    """In 256 colours, of which those that fill the page are exactly the design's."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    few = image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette = few.getpalette() or []
    for _count, colour in sorted(image.getcolors(image.width * image.height) or ())[-24:]:
        spot = Image.new("RGB", (1, 1), colour).quantize(palette=few, dither=Image.Dither.NONE).getpixel((0, 0))
        palette[3 * spot : 3 * spot + 3] = colour
    few.putpalette(palette)
    few.save(path, optimize=True)


def take(browser: Browser, site: Site, place: str, path: Path, **arguments: Any) -> None:
    """A picture of what fits the screen, or with `full_page=True` of all."""
    full_page = arguments.pop("full_page", False)
    language = arguments.pop("language", "nl")
    context: BrowserContext = browser.new_context(reduced_motion="reduce", **arguments)
    donor = Donor(context, site, language)
    PLACES[place](donor)
    save(donor.page.screenshot(full_page=full_page), path)
    context.close()


def readme(browser: Browser, folder: Path) -> None:
    for name, (place, screen) in README.items():
        with running_site() as site:
            take(browser, site, place, folder / name, **screen)
        weigh(folder / name)


def guide(browser: Browser, folder: Path) -> None:
    """The pictures of the guides for staff."""
    with running_site() as site:
        world = fill(site.app)
        for name, (roles, go) in GUIDE.items():
            page = desk_of(browser, site, *roles, **DESKTOP)
            page.set_default_navigation_timeout(30_000)
            go(page, site, world)
            save(page.screenshot(), folder / name)
            page.context.close()
            weigh(folder / name)


def weigh(path: Path) -> None:
    """Say how large a picture is. Raises SystemExit where it is too large."""
    size = path.stat().st_size
    print(f"{path}: {size // 1000} kB")
    if size > MOST_BYTES:
        raise SystemExit(f"{path} is more than {MOST_BYTES // 1000} kB")


def _at(path: str) -> Step:
    """A page whose address is known, or that of somebody: `relaties/{person}`."""
    return lambda page, site, world: page.goto(f"{site.url}/desk/{path.format(**vars(world))}")


def _second_step(page: Page, site: Site, _world: World) -> None:
    with site.app.app_context(), transaction():
        accounts.user(Role.FINANCE, email="kees@example.nl", password=hash_password(PASSWORD))
    page.context.clear_cookies()
    page.goto(f"{site.url}/desk/inloggen")
    page.locator("#email").fill("kees@example.nl")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    page.locator("code.copy").wait_for()


def _search(page: Page, site: Site, _world: World) -> None:
    page.goto(f"{site.url}/desk/")
    page.keyboard.press("/")
    page.keyboard.type("Bruining")
    page.locator("#suggestions [role=option]").first.wait_for()


def _duplicates(page: Page, site: Site, _world: World) -> None:
    with site.app.app_context(), transaction():
        named = {"name_prefix": "", "surname": "Veenstra", "match_name": "veenstra", "email": "w.veenstra@example.nl"}
        pair = person(given_name="W.", **named), person(given_name="Willemijn", **named)
        note_duplicates()
    page.goto(f"{site.url}/desk/relaties/{pair[0]}/samenvoegen/{pair[1]}")


def _gift(page: Page, site: Site, _world: World) -> None:
    reference = site.promise(status="paid")
    with site.app.app_context():
        sync_payment(mollie_door(), site.payments_at_mollie()[0]["id"])
    page.goto(f"{site.url}/desk/giften/{reference}")


def _correction(page: Page, site: Site, world: World) -> None:
    _gift(page, site, world)
    page.get_by_role("link", name="Corrigeren").click()
    page.get_by_role("link", name="Datum").click()
    page.locator("#received_on").fill("2026-11-02")
    page.locator("#note").fill("De bank boekte de overboeking later.")
    page.get_by_role("button", name="Controleren wat er geboekt wordt").click()
    page.get_by_role("button", name="Correctie boeken").wait_for()


def _refund(page: Page, site: Site, world: World) -> None:
    _gift(page, site, world)
    page.get_by_role("link", name="Terugbetalen").click()
    page.locator("#amount").fill("300")


def _giving_link(page: Page, site: Site, _world: World) -> None:
    page.goto(f"{site.url}/desk/geeflinks/nieuw")
    page.locator("#code").fill("Dorpskerk Zeist")
    page.locator("#amount").fill("50")
    page.get_by_role("button", name="Geeflink maken").click()
    page.get_by_role("heading", name="Geeflink dorpskerk-zeist").wait_for()


# Who takes each picture of the guides, and how they come there.
GUIDE: dict[str, tuple[tuple[Role, ...], Step]] = {
    "desk-second-step.png": ((Role.FINANCE,), _second_step),
    "desk-permissions.png": ((Role.ADMINISTRATOR,), _at("rechten")),
    "desk-today.png": ((Role.RELATIONS, Role.FINANCE), _at("")),
    "desk-search.png": ((Role.RELATIONS,), _search),
    "desk-contacts.png": ((Role.RELATIONS,), _at("relaties")),
    "desk-contact.png": ((Role.RELATIONS,), _at("relaties/{person}")),
    "desk-edit.png": ((Role.RELATIONS,), _at("relaties/{church}/bewerken")),
    "desk-duplicates.png": ((Role.RELATIONS,), _duplicates),
    "import-list.png": ((Role.RELATIONS,), importing.listing),
    "import-columns.png": ((Role.RELATIONS,), importing.columns),
    "import-rows.png": ((Role.RELATIONS,), importing.rows),
    "desk-gift.png": ((Role.FINANCE,), _gift),
    "desk-correction.png": ((Role.FINANCE,), _correction),
    "desk-refund.png": ((Role.FINANCE,), _refund),
    "desk-giving-link.png": ((Role.RELATIONS,), _giving_link),
    "desk-file.png": ((Role.ADMINISTRATOR,), _at("relaties/{person}/dossier")),
}


def everything(browser: Browser, folder: Path) -> None:
    for place in PLACES:
        for width in WIDTHS:
            for scheme in SCHEMES:
                screen = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
                path = folder / f"{place.replace(' ', '-')}-{width}-{scheme}.png"
                with running_site() as site:
                    take(browser, site, place, path, full_page=True, **screen)


def main(folder: Path, *flags: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        if "--all" in flags:
            everything(browser, folder)
        else:
            readme(browser, folder)
            guide(browser, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
