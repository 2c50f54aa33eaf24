"""Documents of a contact: what is kept is what it says, and is seen by whom it is for."""

import io
import zipfile

import pytest

from fundraising.accounts.models import AuditEntry
from fundraising.accounts.rules import Role
from fundraising.contacts.models import ContactDocument
from fundraising.contacts.queries.documents import AREA, documents_of
from fundraising.contacts.rules.documents import FileFault, RefusedFile, media_type, safe_name
from fundraising.contacts.services import documents as services
from fundraising.contacts.services.documents import attach, forget_unused, keep_file, remove
from fundraising.contacts.views.documents import file_size
from fundraising.db import session, transaction
from fundraising.documents import UnknownDocument, open_stored
from tests.factories import contacts

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"


def package(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.text" if name == "mimetype" else "<x/>")
    return file.getvalue()


DOCX = package("[Content_Types].xml", "word/document.xml")
MACROS = package("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
ODT = package("mimetype", "content.xml")
MAIL = b"From: a@example.nl\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nSubject: Gift\r\n\r\nHello"

KEPT = {
    "brief.pdf": PDF,
    "FOTO.JPG": b"\xff\xd8\xff\xe0 and so on",
    "scan.png": b"\x89PNG\r\n\x1a\n and so on",
    "brief.docx": DOCX,
    "brief.odt": ODT,
    "notitie.txt": "Belde over een collecte. € 12".encode(),
    "mail.eml": MAIL,
}
REFUSED = {
    "pagina.html": (b"<html>", FileFault.UNKNOWN_KIND),
    "tekening.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", FileFault.UNKNOWN_KIND),
    "programma.exe": (b"MZ", FileFault.UNKNOWN_KIND),
    "brief.docm": (DOCX, FileFault.UNKNOWN_KIND),
    "zonder": (PDF, FileFault.UNKNOWN_KIND),
    "brief.pdf.exe": (PDF, FileFault.UNKNOWN_KIND),
    "pagina.pdf": (b"<html><script>", FileFault.NOT_WHAT_IT_SAYS),
    "foto.jpg": (PDF, FileFault.NOT_WHAT_IT_SAYS),
    "pagina.txt": (b"  <!DOCTYPE html><script>alert(1)</script>", FileFault.NOT_WHAT_IT_SAYS),
    "programma.txt": (b"MZ\x90\x00\x03", FileFault.NOT_WHAT_IT_SAYS),
    "script.csv": (b"#!/bin/sh\n", FileFault.NOT_WHAT_IT_SAYS),
    "blad.xlsx": (DOCX, FileFault.NOT_WHAT_IT_SAYS),
    "kapot.docx": (b"PK\x03\x04 and no more", FileFault.NOT_WHAT_IT_SAYS),
    "gewoon.eml": (b"No headers at all", FileFault.NOT_WHAT_IT_SAYS),
    "brief.docx": (MACROS, FileFault.MACROS),
    "leeg.pdf": (b"", FileFault.EMPTY),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept(name):
    assert "/" in media_type(name, io.BytesIO(KEPT[name]))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    contents, fault = REFUSED[name]
    with pytest.raises(RefusedFile) as refused:
        media_type(name, io.BytesIO(contents))
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\Jan\\brief.pdf", "brief.pdf"),
        ("brief\u202efdp.exe.pdf", "brieffdp.exe.pdf"),
        ('een "naam"\r\nX: y.pdf', "een naam X y.pdf"),
        ("..", "document"),
        ("", "document"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
    ],
)
def test_a_name_never_misleads(typed, kept):
    assert safe_name(typed) == kept


def test_a_size_is_written_in_the_language_of_the_page(app):
    for path, sizes in (("/", ["1 kB", "3,4 MB"]), ("/en", ["1 kB", "3.4 MB"])):
        with app.test_request_context(path):
            assert [file_size(1), file_size(3_600_000)] == sizes


def keep(contact_id, name="brief.pdf", contents=PDF):
    with transaction():
        return attach(contact_id, keep_file(name, io.BytesIO(contents)), description="Een brief")


def is_stored(digest):
    try:
        open_stored(digest, area=AREA).close()
    except UnknownDocument:
        return False
    return True


@pytest.mark.usefixtures("app_context")
class TestKeeping:
    def test_a_file_stays_as_long_as_somebody_has_it(self):
        with transaction():
            one, other = contacts.person(), contacts.person()
        first, second = keep(one), keep(other, name="Zelfde.pdf")
        digest = documents_of(one)[0].digest
        for document_id, left in ((first, True), (second, False)):
            with transaction():
                assert remove(document_id) == digest
            with transaction():
                assert forget_unused([digest]) == (not left)
            assert is_stored(digest) is left

    def test_documents_follow_a_merge(self):
        with transaction():
            one, other = contacts.person(), contacts.person()
        keep(other)
        with transaction():
            session().get_one(contacts.Contact, other).merged_into_id = one
        assert [row.contact_id for row in documents_of(one)] == [one]

    def test_what_was_forgotten_while_it_was_attached_is_kept_again(self):
        with transaction():
            one = contacts.person()
        kept = keep_file("brief.pdf", io.BytesIO(PDF))
        with transaction():
            assert forget_unused([kept.stored.digest]) == 1
        with transaction():
            attach(one, kept, description="")
        assert is_stored(kept.stored.digest)


class TestPages:
    @pytest.fixture
    def contact_id(self, app_context):
        with transaction():
            return contacts.person()

    def upload(self, pages, contact_id, name="brief.pdf", contents=PDF):
        form = pages.get(f"/desk/relaties/{contact_id}/documenten").form("/documenten")
        values = form.filled({"description": "Een brief"}) | {"file": (io.BytesIO(contents), name)}
        return pages.client.post(form.action, data=values, content_type="multipart/form-data")

    def test_add_open_and_remove(self, contact_id, staff_pages):
        pages = staff_pages(Role.RELATIONS, name="Kees Smit")
        assert self.upload(pages, contact_id, "Brief van Jan.pdf").status_code == 303
        page = pages.get(f"/desk/relaties/{contact_id}/documenten")
        assert "Brief van Jan.pdf" in page.text
        assert "Kees Smit" in page.text
        answer = pages.client.get(page.link("Brief van Jan.pdf"))
        assert answer.get_data() == PDF
        assert answer.headers["Content-Disposition"] == 'attachment; filename="Brief van Jan.pdf"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        answer.close()
        digest = documents_of(contact_id)[0].digest
        gone = pages.submit(pages.get(page.link("Verwijderen")).form("/verwijderen"))
        assert "Brief van Jan.pdf" in gone.text
        assert documents_of(contact_id) == []
        assert not is_stored(digest)
        actions = session().scalars(session().query(AuditEntry.action).order_by(AuditEntry.id).statement).all()
        assert actions[-2:] == ["contact.document_added", "contact.document_removed"]

    @pytest.mark.parametrize(("name", "contents"), [("pagina.html", b"<html>"), ("brief.docx", MACROS), ("x.pdf", b"")])
    def test_a_refused_file_says_why_and_is_not_kept(self, contact_id, staff_pages, name, contents):
        pages = staff_pages(Role.RELATIONS)
        answer = self.upload(pages, contact_id, name, contents)
        assert answer.status_code == 422
        assert "file-error" in answer.text
        assert session().query(ContactDocument).count() == 0

    def test_a_file_that_is_too_large_is_refused(self, contact_id, staff_pages, monkeypatch):
        monkeypatch.setattr(services, "LARGEST_FILE", 100)
        pages = staff_pages(Role.RELATIONS)
        assert self.upload(pages, contact_id, "groot.txt", b"a" * 100).status_code == 303
        assert self.upload(pages, contact_id, "groot.txt", b"a" * 101).status_code == 422

    def test_who_may_what(self, contact_id, staff_pages):
        document_id = keep(contact_id)
        address = f"/desk/relaties/{contact_id}/documenten"
        auditor = staff_pages(Role.AUDITOR)
        assert "Document toevoegen" not in auditor.get(address).text
        assert auditor.client.get(f"/desk/documenten/{document_id}/verwijderen").status_code == 403
        administrator = staff_pages(Role.ADMINISTRATOR).client
        assert administrator.get(address).status_code == 403
        assert administrator.get(f"/desk/documenten/{document_id}").status_code == 403
        assert auditor.client.get("/desk/documenten/999").status_code == 404
        assert auditor.client.get("/desk/relaties/999/documenten").status_code == 404
