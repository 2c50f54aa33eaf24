"""Adding people and organisations, with a look at who may be the same."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from fundraising.accounts.rules import Role
from fundraising.contacts.models import Contact
from fundraising.contacts.queries.record import record
from fundraising.contacts.queries.resemblance import Shared, Sketch, look_alikes
from fundraising.contacts.rules import Address, ContactKind, OrganisationKind
from fundraising.contacts.rules.details import AddressEntry
from fundraising.contacts.rules.organisations import Role as Position
from fundraising.contacts.services.ways import add_address, add_phone
from fundraising.db import session, transaction
from tests.factories.contacts import organisation, person

IBAN = "NL91ABNA0417164300"
NEW = "/desk/relaties/nieuw"


@pytest.fixture
def desk(staff_pages):
    return staff_pages(Role.RELATIONS, language="en")


def done(verb, *args, **kwargs):
    with transaction():
        return verb(*args, **kwargs)


def how_many() -> int:
    return session().scalar(select(func.count()).select_from(Contact))


def newest() -> int:
    return session().scalar(select(func.max(Contact.id)))


def test_a_new_person_with_everything(desk, app_context):
    page = desk.get(desk.get(NEW).link("Person"))
    answers = {
        "salutation": "mr",
        "given_name": "j",
        "name_prefix": "van der",
        "surname": "Berg",
        "email": "jan@example.nl",
        "phone": "0612345678",
        "street": "Dorpsstraat",
        "house_number": "1",
        "postcode": "1234ab",
        "town": "Ede",
        "iban": IBAN,
    }
    page = desk.submit(page.form("persoon"), answers)
    assert page.heading == "J. van der Berg"
    kept = record(newest())
    assert kept.emails[0].address == "jan@example.nl"
    assert kept.places[0].address == Address("Dorpsstraat", "1", "1234 AB", "Ede")
    assert [entry.provenance for entry in kept.ibans] == ["typed"]


def test_a_new_church_with_what_a_church_has(desk, app_context):
    page = desk.get(f"{NEW}/kerk")
    assert "brin" not in page.form("kerk").values()
    desk.submit(page.form("kerk"), {"organisation_name": "Oude Kerk", "denomination": "rk", "church_town": "Ede"})
    assert record(newest()).organisation.church.town == "Ede"


def test_a_new_person_at_once_with_a_role(desk, app_context):
    church = done(organisation)
    page = desk.get(f"{NEW}/persoon?bij={church}")
    assert "Dorpskerk" in page.text
    desk.submit(page.form("persoon"), {"surname": "Berg", "role": "penningmeester"})
    (position,) = record(church).positions
    assert (position.other.contact_id, position.role) == (newest(), Position.TREASURER)


def test_a_diaconie_at_once_with_its_church(desk, app_context):
    church = done(organisation)
    page = desk.get(f"{NEW}/diaconie?bij={church}")
    desk.submit(page.form("diaconie"), {"organisation_name": "Diaconie"})
    assert record(newest()).belongs_to.contact_id == church


def test_what_it_was_to_be_tied_to_may_not_fit_and_then_nothing_is_added(desk, app_context):
    someone = done(person)
    for bij in (someone, 999):
        page = desk.get(f"{NEW}/diaconie?bij={bij}")
        desk.submit(page.form("diaconie"), {"organisation_name": "Diaconie"}, status=422)
        assert how_many() == 1


def test_who_may_exist_already_is_shown_before_anything_is_saved(desk, app_context):
    known = done(person, email="jan@example.nl")
    page = desk.get(f"{NEW}/persoon")
    page = desk.submit(page.form("persoon"), {"surname": "Berg", "email": "Jan@Example.nl"}, status=422)
    assert "This may exist already" in page.text
    assert page.link("de Vries") == f"/desk/relaties/{known}"
    assert how_many() == 1
    form = page.form("persoon")
    assert form.values()["surname"] == ["Berg"]
    changed = desk.submit(form, {"iban": "NL91 ABNA 0417 1643 01"}, status=422)
    assert how_many() == 1
    desk.submit(changed.form("persoon"), {"iban": ""})
    assert how_many() == 2


def test_somebody_else_who_looks_alike_is_shown_too(desk, app_context):
    done(person, email="jan@example.nl")
    page = desk.get(f"{NEW}/persoon")
    page = desk.submit(page.form("persoon"), {"surname": "Berg", "email": "jan@example.nl"}, status=422)
    done(person, given_name="P.", proven_iban=IBAN)
    page = desk.submit(page.form("persoon"), {"iban": IBAN}, status=422)
    assert "the same IBAN" in page.text
    assert how_many() == 2


def test_bad_input_is_told_and_nothing_typed_is_lost(desk, app_context):
    for answers, words in (
        ({"surname": ""}, "fill in the surname"),
        ({"surname": "x" * 10_000}, "at most 120"),
        ({"surname": "Berg", "email": "jan@"}, "not a complete e-mail address"),
        ({"surname": "Berg", "phone": "12"}, "not a phone number"),
        ({"surname": "Berg", "iban": "NL91"}, "is missing"),
        ({"surname": "Berg", "street": "Dorpsstraat"}, "the whole address"),
        (
            {"surname": "Berg", "street": "A", "house_number": "1", "postcode": "12", "town": "Ede"},
            "A Dutch postcode looks like",
        ),
    ):
        page = desk.submit(desk.get(f"{NEW}/persoon").form("persoon"), answers, status=422)
        assert words in " ".join(page.by_id("errors").itertext())
        kept = page.form("persoon").values()
        assert {name: kept[name][0] for name in answers} == answers
        assert how_many() == 0


def test_whoever_may_not_edit_is_refused(staff_pages, app_context):
    auditor = staff_pages(Role.AUDITOR)
    for path in ("", "/persoon", "/kerk"):
        auditor.get(NEW + path, status=403)


class TestLikeness:
    def alike(self, **sketch):
        values = {"kind": ContactKind.PERSON, "name": "Onbekend"} | sketch
        return [(each.contact_id, each.shares) for each in look_alikes(Sketch(**values))]

    def test_what_people_share(self, app_context):
        anna = done(person, email="anna@example.nl", proven_iban=IBAN)
        done(add_phone, anna, "+31612345678")
        done(add_address, anna, AddressEntry(Address("Dorpsstraat", "1", "1234 AB", "Ede")))
        assert self.alike(email="ANNA@example.nl") == [(anna, (Shared.EMAIL,))]
        assert self.alike(iban=IBAN, phone="+31612345678") == [(anna, (Shared.IBAN, Shared.PHONE))]
        assert self.alike(name="De Vries", postcode="1234ab") == [(anna, (Shared.NAME_AND_POSTCODE,))]
        assert self.alike(name="De Vries") == self.alike(name="De Vries", postcode="9999 ZZ") == []

    def test_what_organisations_share(self, app_context):
        church = done(organisation, rsin="123456782")
        fund = {"kind": ContactKind.ORGANISATION}
        assert self.alike(**fund, numbers=("", "123456782", "")) == [(church, (Shared.NUMBER,))]
        assert self.alike(**fund, name="DORPSKERK") == [(church, (Shared.NAME,))]
        assert self.alike(name="Dorpskerk") == []

    def test_those_who_share_most_come_first_and_few_are_shown(self, app_context):
        with transaction():
            many = [person(email="info@example.nl") for _ in range(12)]
            best = person(email="info@example.nl", proven_iban=IBAN)
        found = self.alike(email="info@example.nl", iban=IBAN)
        assert found[0][0] == best
        assert len(found) == 8
        assert {number for number, _ in found[1:]} < set(many)

    def test_kinds_of_organisation_are_all_offered(self):
        from fundraising.contacts.views.newcomers import KINDS

        assert set(KINDS.values()) == set(OrganisationKind)
