"""The search box: each sees what their role may see, and what is asked for by its number opens at once."""

import pytest

from fundraising.accounts.rules import Role
from fundraising.clock import now
from fundraising.contacts.models import Contact, ContactIban
from fundraising.contacts.rules import IbanProvenance
from fundraising.contacts.services.search_index import reindex
from fundraising.db import session, transaction
from fundraising.gifts.rules import written_reference
from fundraising.money import Euro
from tests.factories.contacts import organisation, person
from tests.factories.gifts import gift
from tests.factories.giving import donation

IBAN = "NL91ABNA0417164300"
BOX = "/desk/zoeken"
TYPING = "/desk/zoeken/tijdens-typen"


@pytest.fixture
def house(app, programmes):
    """Bruning with a gift, Bruinsma who was merged into Bruning, a church, and a promise."""
    with app.app_context(), transaction():
        bruning = person(surname="Bruning", name_prefix="", match_name="bruning")
        old = person(surname="Wiersma", name_prefix="", match_name="wiersma", merged_into_id=bruning)
        church = organisation(organisation_name="Sint-Janskerk <b>Gouda</b>")
        session().add(ContactIban(contact_id=bruning, iban=IBAN, provenance=IbanProvenance.BANK, created_at=now()))
        app.known = {
            "bruning": bruning,
            "gift": gift(contact_id=bruning, amount=Euro.of(1300)).reference,
            "promise": donation(amount=Euro.of(75)).reference,
        }
        session().flush()  # what is found stands in the tables
        reindex([bruning, old, church])
    return app


@pytest.fixture
def box(house, staff_pages):
    """`box(Role.FINANCE)("jansen")` types into the box and presses Enter; the bare answer."""

    def sign_in(*roles):
        pages = staff_pages(*roles)
        form = pages.get(BOX).form(BOX)
        return lambda typed: pages.send(form, {"q": typed})

    return sign_in


def path_to(contact_id):
    return f"/desk/relaties/{contact_id}"


def test_a_contact_is_found_and_stands_in_its_group(house, box):
    search = box(Role.RELATIONS)
    for typed in ("Bruning", "brunin", "Bruining", "wiersma", "4300"):
        answer = search(typed)
        assert answer.status_code == 200
        assert path_to(house.known["bruning"]) in answer.text, typed
        assert "Relaties" in answer.text


def test_one_found_under_an_old_name_says_so(box):
    assert "voorheen J. Wiersma" in box(Role.RELATIONS)("wiersma").text


def test_what_is_typed_stays_in_the_box_and_names_are_text(box):
    answer = box(Role.RELATIONS)('sint-janskerk "<i>')
    assert 'value="sint-janskerk &#34;&lt;i&gt;"' in answer.text
    assert "Sint-Janskerk &lt;b&gt;Gouda&lt;/b&gt;" in box(Role.RELATIONS)("janskerk").text


def test_a_reference_leads_straight_to_its_gift_however_it_is_written(house, box):
    reference = house.known["gift"]
    for typed in (reference, written_reference(reference).lower(), f" {reference.lower()} "):
        answer = box(Role.FINANCE)(typed)
        assert (answer.status_code, answer.location) == (303, f"/desk/giften/{reference}")


def test_a_number_or_a_whole_account_leads_straight_to_its_contact(house, box):
    contact_id = house.known["bruning"]
    for typed in (f"#{contact_id}", IBAN, "nl91 abna 0417 1643 00"):
        answer = box(Role.AUDITOR)(typed)
        assert (answer.status_code, answer.location) == (303, path_to(contact_id)), typed


def test_who_may_see_gifts_sees_what_was_promised(house, box):
    for role in (Role.RELATIONS, Role.FINANCE, Role.AUDITOR):
        answer = box(role)(house.known["promise"])
        assert "Toegezegde giften" in answer.text, role
        assert "€ 75" in answer.text.replace("\xa0", " ")


def test_an_administrator_finds_contacts_and_no_gifts(house, box):
    typed = box(Role.ADMINISTRATOR)
    assert path_to(house.known["bruning"]) in typed("bruning").text
    for reference in ("gift", "promise"):
        answer = typed(house.known[reference])
        assert answer.status_code == 200
        assert "Niets gevonden" in answer.text


def test_the_best_show_while_one_types(house, staff_pages):
    pages = staff_pages(Role.RELATIONS)
    form = pages.get(BOX).form(BOX)
    token = form.values()["csrf_token"]
    answer = pages.client.post(TYPING, data={"q": "bruni", "csrf_token": token})
    assert answer.status_code == 200
    assert f'href="{path_to(house.known["bruning"])}"' in answer.text
    assert "<html" not in answer.text
    assert pages.client.post(TYPING, data={"q": "bruni"}).status_code == 400


def test_what_finds_nothing_says_what_can_be_typed(box):
    search = box(Role.RELATIONS)
    for typed in ("", "   ", "%", "🙏", "x" * 200):
        answer = search(typed)
        assert answer.status_code == 200
        assert "row-main" not in answer.text, typed


def test_more_than_a_page_holds_is_told(house, box):
    with house.app_context(), transaction():
        many = [person(surname="Velen", match_name="velen") for _ in range(51)]
        reindex(many)
    answer = box(Role.RELATIONS)("velen")
    assert answer.text.count("row-main") == 50
    assert "50 beste" in answer.text


def test_as_many_questions_for_many_as_for_few(house, box, queries):
    typed = box(Role.RELATIONS)
    with queries() as few:
        typed("jans")
    with house.app_context(), transaction():
        reindex([person(surname="Jansma", match_name="jansma") for _ in range(40)])
        assert session().get(Contact, 1) is not None
    with queries() as many:
        typed("jans")
    assert len(many) <= len(few)


def test_nobody_searches_who_is_not_signed_in(client):
    assert client.get(BOX).status_code == 303
    assert client.post(BOX, data={"q": "bruning"}).status_code == 401
