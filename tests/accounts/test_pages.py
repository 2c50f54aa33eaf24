"""The pages about staff: every one of them renders, in both languages."""

import pytest

from fundraising.accounts.rules import Role
from fundraising.db import transaction
from tests.factories import accounts

FOR_ADMINISTRATORS = (
    "/desk/account",
    "/desk/account/bevestigen",
    "/desk/account/wachtwoord",
    "/desk/beveiligen",
    "/desk/gebruikers",
    "/desk/gebruikers/uitnodigen",
    "/desk/logboek",
    "/desk/rechten",
)
FOR_ANYONE = ("/desk/inloggen", "/desk/wachtwoord-vergeten")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_whole_in_both_languages(staff_pages, pages, language):
    administrator = staff_pages(Role.ADMINISTRATOR, language=language)
    for address in FOR_ADMINISTRATORS:
        assert administrator.get(address, follow=True).root.get("lang") == language
    for address in FOR_ANYONE:
        assert pages.get(address).root.get("lang") == "nl"


def test_the_pages_of_one_colleague_are_whole(app, staff_pages):
    with app.app_context(), transaction():
        number = accounts.user(Role.FINANCE, name="Kees <b>Smit</b>", totp_secret="set").id
    administrator = staff_pages(Role.ADMINISTRATOR)
    for page in ("", "/tweede-stap", "/vertrek"):
        assert "Kees <b>Smit</b>" in administrator.get(f"/desk/gebruikers/{number}{page}").text
    for page in ("", "/tweede-stap", "/vertrek"):
        administrator.get(f"/desk/gebruikers/{number + 99}{page}", status=404)
