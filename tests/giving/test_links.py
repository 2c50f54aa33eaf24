"""Giving links: made by staff, spread by a church or school, and what comes through them."""

import io
import re

import pytest
import zxingcpp
from PIL import Image

from fundraising import pdf
from fundraising.accounts.rules import Role
from fundraising.contacts.services.search_index import reindex
from fundraising.db import session, transaction
from fundraising.gifts.rules import Source
from fundraising.giving.rules import DonationState, PaymentStatus, Route
from fundraising.giving.rules.links import BadCode, new_code, parse_code
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource
from tests.factories.contacts import organisation
from tests.factories.gifts import gift, refund
from tests.factories.giving import donation, donor, payment


@pytest.fixture
def programme_id(app):
    with app.app_context():
        with transaction():
            load_programmes(read_folder(resource("programmes/data")))
        found = min(programme_names("nl"))
        session().rollback()
    return found


@pytest.fixture
def relations(programme_id, staff_pages):
    return staff_pages(Role.RELATIONS, name="Marianne Bruning")


@pytest.fixture
def church(app):
    with app.app_context(), transaction():
        return organisation(organisation_name="Dorpskerk Zeist", match_name="dorpskerk zeist")


def make(pages, **answers):
    page = pages.get("/desk/geeflinks/nieuw")
    return pages.submit(page.form("/nieuw"), answers)


class TestCodes:
    @pytest.mark.parametrize(
        ("typed", "code"),
        [("Dorpskerk Zeist", "dorpskerk-zeist"), (" a_b--c ", "a-b-c"), ("KERK2026", "kerk2026")],
    )
    def test_a_code_is_brought_into_one_form(self, typed, code):
        assert parse_code(typed) == code

    @pytest.mark.parametrize("typed", ["", "ab", "é-kerk", "a/b/c", "<b>", "x" * 41, "kerk?x=1", "-", "\u202ekerk"])
    def test_what_is_no_code_is_refused(self, typed):
        with pytest.raises(BadCode):
            parse_code(typed)

    def test_a_new_code_has_nothing_that_is_misread_and_is_no_word(self):
        codes = {new_code() for _ in range(500)}
        assert len(codes) == 500
        assert not set("".join(codes)) & set("aeiou01l2z5s8b6g9qu")
        assert all(parse_code(code) == code for code in codes)


class TestMaking:
    def test_for_a_church_with_a_word_of_its_own(self, relations, church):
        page = make(relations, who=str(church), amount="50", code="Dorpskerk Zeist")
        assert page.heading == "Geeflink dorpskerk-zeist"
        assert "Dorpskerk Zeist" in page.text
        assert page.link("/via/dorpskerk-zeist") == "http://localhost/via/dorpskerk-zeist"

    def test_from_the_page_of_the_church_that_it_is_for(self, relations, church):
        page = relations.get(f"/desk/relaties/{church}")
        form = relations.get(page.link("Geeflink maken")).form("/nieuw")
        assert relations.submit(form).link("Dorpskerk Zeist") == f"/desk/relaties/{church}"

    def test_one_that_was_found_by_name_is_chosen_already(self, relations, church):
        with relations.client.application.app_context(), transaction():
            reindex([church])
        page = relations.get("/desk/geeflinks/nieuw")
        page = relations.submit(page.form("/nieuw"), {"who": "dorpskrk"}, status=422)
        assert relations.submit(page.form("/nieuw")).link("Dorpskerk Zeist") == f"/desk/relaties/{church}"

    def test_without_anything_it_gets_a_code(self, relations):
        page = make(relations)
        assert re.fullmatch(r"Geeflink [a-z0-9]{7}", page.heading)

    def test_a_code_serves_once(self, relations):
        make(relations, code="dorpskerk")
        page = relations.get("/desk/geeflinks/nieuw")
        page = relations.submit(page.form("/nieuw"), {"code": "dorpskerk"}, status=422)
        assert "Er is al een geeflink met deze code" in page.text

    @pytest.mark.parametrize(
        "answers",
        [
            {"amount": "0"},
            {"amount": "1,300"},
            {"amount": "50001"},
            {"code": "a/b"},
            {"code": "x" * 10_000},
            {"who": "99999999999999999999"},
            {"who": "Niemand Bekend"},
        ],
    )
    def test_what_cannot_be_made_is_said(self, relations, answers):
        page = relations.get("/desk/geeflinks/nieuw")
        assert relations.submit(page.form("/nieuw"), answers, status=422).by_id("errors") is not None

    @pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.ADMINISTRATOR])
    def test_only_relations_make_them(self, programme_id, staff_pages, role):
        client = staff_pages(role).client
        for address in ("/desk/geeflinks", "/desk/geeflinks/nieuw", "/desk/geeflinks/x"):
            assert client.get(address).status_code == 403


