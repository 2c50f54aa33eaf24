"""Two contacts that are one: judged, merged, and made two again."""

import pytest
from playwright.sync_api import expect

from fundraising.accounts.rules import Role
from fundraising.contacts.queries import contact
from fundraising.contacts.services.search_index import reindex
from fundraising.db import transaction
from fundraising.money import Euro
from tests.browser.colleague import on_both_screens
from tests.factories.contacts import note_duplicates, person
from tests.factories.gifts import gift

MADE_TWO = "They are two contacts again. What came in since the merge stays with %(name)s."


@pytest.fixture
def pair(site):
    """Somebody who was written down twice, with a gift each time."""
    with site.app.app_context(), transaction():
        kept = {"name_prefix": "", "surname": "Bruning", "match_name": "bruning", "email": "h.bruning@example.nl"}
        numbers = person(given_name="H.", **kept), person(given_name="Hanneke", **kept)
        for number, amount in zip(numbers, (40, 60), strict=True):
            gift(contact_id=number, amount=Euro.of(amount))
        reindex(numbers)
        note_duplicates()
    return numbers


def leads_to(site, number):
    with site.app.app_context():
        return contact(number).contact_id


@on_both_screens
def test_two_are_judged_merged_and_made_two_again(site, colleague, pair, screen):
    first, second = pair
    marianne = colleague(Role.RELATIONS, **screen)
    page = marianne.page
    marianne.go("/desk/")
    page.get_by_role("region", name=marianne.say("Duplicates to judge")).get_by_role("link").first.click()
    marianne.at("/desk/dubbelen")
    marianne.assert_well_made()
    page.get_by_role("link", name="H. Bruning").click()
    marianne.heading("Are these one contact?")
    marianne.assert_well_made()
    expect(page.get_by_label("Hanneke Bruning")).to_be_checked()
    marianne.button("Merge into one contact").click()
    marianne.said("The two are one contact now.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hanneke Bruning")
    gifts = page.get_by_role("region", name=marianne.say("What happened")).locator(".moment.gift")
    expect(gifts).to_have_count(2)
    marianne.assert_well_made()
    marianne.go(f"/desk/relaties/{second}")
    marianne.at(f"/desk/relaties/{first}")
    marianne.go("/desk/dubbelen")
    marianne.link("See what was merged").click()
    marianne.assert_well_made()
    marianne.button("Undo").click()
    marianne.said(MADE_TWO, name="H. Bruning")
    expect(page.get_by_role("heading", level=1)).to_have_text("H. Bruning")
    expect(gifts).to_have_count(1)
    marianne.assert_well_made()
    assert (leads_to(site, first), leads_to(site, second)) == pair


def test_a_merge_is_undone_from_where_it_was_made(site, colleague, pair):
    first, second = pair
    marianne = colleague(Role.RELATIONS)
    marianne.go(f"/desk/relaties/{first}/samenvoegen/{second}")
    marianne.button("Merge into one contact").click()
    marianne.said("The two are one contact now.")
    assert leads_to(site, second) == first
    marianne.button("Undo").click()
    marianne.said(MADE_TWO, name="H. Bruning")
    assert (leads_to(site, first), leads_to(site, second)) == pair
