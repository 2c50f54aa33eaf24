"""The pages on which staff judge, merge, and undo."""

import pytest
from sqlalchemy import select

from fundraising.accounts.models import AuditEntry
from fundraising.accounts.rules import Role
from fundraising.contacts.models import Contact
from fundraising.contacts.queries import contact
from fundraising.contacts.queries.likeness import candidates_to_judge
from fundraising.contacts.queries.merges import merge_page
from fundraising.contacts.services.search_index import reindex
from fundraising.db import session, transaction
from tests.factories.contacts import note_duplicates, organisation, person
from tests.web.page_client import text_of


@pytest.fixture
def pair(app_context):
    """Two people who look alike, noted."""
    with transaction():
        first = person(email="jan@example.nl")
        second = person(email="jan@example.nl", given_name="Jan")
        note_duplicates()
    return first, second


@pytest.fixture
def desk(staff_pages):
    return staff_pages(Role.RELATIONS)


def side_by_side(pair):
    return f"/desk/relaties/{pair[0]}/samenvoegen/{pair[1]}"


def test_an_empty_queue_says_what_comes(desk):
    assert "Er is niets te beoordelen" in desk.get("/desk/dubbelen").text


def test_a_pair_is_shown_with_what_it_shares(desk, pair):
    page = desk.get("/desk/dubbelen")
    assert "J. de Vries en Jan de Vries" in page.text
    assert "hetzelfde e-mailadres" in page.text
    assert page.link("J. de Vries en Jan de Vries") == side_by_side(pair)


def leads(page):
    return [text_of(cell) for cell in page.all("td", class_="lead")]


def test_pairs_and_merges_are_ordered_as_asked(desk, pair):
    with transaction():
        alike = {"surname": "Abels", "match_name": "abels", "email": "a@example.nl", "given_name": "A."}
        person(**alike)
        person(**alike)
        note_duplicates()
    by_name = [leads(desk.get(f"/desk/dubbelen?sorteer={word}")) for word in ("naam", "-naam")]
    assert by_name[0] == by_name[1][::-1] == ["A. de Abels en A. de Abels", "J. de Vries en Jan de Vries"]
    scores = [desk.get(f"/desk/dubbelen?sorteer={word}").all("td", class_="number") for word in ("gelijkenis", "")]
    assert [text_of(cell) for cell in scores[0]] == [text_of(cell) for cell in scores[1]][::-1]
    for address in [desk.get("/desk/dubbelen").link(words) for words in by_name[0]]:
        desk.submit(desk.get(address).form(address.removeprefix("/desk")))
    assert leads(desk.get("/desk/samenvoegingen"))[0] == "Jan de Vries"
    assert leads(desk.get("/desk/samenvoegingen?sorteer=naam"))[0] == "A. de Abels"
    assert leads(desk.get("/desk/samenvoegingen?sorteer=datum"))[0] == "A. de Abels"


def test_what_tells_more_is_proposed_and_can_be_undone(desk, pair):
    page = desk.get(side_by_side(pair))
    assert "mevrouw Jan de Vries" in page.text
    merged = desk.submit(page.form("/samenvoegen/2"))
    assert "De twee zijn nu één relatie." in merged.text
    assert contact(pair[1]).contact_id == pair[0]
    assert contact(pair[0]).name.given_name == "Jan"
    assert len([told for told in merged.all("li", class_="moment") if "samengevoegd" in text_of(told)]) == 1
    [row] = merge_page(skip=0, limit=9)
    undone = desk.submit(merged.form(f"/desk/samenvoegingen/{row.merge_id}/ongedaan"))
    assert "Het zijn weer twee relaties." in undone.text
    assert contact(pair[1]).contact_id == pair[1]
    said = list(session().scalars(select(AuditEntry.action).where(AuditEntry.action.like("contact.%merged"))))
    assert said == ["contact.merged"] * 2 + ["contact.unmerged"] * 2


def test_somebody_may_choose_otherwise(desk, pair):
    page = desk.get(side_by_side(pair))
    desk.submit(page.form("/samenvoegen/2"), {"name": "survivor"})
    assert contact(pair[0]).name.given_name == "J."


