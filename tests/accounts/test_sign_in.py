"""Signing in and out."""

import pytest

from fundraising.accounts.security import hash_password
from fundraising.db import transaction
from tests.factories import accounts
from tests.factories.accounts import PASSWORD


@pytest.fixture
def somebody(app):
    """A member of staff with a password and no role that asks for more."""
    with app.app_context(), transaction():
        return accounts.user(email="Sanne@Example.nl", password=hash_password(PASSWORD))


class TestPassword:
    def test_the_right_one_lets_in(self, somebody, pages):
        form = pages.get("/desk/inloggen?next=/desk/rechten").form("/desk/inloggen")
        answer = pages.send(form, {"email": "sanne@example.nl ", "password": PASSWORD})
        assert (answer.status_code, answer.location) == (303, "/desk/rechten")
        cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("desk="))
        assert {"HttpOnly", "Path=/desk", "SameSite=Lax"} <= set(cookie.split("; "))

    @pytest.mark.parametrize("answers", [{"password": "een-ander-woord"}, {"email": "niemand@example.nl"}])
    def test_another_one_says_the_same_as_an_unknown_address(self, somebody, pages, answers):
        form = pages.get("/desk/inloggen").form("/desk/inloggen")
        page = pages.submit(form, {"email": "sanne@example.nl", "password": PASSWORD} | answers, status=422)
        assert "horen niet bij elkaar" in page.text

    @pytest.mark.parametrize("away", ["https://elders.example/desk/", "//elders.example/desk", "/elders", "desk"])
    def test_nobody_is_sent_elsewhere_afterwards(self, somebody, pages, away):
        form = pages.get(f"/desk/inloggen?next={away}").form("/desk/inloggen")
        assert pages.send(form, {"email": "sanne@example.nl", "password": PASSWORD}).location == "/desk/"

    def test_a_form_without_our_token_is_refused(self, somebody, client):
        answer = client.post("/desk/inloggen", data={"email": "sanne@example.nl", "password": PASSWORD})
        assert answer.status_code == 400


def test_donors_pages_get_no_cookie(client, app_context):
    assert "Set-Cookie" not in client.get("/healthz").headers
