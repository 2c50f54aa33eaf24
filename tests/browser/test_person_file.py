"""Somebody asks what is kept of them, and gets it: to read, and for another program."""

import json
from pathlib import Path

import pytest

from fundraising.accounts.rules import Role
from fundraising.contacts.services.search_index import reindex
from fundraising.db import transaction
from tests.browser.colleague import on_both_screens
from tests.factories.contacts import person
from tests.factories.gifts import gift


@pytest.fixture
def hanneke(site):
    with site.app.app_context(), transaction():
        number = person(given_name="Hanneke", name_prefix="", surname="Bruning", match_name="bruning", email="h@b.nl")
        gift(contact_id=number)
        reindex([number])
    return number


def taken(colleague, label):
    """The file that the browser keeps after a press on this button: its name and content."""
    with colleague.page.expect_download() as download:
        colleague.button(label).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


@on_both_screens
def test_a_persons_file_on_request(colleague, hanneke, screen):
    marianne = colleague(Role.RELATIONS, **screen)
    marianne.go(f"/desk/relaties/{hanneke}")
    marianne.link("Complete file").click()
    marianne.heading("Complete file")
    marianne.assert_well_made()
    name, to_read = taken(marianne, "PDF to read")
    assert (name, to_read[:5]) == (f"dossier-{hanneke}.pdf", b"%PDF-")
    name, for_a_program = taken(marianne, "JSON for a program")
    assert name == f"dossier-{hanneke}.json"
    told = json.loads(for_a_program)
    assert told["name"] == "Hanneke Bruning"
    [gifts] = [kind["rows"] for kind in told["kept"] if kind["kind"] == "gifts"]
    assert [row["amount"] for row in gifts] == ["25.00"]
    bea = colleague(Role.ADMINISTRATOR, **screen)
    bea.go("/desk/logboek?soort=contact")
    bea.assert_well_made()
    told = bea.page.get_by_role("row").filter(has_text=bea.say("Complete file made"))
    assert [("pdf" in row, "json" in row) for row in map(str.lower, told.all_inner_texts())] == [
        (False, True),
        (True, False),
    ]
