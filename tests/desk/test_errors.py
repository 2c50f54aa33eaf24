"""What staff see when something goes wrong, in the shell and in their language, with nothing that they typed lost."""

from datetime import timedelta

import pytest
from flask import abort
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests

from fundraising.accounts.rules import Permission, Role
from fundraising.accounts.views import requires
from fundraising.clock import now, standing_still

pytestmark = pytest.mark.sqlite_only
HERE = {"Sec-Fetch-Site": "same-origin"}
TYPED = {"note": "Belt liever\n<b>'s avonds</b>", "empty": "", "password": "geheim", "csrf_token": "oud"}


@pytest.fixture
def desk(app):
    """Pages that go wrong, and one that saves."""
    saved = []

    @requires(Permission.SEE_CONTACTS)
    def fails(status):
        if status == 429:
            raise TooManyRequests(retry_after=30)
        if status == 500:
            raise OperationalError("select 1", {}, Exception("gone"))
        abort(status)

    @requires(Permission.EDIT_CONTACTS)
    def save():
        from flask import request

        saved.append(request.form["note"])
        return "saved"

    app.testing = False
    app.add_url_rule("/desk/mis/<int:status>", view_func=fails)
    app.add_url_rule("/desk/bewaar", view_func=save, methods=["POST"])
    app.saved = saved
    return app


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        (403, "U hebt hier geen toegang toe"),
        (404, "Dit is hier niet te vinden"),
        (405, "Dat kan hier niet"),
        (413, "Dat is te veel"),
        (429, "Dat ging wel erg snel"),
        (500, "Er ging bij ons iets mis"),
        (503, "Dit lukt nu even niet"),
    ],
)
def test_an_error_stands_in_the_shell(desk, staff_pages, status, heading):
    page = staff_pages(Role.RELATIONS).get(f"/desk/mis/{status}", status=status)
    assert page.heading == heading
    assert page.link("Relaties") == "/desk/relaties"
    assert page.link("Naar de startpagina") == "/desk/"


def test_in_english(desk, staff_pages):
    assert (
        staff_pages(Role.RELATIONS, language="en").get("/desk/mis/404", status=404).heading
        == "This cannot be found here"
    )


def test_an_address_that_is_nowhere_has_no_menu_for_strangers(desk, pages):
    page = pages.get("/desk/bestaat-niet", status=404)
    assert page.heading == "Dit is hier niet te vinden"
    assert page.all("nav") == []


def test_it_says_when_to_try_again(desk, staff_pages):
    page = staff_pages(Role.RELATIONS).get("/desk/mis/429", status=429)
    assert page.response.headers["Retry-After"] == "30"


def test_a_form_that_was_open_too_long_is_sent_once_more(desk, staff_pages):
    desk.config["WTF_CSRF_ENABLED"] = True
    pages = staff_pages(Role.RELATIONS)
    answer = pages.client.post("/desk/bewaar?van=1", data=TYPED, headers=HERE)
    page = pages._page(answer, 400)
    assert page.heading == "Deze pagina stond te lang open"
    assert "geheim" not in answer.get_data(as_text=True)
    form = page.form("/desk/bewaar")
    assert form.values()["note"] == [TYPED["note"]]
    assert form.values()["csrf_token"] != ["oud"]
    assert pages.send(form).get_data(as_text=True) == "saved"
    assert desk.saved == [TYPED["note"]]


def test_what_another_site_sent_is_not_offered_again(desk, staff_pages):
    pages = staff_pages(Role.RELATIONS)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        page = pages._page(pages.client.post("/desk/bewaar", data=TYPED, headers=headers), 400)
        assert "Nog eens versturen" not in page.text
    assert desk.saved == []


def test_who_was_signed_out_meanwhile_keeps_what_they_typed(desk, staff_pages):
    pages = staff_pages(Role.RELATIONS)
    with standing_still(now() + timedelta(days=2)):
        page = pages._page(pages.client.post("/desk/bewaar", data=TYPED, headers=HERE), 401)
        assert page.heading == "U bent niet meer ingelogd"
        assert "Belt liever" in page.text
        assert page.link("Inloggen in een ander venster") == "/desk/inloggen"
        assert pages.client.post("/desk/uitloggen").status_code == 303
