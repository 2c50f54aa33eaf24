"""Finding contacts as staff look for them."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select, update

from fundraising.clock import now
from fundraising.contacts.jobs import write_due
from fundraising.contacts.models import (
    Contact,
    ContactEmail,
    ContactIban,
    ContactPhone,
    PostalAddress,
    SearchKey,
    SearchPart,
    SearchTerm,
)
from fundraising.contacts.queries.search import find, found_contacts
from fundraising.contacts.rules import IbanProvenance, Identity, PersonName, Salutation
from fundraising.contacts.services.recognition import find_or_create
from fundraising.contacts.services.search_index import drifted, drop_unused_words, reindex
from fundraising.db import session, transaction
from fundraising.tasks import run_job
from tests.factories.contacts import organisation, person

pytestmark = pytest.mark.usefixtures("app_context")

IBAN = "NL91ABNA0417164300"


def known(surname: str, prefix: str = "", given: str = "J.", **changes) -> int:
    with transaction():
        made = person(surname=surname, name_prefix=prefix, given_name=given, match_name=surname.lower(), **changes)
        reindex([made])
    return made


def body(name: str, **changes) -> int:
    with transaction():
        made = organisation(organisation_name=name, match_name=name.lower(), **changes)
        reindex([made])
    return made


def add(*rows) -> None:
    with transaction():
        session().add_all(rows)
        reindex({row.contact_id for row in rows})


def lives(contact_id: int, town: str, postcode: str = "1234 AB") -> None:
    add(
        PostalAddress(
            contact_id=contact_id,
            street="Dorpsstraat",
            house_number="1",
            postcode=postcode,
            town=town,
            created_at=now(),
        )
    )


def found(text: str, **options) -> list[int]:
    session().rollback()
    matches = found_contacts(text, **options)
    session().rollback()
    return [match.contact_id for match in matches]


def rename(contact_id: int, surname: str) -> None:
    with transaction():
        session().execute(update(Contact).where(Contact.id == contact_id).values(surname=surname))
        reindex([contact_id])


class TestNames:
    def test_one_is_found_by_a_part_and_with_one_mistake(self):
        bruning = known("Bruning")
        known("Pietersma")
        for typed in ("Bruning", "bruning", "BRÜNING", " bruning ", "brun", "b", "runin", "unin"):
            assert found(typed) == [bruning], typed
        for typed in ("Bruining", "Brning", "Brunnig", "Brunimg", "Bruninge", "runing"):
            assert found(typed) == [bruning], typed

    def test_and_not_by_more_mistakes_nor_by_words_that_are_not_there(self):
        known("Bruning")
        for typed in ("Bruinning", "Brnig", "nu", "zbr", "Pietersma", "jaap bruning", "bruning ede"):
            assert found(typed) == [], typed

    def test_what_is_exactly_so_comes_before_what_begins_so_before_what_is_inside_before_what_is_meant(self):
        meant, inside, begins, exact = known("Bergh"), known("Heuvelbergen"), known("Berger"), known("Berg")
        other_meant = known("Borg")
        assert found("berg")[:1] == [exact]
        assert set(found("berg")[1:3]) == {begins, meant}
        assert found("berg")[3:] == [inside, other_meant]

    def test_prefixes_are_optional(self):
        berg = known("Berg", prefix="van der")
        for typed in ("van der berg", "Van der Berg", "berg van der", "berg", "v d berg", "vanderberg"):
            assert found(typed) == [berg], typed

    def test_prefixes_that_are_typed_bring_those_who_bear_them_first(self):
        without, other = known("Berg"), known("Berg", prefix="van den")
        berg = known("Berg", prefix="van der")
        assert found("van der berg") == [berg, other, without]

    def test_a_prefix_alone_is_a_word_like_any(self):
        berg = known("Berg", prefix="van der")
        known("Dijk", prefix="van")
        assert found("der") == [berg]
        assert len(found("van")) == 2

    @pytest.mark.parametrize(("name", "typed"), [("Bruijn", "Bruyn"), ("Bruyn", "bruijn"), ("Bruĳn", "bruij")])
    def test_ij_and_y_are_one(self, name, typed):
        contact_id = known(name)
        assert found(typed) == [contact_id]

    def test_apostrophes_do_not_matter(self):
        ancona = known("Ancona", prefix="d'")
        for typed in ("d'ancona", "dancona", "ancona", "d’Ancona", "D'ANCONNA"):
            assert found(typed) == [ancona], typed

    def test_a_double_name_is_found_by_either_and_as_one(self):
        double = known("Jansen-de Vries")
        for typed in ("jansen", "vries", "jansen-de vries", "jansendevries", "vries jansen", "Jansen–Vries"):
            assert found(typed) == [double], typed

    def test_several_words_must_all_be_there(self):
        anna, piet = known("Jansen", given="Anna"), known("Jansen", given="Piet")
        assert found("anna jansen") == [anna]
        assert found("jansn piet") == [piet]
        assert found("an jan") == [anna]
        assert found("anna piet jansen") == []

    def test_initials_count_with_and_without_points(self):
        jansen = known("Jansen", given="J.P.")
        known("Jansen", given="A.")
        for typed in ("jp jansen", "j.p. jansen", "p jansen"):
            assert found(typed) == [jansen]

    def test_an_organisation_is_found_by_the_words_of_its_name(self):
        church = body("Gereformeerde Kerk 'De Hoeksteen' (vrijgemaakt)")
        for typed in ("hoeksteen", "gereformeerde kerk", "gerefromeerde", "kerk de hoeksteen", "vrijgem"):
            assert found(typed) == [church]

    def test_a_town_narrows_down_and_counts_for_less_than_a_name(self):
        in_ede, elsewhere, van_ede = known("Jansen"), known("Jansen"), known("Ede", prefix="van")
        lives(in_ede, "Ede")
        lives(elsewhere, "'s-Gravenhage", "2511 CV")
        assert found("jansen ede") == [in_ede]
        assert found("ede") == [van_ede, in_ede]
        assert found("jansen gravenhage") == found("jansen 2511 cv") == found("2511CV") == [elsewhere]

    def test_no_more_are_read_than_asked_for(self):
        made = [known("Jansen") for _ in range(5)]
        assert found("jansen", limit=3) == made[:3]


class TestNumbersAndAddresses:
    def test_an_iban_whole_or_by_its_last_digits(self):
        contact_id = known("Vries")
        known("Jansen", proven_iban="NL61INGB0006391416")
        add(ContactIban(contact_id=contact_id, iban=IBAN, provenance=IbanProvenance.BANK, created_at=now()))
        for typed in (IBAN, "nl91 abna 0417 1643 00", "4300", "164300", "1643 00", "0417164300"):
            assert found(typed) == [contact_id], typed
        for typed in ("300", "9999", "NL61ABNA0417164300"):
            assert found(typed) == [], typed

    def test_a_telephone_number_as_it_is_dialled(self):
        contact_id = known("Vries")
        add(ContactPhone(contact_id=contact_id, number="+31612345678", created_at=now()))
        for typed in ("0612345678", "06-12345678", "+31 6 12345678", "0031612345678", "06 1234"):
            assert found(typed) == [contact_id], typed

    def test_an_address_for_mail_by_its_beginning_and_behind_a_separator(self):
        contact_id = known("Vries")
        address = "P.Jansen@kerk-ede.nl"
        add(ContactEmail(contact_id=contact_id, address=address, match_address=address.lower(), created_at=now()))
        for typed in (address, "p.jansen@", "p.jan", "jansen@kerk", "kerk-ede", "@kerk-ede.nl", "ede.nl"):
            assert found(typed) == [contact_id], typed
        assert found("nl") == []

    def test_the_number_of_a_contact(self):
        contact_id = known("Vries")
        assert found(str(contact_id)) == found(f"#{contact_id}") == [contact_id]
        assert found("999999999999999999") == found("9" * 40) == []

    def test_numbers_in_registers(self):
        foundation = body("Stichting Voorbeeld", kvk="12345678")
        assert found("12345678") == [foundation]

    def test_it_tells_by_what_it_found(self):
        contact_id = known("Vries")
        add(ContactIban(contact_id=contact_id, iban=IBAN, provenance=IbanProvenance.BANK, created_at=now()))
        assert [each.by for each in found_contacts("4300")] == [IBAN]


class TestMerged:
    def test_one_is_found_under_its_old_name_and_shown_once_as_it_is_now(self):
        old, new = known("Bruning"), known("Brunsveld")
        with transaction():
            session().execute(update(Contact).where(Contact.id == old).values(merged_into_id=new))
        assert found("bruning") == found("brun") == [new]
        [shown] = found_contacts("bruning")
        assert (shown.name, shown.merged_name) == ("J. de Brunsveld".replace("de ", ""), "J. Bruning")
        assert found(str(old)) == [new]


class TestHostileInput:
    def test_it_finds_nothing_and_breaks_nothing(self):
        known("Bruning")
        for typed in (
            *("", "   ", "\x00", "%", "_", "%%__", "*", "'", '"; DROP TABLE contact; --', "\\", "🙏🙏", "\ud800"),
            *("a " * 5_000, *(each * 10_000 for each in "x1é%@"), "\u202eתפילה", "#0", "+"),
            *("\u0301\u0301", "\n\n", "NL91ABNA", "-- 12", "١٢٣٤", "²³¹²"),
        ):
            assert found(typed) == [], typed[:20]

    def test_wildcards_are_signs_like_any(self):
        bruning = known("Bruning")
        assert found("%bruning_") == [bruning]

    def test_names_in_other_scripts_are_found(self):
        for name in ("محمد", "Ивановна", "שלום", "王小明明"):
            contact_id = known(name)
            assert found(name) == found(name[:3]) == [contact_id], name


class TestIndex:
    def test_a_new_giver_is_found_a_moment_after(self):
        name = PersonName(Salutation.MRS, "Anna", "van den", "Heuvel")
        with transaction():
            contact_id = find_or_create(Identity(name, "anna@example.nl"), proven_iban=IBAN, source="giving")
        assert list(drifted()) == []  # it is known to be due
        write_due()
        for typed in ("heuvle", "anna", "anna@example.nl", "4300"):
            assert found(typed) == [contact_id], typed
        assert list(drifted()) == []

    def test_what_a_known_giver_adds_is_found_too(self):
        first = Identity(PersonName(Salutation.MRS, "A.", "", "Heuvel"), "anna@example.nl")
        more = Identity(PersonName(Salutation.MRS, "Annabel", "", "Heuvel"), "anna@example.nl", phone="+31612345678")
        with transaction():
            contact_id = find_or_create(first, proven_iban=None, source="giving")
        with transaction():
            assert find_or_create(more, proven_iban=None, source="giving") == contact_id
        write_due()
        assert found("annabel") == found("0612345678") == [contact_id]
        assert list(drifted()) == []

    def test_who_is_renamed_is_found_under_the_new_name_only(self):
        contact_id = known("Bruning")
        rename(contact_id, "Pietersma")
        assert found("bruning") == []
        assert found("pieterma") == [contact_id]

    def test_what_is_not_committed_is_not_found(self):
        contact_id = known("Bruning")
        with pytest.raises(ZeroDivisionError), transaction():
            session().execute(update(Contact).where(Contact.id == contact_id).values(surname="Pietersma"))
            reindex([contact_id])
            1 / 0  # noqa: B018
        assert found("bruning") == [contact_id]

    def test_again_changes_nothing(self):
        contact_id = known("Bruning")
        with transaction():
            assert reindex([contact_id, contact_id]) == 0

    def test_what_was_forgotten_is_noticed_and_set_right_by_the_job(self):
        right, wrong = known("Bruning"), known("Pietersma")
        with transaction():
            session().execute(update(Contact).where(Contact.id == wrong).values(surname="Wouda"))
            session().add(SearchTerm(kind="name", term="nobody", contact_id=right + 1000))
        assert list(drifted()) == [wrong, right + 1000]
        session().rollback()
        run_job("search-index-check")
        assert list(drifted()) == []
        assert found("wouda") == [wrong]

    def test_words_that_nobody_bears_are_dropped(self):
        contact_id = known("Bruning")
        rename(contact_id, "Pietersma")
        with transaction():
            assert drop_unused_words() > 0
        for table in (SearchKey, SearchPart):
            assert session().scalar(select(func.count()).where(table.word == "bruning")) == 0
        assert found("pietrsma") == found("tersma") == [contact_id]
        rename(contact_id, "Bruning")
        assert found("brunning") == [contact_id]

    def test_whoever_is_gone_is_not_found(self):
        contact_id = known("Bruning")
        with transaction():
            session().execute(delete(Contact).where(Contact.id == contact_id))
            reindex([contact_id])
        assert find("bruning") == []

    def test_the_commands_tell_and_set_right(self, runner):
        with transaction():
            person(surname="Bruning", match_name="bruning")
        assert runner.invoke(args=["contacts", "check"]).exit_code == 1
        assert runner.invoke(args=["contacts", "reindex"]).exit_code == 0
        assert runner.invoke(args=["contacts", "check"]).exit_code == 0
        assert len(found("bruning")) == 1
