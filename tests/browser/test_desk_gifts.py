"""Finance finds a gift, corrects it and refunds a part; on a desktop and a telephone."""

from playwright.sync_api import expect

from fundraising.accounts.rules import Role
from fundraising.giving.jobs import mollie_door, sync_payment
from fundraising.giving.simulator import lifecycle
from tests.browser.colleague import on_both_screens


@on_both_screens
def test_finance_finds_corrects_and_partly_refunds_a_gift(site, colleague, screen):
    site.promise(status="paid")
    site.sweep()
    (gift,) = site.gifts()
    kees = colleague(Role.FINANCE, **screen)
    page = kees.page
    kees.go("/desk/giften")
    kees.assert_well_made()
    page.locator("td.lead a").click()
    kees.assert_well_made()

    page.get_by_role("link", name="Corrigeren").click()
    page.get_by_role("link", name="Datum").click()
    page.locator("#received_on").fill("2026-01-15")
    page.locator("#note").fill("De bank boekte later")
    kees.assert_well_made()
    page.get_by_role("button", name="Controleren wat er geboekt wordt").click()
    kees.assert_well_made()
    page.get_by_role("button", name="Correctie boeken").click()
    expect(page.get_by_text("De correctie is geboekt")).to_be_visible()

    page.get_by_role("link", name="Terugbetalen").click()
    page.locator("#amount").fill("10")
    kees.assert_well_made()
    page.get_by_role("button", name="Terugbetalen").click()
    expect(page.get_by_text("Mollie betaalt het terug")).to_be_visible()
    (payment,) = site.payments_at_mollie()
    (refund,) = site.mollie.world.refunds(payment["id"])
    lifecycle.move_refund(site.mollie.world, refund.id, "processing")
    with site.app.app_context():
        sync_payment(mollie_door(), payment["id"])
    page.reload()
    kees.assert_well_made()
    expect(page.get_by_text("Terugbetaling onderweg")).to_be_visible()
    (after,) = site.gifts()
    assert (after.received_on.isoformat(), (gift.standing - after.standing).value) == ("2026-01-15", "10.00")


@on_both_screens
def test_relations_make_a_giving_link(colleague, screen):
    marianne = colleague(Role.RELATIONS, **screen)
    page = marianne.page
    marianne.go("/desk/geeflinks")
    marianne.assert_well_made()
    page.get_by_role("link", name="Nieuwe geeflink").first.click()
    page.locator("#code").fill("Dorpskerk Zeist")
    page.locator("#amount").fill("50")
    marianne.assert_well_made()
    page.get_by_role("button", name="Geeflink maken").click()
    expect(page.get_by_role("heading", name="Geeflink dorpskerk-zeist")).to_be_visible()
    marianne.assert_well_made()
    page.get_by_role("link", name="/via/dorpskerk-zeist").click()
    expect(page.locator("input[name=via]")).to_have_value("dorpskerk-zeist")
