"""A person's file, erasing, and who is due: the pages."""

import json
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from fundraising.accounts.models import AuditContent, AuditEntry
from fundraising.accounts.rules import Role
from fundraising.accounts.services.links import password_link
from fundraising.accounts.services.mails import mail_link
from fundraising.clock import standing_still
from fundraising.contacts.models import ContactNote, ContactPhone
from fundraising.contacts.queries import contact
from fundraising.contacts.rules.households import JointSalutation
from fundraising.contacts.services.households import form_household
from fundraising.contacts.services.keeping import note_death
from fundraising.db import session, transaction
from fundraising.privacy.jobs import retention_job
from fundraising.privacy.queries import count_proposals, proposals
from fundraising.privacy.services.sources import SOURCES, file_of
from fundraising.privacy.views.words import FIELDS
from tests.factories import accounts, contacts, gifts, giving

pytestmark = pytest.mark.usefixtures("app_context")
LONG_AGO = datetime(2015, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def somebody():
    with transaction(), standing_still(LONG_AGO):
        person = contacts.person(surname="Jansen", match_name="jansen", email="j.jansen@example.nl")
        session().add(ContactPhone(contact_id=person, number="+31612345678", created_at=LONG_AGO))
        session().add(ContactNote(contact_id=person, text="<b>Belde</b>", written_at=LONG_AGO, written_by="Kees"))
    return person


def audited(action):
    row = session().execute(
        select(AuditContent.body).join(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id.desc())
    )
    return json.loads(row.scalars().first())


class TestFile:
    def test_json(self, somebody, staff_pages):
        with transaction():
            gifts.gift(contact_id=somebody)
            giving.donation(contact_id=somebody)
        pages = staff_pages(Role.RELATIONS)
        page = pages.get(f"/desk/relaties/{somebody}/dossier")
        assert "E-mailadressen, telefoonnummers en rekeningen" in page.text
        answer = pages.send(page.form("/dossier"), button=("vorm", "json"))
        assert answer.mimetype == "application/json"
        assert "jansen" not in answer.headers["Content-Disposition"].lower()
        told = {kind["kind"]: kind for kind in answer.get_json()["kept"]}
        assert set(told) == {source.name for source in SOURCES}
        assert told["ways"]["rows"][0]["address"] == "j.jansen@example.nl"
        assert told["gifts"]["rows"][0]["amount"] == "25.00"
        assert told["notes"]["rows"][0]["text"] == "<b>Belde</b>"
        assert audited("contact.file_made")["after"]["shape"] == "json"

    def test_no_colleagues_password_can_be_chosen_with_it(self, somebody, staff_pages):
        with transaction():
            colleague = accounts.user(Role.ADMINISTRATOR, email="j.jansen@example.nl")
            mail_link(colleague, "staff_invitation", password_link(colleague))
        pages = staff_pages(Role.RELATIONS)
        form = pages.get(f"/desk/relaties/{somebody}/dossier").form("/dossier")
        told = pages.send(form, button=("vorm", "json")).get_data(as_text=True)
        assert "Uw account bij" in told
        assert "/desk/wachtwoord/" not in told

    def test_pdf(self, somebody, staff_pages):
        pages = staff_pages(Role.RELATIONS)
        answer = pages.send(pages.get(f"/desk/relaties/{somebody}/dossier").form("/dossier"), button=("vorm", "pdf"))
        assert answer.mimetype == "application/pdf"
        assert answer.get_data().startswith(b"%PDF")
        assert len(answer.get_data()) > 10_000

    def test_a_pdf_is_a_letter_in_the_words_of_its_reader(self, somebody, staff_pages, monkeypatch):
        written = []
        monkeypatch.setattr("fundraising.pdf.from_html", lambda html: written.append(html) or b"%PDF")
        with transaction():
            partner = contacts.person(surname="Jansen", match_name="jansen", given_name="P.")
            note_death(somebody, date(2026, 10, 3), version=1)
            couple = JointSalutation("De heer en mevrouw Jansen", "Beste mensen,")
            form_household([partner, somebody], couple, version=1)
            gifts.gift(contact_id=somebody)
        pages = staff_pages(Role.RELATIONS, language="en")
        pages.send(pages.get(f"/desk/relaties/{somebody}/dossier").form("/dossier"), button=("vorm", "pdf"))
        (told,) = written
        letter = told.split('class="all"')[0]
        # Whoever asks about somebody who died is addressed, in the language of the one who died.
        assert "Geachte heer of mevrouw," in letter
        assert "U hebt gevraagd wat wij van J. de Jansen bewaren." in letter
        assert letter.split('class="to">')[1].startswith("</p>")
        assert "Beste mensen," in told.split("Hiervan bewaren")[0].split('class="all"')[1]
        assert "Beste mensen," not in told.split('class="all"')[0]
        for words in ("06 12345678", "iDEAL", "Overlijden vastgelegd", "3 oktober 2026", "&lt;b&gt;Belde&lt;/b&gt;"):
            assert words in told, words
        for bare in ("contact.deceased", "2026-10-03", "+31612345678", ">staff<", ">nl<"):
            assert bare not in told, bare

    def test_each_field_has_a_name(self, somebody):
        with transaction():
            gifts.gift(contact_id=somebody)
            giving.payment(giving.donation(contact_id=somebody))
        keys = {key for kept in file_of(somebody) for row in kept.rows for key in row}
        assert keys - set(FIELDS) == set()

    def test_who_may(self, somebody, staff_pages):
        for role, status in {
            Role.RELATIONS: 200,
            Role.ADMINISTRATOR: 200,
            Role.FINANCE: 403,
            Role.AUDITOR: 403,
        }.items():
            assert staff_pages(role).client.get(f"/desk/relaties/{somebody}/dossier").status_code == status
        assert staff_pages(Role.RELATIONS).client.get("/desk/relaties/9999/dossier").status_code == 404


class TestErasing:
    def test_it_asks_and_then_does(self, somebody, staff_pages):
        pages = staff_pages(Role.ADMINISTRATOR)
        page = pages.get(f"/desk/relaties/{somebody}/wissen")
        assert "niet terug te draaien" in page.text
        done = pages.submit(page.form("/wissen"))
        assert f"Relatie {somebody} is gewist" in done.text
        assert contact(somebody).emails == ()
        again = pages.get(f"/desk/relaties/{somebody}/wissen")
        assert "Er is niets meer te wissen" in again.text

    def test_with_gifts_it_says_until_when_the_name_stays(self, somebody, staff_pages):
        with transaction():
            gifts.gift(contact_id=somebody)
        pages = staff_pages(Role.ADMINISTRATOR)
        page = pages.get(f"/desk/relaties/{somebody}/wissen")
        assert "31 december 2033" in page.text
        pages.submit(page.form("/wissen"))
        assert contact(somebody).name.surname == "Jansen"

    def test_what_is_open_stands_in_the_way(self, somebody, staff_pages):
        pages = staff_pages(Role.ADMINISTRATOR)
        form = pages.get(f"/desk/relaties/{somebody}/wissen").form("/wissen")
        with transaction():
            giving.payment(giving.donation(contact_id=somebody))
        refused = pages.submit(form)
        assert "Er loopt nog een betaling" in refused.text
        assert [f for f in refused.all("form") if (f.get("action") or "").endswith("/wissen")] == []
        assert contact(somebody).emails != ()

    def test_only_an_administrator(self, somebody, staff_pages):
        for role in (Role.RELATIONS, Role.FINANCE, Role.AUDITOR):
            assert staff_pages(role).client.get(f"/desk/relaties/{somebody}/wissen").status_code == 403


class TestProposals:
    def test_the_job_proposes_and_takes_back(self, somebody):
        with transaction():
            contacts.person()
        retention_job()
        retention_job()
        assert [row.contact_id for row in proposals(limit=9)] == [somebody]
        with transaction():
            gifts.gift(contact_id=somebody)
        retention_job()
        assert count_proposals() == 0

    def test_deciding(self, somebody, staff_pages):
        retention_job()
        pages = staff_pages(Role.ADMINISTRATOR)
        page = pages.get("/desk/privacy")
        assert "J. de Jansen" in page.text
        kept = pages.submit(page.form(f"/{somebody}/bewaren"))
        assert "over een jaar opnieuw voorgesteld" in kept.text
        assert count_proposals() == 0
        retention_job()
        assert count_proposals() == 0
        with standing_still(datetime(2099, 1, 1, tzinfo=UTC)):
            assert count_proposals() == 1
