"""What holds of every public page in every state: anybody can use it, it fits a phone, it weighs little."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.donor import DESKTOP, NARROW
from tests.browser.places import KINDS, PLACES, transfer
from tests.browser.traffic import Traffic

# Bytes on the line, headers included, for a browser that comes for the first time.
MOST_OF_ALL = 60_000
MOST_OF_A_PAGE = 30_000
MOST_REQUESTS = 5
WEIGHED = ("home", "herstelwerk", "achterblijvers", "privacy", "anbi", "transfer", "payment paid", "payment pending")
ENGLISH = ("home", "achterblijvers", "anbi", "transfer", "payment paid")


def assert_accessible(page, place, *, scheme):
    page.emulate_media(color_scheme=scheme)
    found = Axe().run(page)
    assert found.violations_count == 0, f"{place}, {scheme}:\n{found.generate_report()}"


def assert_fits(page, place):
    """Nothing scrolls sideways, and nothing of the text sticks out of its screen unseen."""
    wide = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
    assert wide[0] <= wide[1], f"{place} is {wide[0]} px wide on a screen of {wide[1]}"
    out = page.evaluate(
        """() => [...document.querySelectorAll("main *, header *, footer *")]
          .filter(one => !one.closest(".trap, .skip, .visually-hidden, svg") && one.getClientRects().length)
          .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
          .map(one => one.outerHTML.slice(0, 120))""",
    )
    assert out == [], place
    broken = page.evaluate(
        """() => [...document.querySelectorAll(".figures strong, .unit strong")]
          .filter(one => one.getBoundingClientRect().height > 1.8 * parseFloat(getComputedStyle(one).fontSize))
          .map(one => one.textContent)""",
    )
    assert broken == [], f"{place}: numbers over two lines"


@pytest.mark.parametrize("kind", KINDS)
def test_anybody_can_use_it_on_any_screen(visitor, kind):
    donor = visitor(**NARROW)
    for place, go in KINDS[kind].items():
        donor.page.set_viewport_size(NARROW["viewport"])
        go(donor)
        assert_fits(donor.page, place)
        assert_accessible(donor.page, place, scheme="light")
        donor.page.set_viewport_size(DESKTOP["viewport"])
        assert_fits(donor.page, place)
        assert_accessible(donor.page, place, scheme="dark")


def test_english_fits_and_is_accessible_too(visitor):
    donor = visitor("en", **NARROW)
    for place in ENGLISH:
        PLACES[place](donor)
        assert_fits(donor.page, place)
        assert_accessible(donor.page, place, scheme="light")


def test_every_page_leads_to_itself_in_the_other_language(donor):
    for place in ENGLISH:
        PLACES[place](donor)
        path = urlsplit(donor.page.url).path
        for prefix in ("/en", ""):
            donor.page.locator(".languages :not(.heard)").click()
            donor.page.wait_for_url(re.compile(rf"{re.escape(donor.site.url + prefix + path)}(\?invullen)?$"))


def test_it_fits_with_letters_twice_as_large(visitor):
    donor = visitor(viewport={"width": 720, "height": 740})
    for place in ("home", "achterblijvers", "transfer", "mistakes"):
        PLACES[place](donor)
        donor.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert_fits(donor.page, place)
        # As do phones of people who do not see well.
        donor.page.set_viewport_size({"width": 360, "height": 740})
        assert_fits(donor.page, place)
        donor.page.set_viewport_size({"width": 720, "height": 740})


def test_a_page_weighs_little(donor, record_property):
    traffic = Traffic(donor.page)
    for place in WEIGHED:
        traffic.begin()
        PLACES[place](donor)
        donor.page.wait_for_load_state("networkidle")

        record_property(place, f"{traffic.bytes} bytes in {len(traffic.paths)} requests")
        assert traffic.bytes <= MOST_OF_A_PAGE, (place, traffic.bytes, traffic.paths)
        assert len(traffic.paths) <= MOST_REQUESTS, (place, traffic.paths)


def test_a_whole_gift_weighs_little(donor, record_property):
    traffic = Traffic(donor.page, only=donor.site.url)
    donor.find_programme("achterblijvers")
    donor.choose("1300.00")
    donor.fill_in()
    donor.send()
    donor.at_checkout()
    donor.finish("paid")
    donor.heading("Thank you for your gift")

    record_property("bytes", traffic.bytes)
    assert traffic.bytes <= MOST_OF_ALL, traffic.paths


def test_nothing_moves_while_a_page_comes(visitor):
    donor = visitor(**NARROW)
    for place in ("home", "achterblijvers"):
        PLACES[place](donor)
        donor.page.wait_for_load_state("networkidle")
        shift = donor.page.evaluate(
            """new Promise(done => new PerformanceObserver(list =>
              done(list.getEntries().reduce((sum, entry) => sum + entry.value, 0))
            ).observe({type: "layout-shift", buffered: true}) || setTimeout(() => done(0), 300))""",
        )
        assert shift < 0.01, place


def test_what_is_touched_is_large_enough(visitor):
    """44 px, but for links within a sentence."""
    donor = visitor(**NARROW)
    touched = "main a.button, button:not(.heard), .choice, .languages a, .foot nav a, summary, .input"
    small = f"""() => [...document.querySelectorAll("{touched}")]
      .map(one => [one.getBoundingClientRect(), one.outerHTML.slice(0, 80)])
      .filter(([box]) => box.width > 0 && box.height < 44).map(([, html]) => html)"""
    for place in ("home", "achterblijvers", "payment failed"):
        PLACES[place](donor)
        assert donor.page.evaluate(small) == [], place
    transfer(donor)
    assert donor.page.evaluate(small) == []