def test_two_that_merge_at_once_are_told(desk, pair):
    page = desk.get(side_by_side(pair))
    with transaction():
        session().get_one(Contact, pair[0]).version += 1
    refused = desk.submit(page.form("/samenvoegen/2"), {"name": "survivor"}, status=409)
    assert "Intussen heeft iemand een van beide gewijzigd" in refused.text
    assert contact(pair[1]).contact_id == pair[1]
    # What was chosen is still chosen, and with what stands now it goes through.
    assert refused.form("/samenvoegen/2").values()["name"] == ["survivor"]
    desk.submit(refused.form("/samenvoegen/2"))
    assert contact(pair[0]).name.given_name == "J."


def test_merging_what_was_merged_leads_to_what_stands(desk, pair):
    page = desk.get(side_by_side(pair))
    desk.submit(page.form("/samenvoegen/2"))
    again = desk.submit(page.form("/samenvoegen/2"))
    assert "al een en dezelfde relatie" in again.text


def test_a_church_is_not_merged_with_a_person(desk, pair):
    with transaction():
        church = organisation()
    page = desk.get(side_by_side((pair[0], church)))
    assert "Een persoon en een organisatie zijn nooit één relatie." in page.text
    assert "Samenvoegen tot één relatie" not in page.text


def test_two_that_differ_leave_the_queue_and_come_back(desk, pair):
    page = desk.get("/desk/dubbelen")
    [form] = [form for form in page.all("form") if "verschillend" in form.get("action", "")]
    after = desk.submit(page.form(form.get("action")))
    assert "Dit blijven twee relaties" in after.text
    assert candidates_to_judge() == 0
    [back] = [form for form in after.all("form") if "opnieuw" in form.get("action", "")]
    desk.submit(after.form(back.get("action")))
    assert candidates_to_judge() == 1


@pytest.mark.parametrize("typed", ["Vries", "de vires", "jan@example.nl"])
def test_another_contact_is_chosen_by_its_name_or_address(desk, pair, typed):
    with transaction():
        church = organisation(organisation_name="De Vries")
        third = person(email="jan@example.nl", given_name="Kees")
        reindex([*pair, third, church])
    page = desk.get(desk.get(f"/desk/relaties/{third}").link("Samenvoegen met een andere relatie"))
    page = desk.submit(page.form("/samenvoegen"), {"who": typed}, status=422)
    # Neither who is of another kind nor the contact itself is among those to choose from.
    assert [int(each.get("value")) for each in page.all("input", name="chosen")] == sorted(pair)
    page = desk.submit(page.form("/samenvoegen"), {"chosen": str(pair[1])})
    assert "Is dit dezelfde relatie?" in page.text


def test_another_contact_is_chosen_by_its_number(desk, pair):
    page = desk.get(f"/desk/relaties/{pair[0]}/samenvoegen")
    assert "Is dit dezelfde relatie?" in desk.submit(page.form("/samenvoegen"), {"who": str(pair[1])}).text


def test_one_who_is_the_same_or_nobody_is_told(desk, pair):
    page = desk.get(f"/desk/relaties/{pair[0]}/samenvoegen")
    for typed, words in (("9" * 20, "Er is niemand gevonden"), (str(pair[0]), "al een en dezelfde"), ("", "Vul een")):
        assert words in desk.submit(page.form("/samenvoegen"), {"who": typed}, status=422).text


def test_only_one_who_may_be_meant_is_chosen_already(desk, pair):
    with transaction():
        reindex(pair)
    page = desk.get(f"/desk/relaties/{pair[0]}/samenvoegen")
    page = desk.submit(page.form("/samenvoegen"), {"who": "Vries"}, status=422)
    assert "Is dit dezelfde relatie?" in desk.submit(page.form("/samenvoegen")).text


@pytest.mark.parametrize("address", ["/desk/relaties/9/samenvoegen/10", "/desk/relaties/9/samenvoegen"])
def test_an_unknown_contact_is_not_there(desk, address):
    desk.get(address, status=404)


def test_the_list_takes_as_many_queries_however_long(desk, app_context, queries):
    def asked(people):
        with transaction():
            for number in people:
                for _ in range(2):
                    person(email=f"{number}@example.nl")
            note_duplicates()
        with queries() as statements:
            desk.get("/desk/dubbelen")
        return len(statements)

    assert asked(range(2)) == asked(range(2, 20))