class TestSpreading:
    @pytest.mark.parametrize(
        ("kind", "mimetype", "begins"),
        [
            ("qr.svg", "image/svg+xml", b"<svg"),
            ("qr.png", "image/png", b"\x89PNG"),
            ("poster.pdf", "application/pdf", b"%PDF"),
            ("poster.pdf?formaat=a5", "application/pdf", b"%PDF"),
        ],
    )
    def test_as_a_file(self, relations, kind, mimetype, begins):
        make(relations, code="dorpskerk", amount="50")
        answer = relations.client.get(f"/desk/geeflinks/dorpskerk/{kind}")
        assert (answer.status_code, answer.mimetype) == (200, mimetype)
        assert answer.data.startswith(begins)

    def test_its_code_is_read_as_its_address(self, relations):
        make(relations, code="dorpskerk")
        picture = relations.client.get("/desk/geeflinks/dorpskerk/qr.png").data
        [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
        assert code.text == "http://localhost/via/dorpskerk"

    @pytest.mark.sqlite_only
    def test_where_pango_is_not_installed_a_poster_is_refused_in_words(self, relations, programme_id, monkeypatch):
        make(relations, code="dorpskerk")

        def missing(*_arguments):
            raise OSError("cannot load library 'libpango-1.0-0'")

        monkeypatch.setattr(pdf, "_printing", missing)
        answer = relations.client.get("/desk/geeflinks/dorpskerk/poster.pdf")
        assert (answer.status_code, "Pango ontbreekt" in answer.text) == (501, True)
        assert relations.client.get("/desk/geeflinks/dorpskerk/qr.png").status_code == 200

    def test_a_poster_asks_nothing_that_the_printer_leaves_out(self, relations, church, caplog):
        make(relations, code="dorpskerk", who=str(church))
        relations.client.get("/desk/geeflinks/dorpskerk/poster.pdf")
        assert "Ignored" not in caplog.text

    def test_another_size_is_not_there(self, relations):
        make(relations, code="dorpskerk")
        assert relations.client.get("/desk/geeflinks/dorpskerk/poster.pdf?formaat=a0").status_code == 404

    def test_its_address_leads_to_the_giving_page_with_code_and_amount(self, relations, client):
        make(relations, code="dorpskerk", amount="1300")
        answer = client.get("/via/Dorpskerk")
        assert answer.status_code == 303
        page = client.get(answer.location)
        assert 'name="via" value="dorpskerk"' in page.text
        assert 'value="1300"' in page.text or 'value="1.300"' in page.text
        assert client.get("/en/via/dorpskerk").location.startswith("/en/steun/")

    @pytest.mark.parametrize("code", ["onbekend", "%00", "a/b", "x" * 5000])
    def test_an_address_that_nobody_made(self, programme_id, client, code):
        assert client.get(f"/via/{code}").status_code == 404


class TestYield:
    @pytest.fixture
    def came(self, app, relations, programme_id):
        """Three promises through a link: one paid and partly refunded, one open, one lapsed; and one through none."""
        make(relations, code="dorpskerk")
        with app.app_context(), transaction():
            for number, state in enumerate((DonationState.RECEIVED, DonationState.PROMISED, DonationState.LAPSED)):
                made = donation(
                    by=donor(surname=f"Vries{number}"),
                    source_code="dorpskerk",
                    amount=Euro.of(100),
                    route=Route.TRANSFER,
                    state=state,
                    programme_id=programme_id,
                )
                if state is DonationState.RECEIVED:
                    source = Source("statement", "1")
                    gift(amount=Euro.of(100), reference=made.reference, source=source, programme_id=programme_id)
                    refund(source, Euro.of(30))
            donation(amount=Euro.of(9), programme_id=programme_id)

    def test_it_is_counted_from_promise_to_what_stands(self, relations, came):
        page = relations.get("/desk/geeflinks/dorpskerk")
        text = page.text.replace("\u00a0", " ")
        assert "3, samen € 300" in text
        assert "1, waarvan nog € 70 staat" in text
        assert "33%" in text
        assert text.count("Vries") == 3
        [given] = [href for link in page.all("a") if "/giften/" in (href := link.get("href", ""))]
        assert relations.get(given).link("dorpskerk") == "/desk/geeflinks/dorpskerk"
        listed = relations.get("/desk/geeflinks").text.replace("\u00a0", " ")
        assert "€ 70" in listed

    @pytest.mark.broken_ledger
    def test_a_promise_that_was_paid_twice_counts_with_both_gifts(self, app, relations, came):
        with app.app_context(), transaction():
            twice = donation(source_code="dorpskerk", amount=Euro.of(40), state=DonationState.RECEIVED)
            for attempt, reference in ((1, twice.reference), (2, None)):
                paid = payment(twice, attempt=attempt, status=PaymentStatus.PAID)
                source = Source("mollie", paid.provider_id)
                gift(amount=Euro.of(40), reference=reference, source=source, programme_id=twice.programme_id)
            refund(source, Euro.of(15))
        assert "2, waarvan nog € 135 staat" in relations.get("/desk/geeflinks/dorpskerk").text.replace("\u00a0", " ")

    def test_the_list_is_sorted_as_its_file_is(self, relations, came):
        for code in ("aaa", "zzz"):
            make(relations, code=code)
        for order, codes in (
            ("", ["zzz", "aaa", "dorpskerk"]),
            ("code", ["aaa", "dorpskerk", "zzz"]),
            ("-opbrengst", ["dorpskerk", "zzz", "aaa"]),
        ):
            page = relations.get(f"/desk/geeflinks?sorteer={order}")
            assert [cell.find("a").text for cell in page.all("td") if "lead" in cell.get("class")] == codes
            taken = relations.client.get(f"/desk/geeflinks/geeflinks.csv?sorteer={order}").get_data(as_text=True)
            assert [line.partition(";")[0] for line in taken.splitlines()[1:]] == codes

    def test_the_list_is_taken_along(self, relations, came):
        page = relations.get("/desk/geeflinks")
        assert "Deze lijst downloaden" in page.text
        taken = relations.client.get("/desk/geeflinks/geeflinks.csv").get_data(as_text=True).splitlines()
        assert taken[0].removeprefix("\ufeff").startswith("Code;")
        assert taken[1].startswith("dorpskerk;in gebruik;")
        assert ";3;1;70,00;" in taken[1]
        with relations.client.get("/desk/geeflinks/geeflinks.xlsx") as book:
            assert book.status_code == 200

    def test_an_ended_link_still_leads_and_counts(self, relations, came, client):
        page = relations.get("/desk/geeflinks/dorpskerk")
        form = page.form("/beeindigen")
        ended = relations.submit(form)
        assert "De geeflink is beëindigd" in ended.text
        relations.submit(form)
        assert client.get("/via/dorpskerk").status_code == 303
        assert "dorpskerk" not in relations.get("/desk/geeflinks?stand=actief").text
        assert "dorpskerk" in relations.get("/desk/geeflinks?stand=beeindigd").text
