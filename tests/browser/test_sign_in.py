"""Signing in: the first administrator, an invited colleague, an app, a passkey; on a desktop and a telephone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from fundraising.accounts.rules import Role
from fundraising.accounts.security import hash_password
from fundraising.db import transaction
from tests.browser.colleague import PASSWORD, Colleague
from tests.browser.donor import DESKTOP, NARROW
from tests.factories import accounts


def assert_well_made(page):
    """Axe finds nothing, and nothing sticks out on the side."""
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.fixture
def colleague(site, new_context):
    """Open a browser for a member of staff."""
    opened = []

    def open_browser(language="nl", **arguments):
        context = new_context(**({"reduced_motion": "reduce"} | DESKTOP | arguments))
        opened.append(Colleague(context, site, language))
        return opened[-1]

    yield open_browser
    for each in opened:
        each.check_nothing_went_wrong()


def somebody(site, *roles, email="kees@example.nl"):
    with site.app.app_context(), transaction():
        accounts.user(*roles, email=email, name="Kees Smit", password=hash_password(PASSWORD))
    return email


@pytest.mark.parametrize("size", [DESKTOP, NARROW], ids=["desktop", "phone"])
def test_the_first_administrator_invites_a_colleague(site, colleague, size):
    runner = site.app.test_cli_runner()
    added = runner.invoke(args=["users", "add", "bea@example.nl", "Bea", "--role", "administrator", "--link"])
    bea = colleague(**size)
    bea.choose_password(added.output.strip())
    assert_well_made(bea.page)
    bea.sign_in("bea@example.nl")
    bea.heading("Set up your second step")
    assert_well_made(bea.page)
    bea.page.locator("#code").fill(bea.code(bea.telephone()))
    bea.button("Use this app").click()
    bea.heading("Your recovery codes")
    assert_well_made(bea.page)
    bea.page.get_by_role("link", name=bea.say("I have kept them")).click()
    bea.at("/desk/")
    bea.go("/desk/gebruikers/uitnodigen")
    assert_well_made(bea.page)
    bea.page.locator("#name").fill("Kees Smit")
    bea.page.locator("#email").fill("kees@example.nl")
    bea.page.get_by_label(bea.say("Relations"), exact=True).check()
    bea.button("Send the invitation").click()
    expect(bea.page.get_by_role("heading", level=1)).to_have_text("Kees Smit")
    assert_well_made(bea.page)
    kees = colleague(**size)
    kees.choose_password(site.link_in_mail("staff_invitation"))
    kees.sign_in("kees@example.nl")
    kees.heading("Set up your second step")
    bea.go("/desk/logboek")
    assert_well_made(bea.page)
    expect(bea.page.locator("td code", has_text="user.invited")).to_have_count(2)


def test_a_code_of_the_app_is_the_second_step(site, colleague):
    email = somebody(site, Role.FINANCE)
    kees = colleague()
    kees.sign_in(email)
    secret = kees.telephone()
    kees.page.locator("#code").fill(kees.code(secret))
    kees.button("Use this app").click()
    kees.heading("Your recovery codes")
    again = colleague()
    again.sign_in(email)
    again.heading("Second step")
    assert_well_made(again.page)
    again.page.locator("#code").fill("000000")
    again.button("Continue").click()
    expect(again.page.locator("#errors")).to_be_visible()
    assert_well_made(again.page)
    again.page.locator("#code").fill(again.code(secret, later=30))
    again.button("Continue").click()
    again.at("/desk/")


def test_a_passkey_is_made_at_the_first_sign_in_and_then_enough_by_itself(site, colleague):
    kees = colleague()
    kees.gets_passkeys()
    kees.sign_in(somebody(site, Role.FINANCE))
    kees.page.locator("#name").fill("Laptop")
    kees.button("Make a passkey").click()
    kees.heading("Your recovery codes")
    kees.go("/desk/account")
    assert_well_made(kees.page)
    expect(kees.page.get_by_text("Passkey Laptop").first).to_be_visible()
    kees.page.locator(".person summary").click()
    kees.page.get_by_role("button", name=kees.say("Sign out"), exact=True).click()
    kees.at("/desk/inloggen")
    assert_well_made(kees.page)
    kees.button("Sign in with a passkey").click()
    kees.at("/desk/")
    kees.go("/desk/account")
    kees.heading("My account")


def test_a_passkey_is_the_second_step_after_a_password(site, colleague):
    email = somebody(site, Role.FINANCE)
    kees = colleague()
    kees.gets_passkeys()
    kees.sign_in(email)
    kees.button("Make a passkey").click()
    kees.heading("Your recovery codes")
    kees.page.context.clear_cookies()
    kees.sign_in(email)
    kees.heading("Second step")
    kees.button("Use my passkey").click()
    kees.at("/desk/")


def test_without_its_owners_finger_no_passkey_is_made_and_the_page_says_so(site, colleague):
    kees = colleague()
    kees.gets_passkeys(finger=False)
    kees.sign_in(somebody(site, Role.FINANCE))
    kees.button("Make a passkey").click()
    expect(kees.page.locator("[data-failed]")).to_be_visible()
    assert_well_made(kees.page)


@pytest.mark.parametrize("size", [DESKTOP, NARROW], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_about_staff_is_well_made(site, colleague, size, language, staff_pages):
    bea = colleague(**size)
    pages = staff_pages(Role.ADMINISTRATOR, language=language)
    kept = pages.client.get_cookie("desk", path="/desk")
    bea.page.context.add_cookies(
        [{"name": "desk", "value": kept.value, "domain": "localhost", "path": "/desk", "httpOnly": True}]
    )
    for path in ("rechten", "gebruikers", "logboek", "account", "account/wachtwoord", "account/bevestigen"):
        bea.go(f"/desk/{path}")
        assert_well_made(bea.page)
