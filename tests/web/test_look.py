"""The look, as far as numbers can hold it: contrast in both lights, weight, and no style or script outside its file."""

from __future__ import annotations

import re
from itertools import product

import pytest

from fundraising.resources import resource

STYLESHEET = resource("static/public.css").read_text(encoding="utf-8")
TEMPLATES = sorted(resource("templates").rglob("*.html"))
TEXT = ("ink", "ink-soft", "petrol", "terracotta", "good", "warn", "bad")
GROUNDS = ("paper", "card", "sand", "petrol-wash")
READABLE, VISIBLE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11


def tokens(light: str) -> dict[str, str]:
    """The colours of the light or the dark page; what the dark one does not name is as in the light one."""
    root, dark = re.findall(r":root \{(.*?)\}", STYLESHEET, re.DOTALL)[:2]
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", root))
    return found | (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", dark)) if light == "dark" else {})


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_the_standard_does() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#1f2a30", "#faf7f2") == pytest.approx(13.7, abs=0.05)


@pytest.mark.parametrize("light", ["light", "dark"])
def test_text_can_be_read_on_every_ground(light) -> None:
    colours = tokens(light)
    for text, ground in product(TEXT, GROUNDS):
        assert contrast(colours[text], colours[ground]) >= READABLE, f"{text} on {ground}"
    assert contrast(colours["on-petrol"], colours["petrol"]) >= READABLE
    assert contrast(colours["on-terracotta"], colours["terracotta"]) >= READABLE
    assert contrast(colours["on-terracotta"], colours["terracotta-deep"]) >= READABLE


@pytest.mark.parametrize("light", ["light", "dark"])
def test_the_edge_of_a_field_can_be_seen(light) -> None:
    colours = tokens(light)
    for ground in GROUNDS:
        assert contrast(colours["edge"], colours[ground]) >= VISIBLE, ground


def test_rules_name_tokens_and_no_colours_of_their_own() -> None:
    rules = re.sub(r":root \{.*?\}|/\*.*?\*/", "", STYLESHEET, flags=re.DOTALL)
    # A QR code stays dark on white at night, and a shadow is black by day and night.
    loose = set(re.findall(r"#[0-9a-f]{3,6}\b", rules))
    assert loose == {"#fff", "#000"}


def test_every_token_that_a_rule_names_exists() -> None:
    assert set(re.findall(r"var\(--([a-z-]+)\)", STYLESHEET)) <= set(re.findall(r"--([a-z-]+):", STYLESHEET))


def test_the_stylesheet_is_small_and_loads_nothing() -> None:
    assert len(STYLESHEET.encode()) < 16_000
    assert "@import" not in STYLESHEET
    assert "url(" not in STYLESHEET


# What becomes a PDF is no page of a browser: it carries its own style, and WeasyPrint fetches nothing.
PRINTED = {"giving/links/poster.html", "privacy/file_pdf.html"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(resource("templates")).as_posix())
def test_templates_carry_no_style_or_script_and_load_nothing_from_elsewhere(path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\ssrc=\"\{\{ static\()", text)
    assert not re.search(r"\son[a-z]+=\"", text)
    assert not re.search(r"<(script|link|img|iframe|source)\b[^>]*\b(src|href)=\"(https?:)?//", text)
    if path.parent.name != "email" and path.relative_to(resource("templates")).as_posix() not in PRINTED:
        assert "<style" not in text
        assert " style=" not in text


def test_the_pictures_are_small_and_of_the_right_size() -> None:
    card = resource("static/social-card.png").read_bytes()
    assert len(card) < 60_000
    assert (int.from_bytes(card[16:20]), int.from_bytes(card[20:24])) == (1200, 630)
    assert len(resource("static/favicon.ico").read_bytes()) < 5_000
    assert len(resource("static/favicon.svg").read_bytes()) < 1_000


@pytest.mark.sqlite_only
def test_one_call_to_give_on_the_front_page(runner, pages) -> None:
    from fundraising.programmes.cli import cli

    runner.invoke(cli, ["load"])
    for address in ("/", "/en/"):
        page = pages.get(address)
        assert len([link for link in page.all("a") if "give" in link.get("class", "").split()]) == 1


@pytest.mark.sqlite_only
def test_the_front_page_says_of_each_figure_whether_it_is_an_aim(runner, pages) -> None:
    from fundraising.programmes.cli import cli

    runner.invoke(cli, ["load"])
    page = pages.get("/en/")
    shown = {}
    for section in page.all("section", class_="figures"):
        heading = next(section.iter("h3")).text.strip()
        shown[heading] = [next(item.iter("strong")).text for item in section.iter("li")]

    assert shown == {
        "Aim for 2026": ["17", "70", "48", "44", "41", "26"],
        "Result in 2024": ["192", "26", "471"],
        "Aim for 2025": ["195", "35", "485"],
    }
