"""Signing in: the first administrator, an invited colleague, an app, a passkey; on a desktop and a telephone."""

import pytest
from playwright.sync_api import expect

from fundraising.accounts.rules import Role
from fundraising.accounts.security import hash_password
from fundraising.db import transaction
from tests.browser.colleague import PASSWORD, on_both_screens
from tests.factories import accounts


def somebody(site, *roles, email="kees@example.nl"):
    with site.app.app_context(), transaction():
        accounts.user(*roles, email=email, name="Kees Smit", password=hash_password(PASSWORD))
    return email


@on_both_screens
def test_the_first_administrator_invites_a_colleague(site, colleague, screen):
    runner = site.app.test_cli_runner()
    added = runner.invoke(args=["users", "add", "bea@example.nl", "Bea", "--role", "administrator", "--link"])
    bea = colleague(**screen)
    bea.choose_password(added.output.strip())
    bea.assert_well_made()
    bea.sign_in("bea@example.nl")
    bea.heading("Set up your second step")
    bea.assert_well_made()
    bea.page.locator("#code").fill(bea.code(bea.telephone()))
    bea.button("Use this app").click()
    bea.heading("Your recovery codes")
    bea.assert_well_made()
    bea.page.get_by_role("link", name=bea.say("I have kept them")).click()
    bea.at("/desk/")
    bea.heading("Today")
    bea.assert_well_made()
    bea.go("/desk/gebruikers/uitnodigen")
    bea.assert_well_made()
    bea.page.locator("#name").fill("Kees Smit")
    bea.page.locator("#email").fill("kees@example.nl")
    bea.page.get_by_label(bea.say("Relations"), exact=True).check()
    bea.button("Send the invitation").click()
    expect(bea.page.get_by_role("heading", level=1)).to_have_text("Kees Smit")
    bea.assert_well_made()
    kees = colleague(**screen)
    kees.choose_password(site.link_in_mail("staff_invitation"))
    kees.sign_in("kees@example.nl")
    kees.heading("Set up your second step")
    bea.go("/desk/logboek")
    bea.assert_well_made()
    # On a phone its label stands before it in the same cell.
    expect(bea.page.get_by_role("cell", name=bea.say("Colleague invited"))).to_have_count(2)


@on_both_screens
def test_a_code_of_the_app_is_the_second_step(site, colleague, screen):
    email = somebody(site, Role.FINANCE)
    kees = colleague(**screen)
    kees.sign_in(email)
    secret = kees.telephone()
    kees.page.locator("#code").fill(kees.code(secret))
    kees.button("Use this app").click()
    kees.heading("Your recovery codes")
    again = colleague(**screen)
    again.sign_in(email)
    again.heading("Second step")
    again.assert_well_made()
    again.page.locator("#code").fill("000000")
    again.button("Continue").click()
    expect(again.page.locator("#errors")).to_be_visible()
    again.assert_well_made()
    again.page.locator("#code").fill(again.code(secret, later=30))
    again.button("Continue").click()
    again.at("/desk/")


@on_both_screens
def test_a_passkey_is_made_at_the_first_sign_in_and_then_enough_by_itself(site, colleague, screen):
    kees = colleague(**screen)
    kees.gets_passkeys()
    kees.sign_in(somebody(site, Role.FINANCE))
    kees.page.locator("#name").fill("Laptop")
    kees.button("Make a passkey").click()
    kees.heading("Your recovery codes")
    kees.go("/desk/account")
    kees.assert_well_made()
    expect(kees.page.get_by_text("Passkey Laptop").first).to_be_visible()
    kees.page.locator(".person summary").click()
    kees.page.get_by_role("button", name=kees.say("Sign out"), exact=True).click()
    kees.at("/desk/inloggen")
    kees.assert_well_made()
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
    kees.assert_well_made()


@on_both_screens
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_about_staff_is_well_made(colleague, screen, language):
    bea = colleague(Role.ADMINISTRATOR, language=language, **screen)
    for path in ("rechten", "gebruikers", "logboek", "account", "account/wachtwoord", "account/bevestigen"):
        bea.go(f"/desk/{path}")
        bea.assert_well_made()
