"""Each role sees just its part: on the front page, in the menu, on a contact's page, and by typing an address."""

from dataclasses import dataclass

import pytest

from fundraising.accounts.rules import Role
from tests.browser.colleague import on_both_screens
from tests.browser.desk import fill
from tests.browser.donor import NARROW

pytestmark = pytest.mark.broken_ledger  # payments that stand in tables alone


@dataclass(frozen=True)
class Part:
    """What somebody sees and another role does not all see, in the words of the catalogue."""

    menu: tuple[str, ...]
    today: tuple[str, ...]
    of_a_contact: tuple[str, ...]
    refused: tuple[str, ...]


PARTS = {
    Role.RELATIONS: Part(
        menu=("Today", "Contacts", "Duplicates", "Import contacts", "Gifts", "Giving links", "Permissions"),
        today=("New gifts", "Duplicates to judge", "E-mail that comes back", "New contacts"),
        of_a_contact=("Giving", "Documents", "Privacy"),
        refused=("gebruikers", "logboek", "privacy", "giften/exporteren"),
    ),
    Role.FINANCE: Part(
        menu=("Today", "Contacts", "Gifts", "Earlier gifts", "Permissions"),
        today=("Transfers that were promised", "Paid twice", "Faults", "Mail that could not be delivered"),
        of_a_contact=("Giving", "Documents"),
        refused=("gebruikers", "logboek", "dubbelen", "geeflinks"),
    ),
    Role.ADMINISTRATOR: Part(
        menu=("Today", "Contacts", "Users", "Permissions", "Audit trail", "Privacy"),
        today=(
            "Faults",
            "Mail that could not be delivered",
            "Colleagues who cannot work yet",
            "Jobs",
            "Done lately",
        ),
        of_a_contact=("Privacy",),
        refused=("giften", "geeflinks", "dubbelen", "relaties/exporteren"),
    ),
    Role.AUDITOR: Part(
        menu=("Today", "Contacts", "Gifts", "Permissions", "Audit trail"),
        today=("New gifts", "Done lately"),
        of_a_contact=("Giving", "Documents"),
        refused=("gebruikers", "terugbetalingen", "relaties/exporteren", "geeflinks"),
    ),
}


def own_part(somebody, shown, part):
    """Of what is shown, in order, that which this test knows, and which thus is for some role or other."""
    known = {somebody.say(each) for other in PARTS.values() for each in getattr(other, part)}
    return [each for each in shown if each in known]


@on_both_screens
def test_each_role_sees_just_its_part(site, colleague, screen):
    world, walked = fill(site.app), set()
    for role, part in PARTS.items():
        somebody = colleague(role, **screen)
        page, say = somebody.page, somebody.say
        somebody.go("/desk/")
        if screen is NARROW:
            page.get_by_text("Menu", exact=True).click()
        menu = page.locator(".side nav:visible").get_by_role("link")
        assert own_part(somebody, menu.all_inner_texts(), "menu") == [say(each) for each in part.menu], role
        panels = page.locator("main h2")
        assert own_part(somebody, panels.all_inner_texts(), "today") == [say(each) for each in part.today], role
        for path in {link.get_attribute("href") for link in menu.all()} - walked:
            somebody.go(path)
            somebody.assert_well_made()
            walked.add(path)
        walked.discard("/desk/")  # every role has another one
        somebody.go(f"/desk/relaties/{world.person}")
        told = own_part(somebody, panels.all_inner_texts(), "of_a_contact")
        assert set(told) == {say(each) for each in part.of_a_contact}, role
        for path in part.refused:
            assert page.goto(f"{site.url}/desk/{path}").status == 403, (role, path)
        somebody.assert_well_made()
