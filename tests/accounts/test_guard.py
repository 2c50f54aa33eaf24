"""The guard: nothing under /desk is open by itself."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from fundraising.accounts.jobs import forget_attempts_job
from fundraising.accounts.models import EndedSession
from fundraising.accounts.rules import Permission, Role
from fundraising.accounts.security import hash_password
from fundraising.accounts.services import who_acts
from fundraising.accounts.views import current_user, requires, requires_staff
from fundraising.clock import now, standing_still
from fundraising.db import session, transaction
from tests.factories import accounts
from tests.factories.accounts import PASSWORD

EXPORT = "/desk/relaties/exporteren"


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application with pages that show what the guard does."""
    app.add_url_rule("/desk/proef", "unmarked", lambda: "open")
    app.add_url_rule("/desk/proef/logboek", "trail", requires(Permission.SEE_AUDIT)(lambda: "seen"))
    app.add_url_rule("/desk/proef/wie", "who", requires_staff(lambda: f"{who_acts().name} {current_user().user_id}"))
    app.add_url_rule("/desk/proef/iets", "change", requires_staff(lambda: "done"), methods=["POST"])
    return app


def test_what_is_not_marked_is_open_to_nobody(client, staff_pages):
    assert client.get("/desk/proef").status_code == 403
    assert staff_pages(*Role).client.get("/desk/proef").status_code == 403


def test_who_is_not_signed_in_is_asked_to(client):
    answer = client.get("/desk/proef/logboek?van=2026-01-01")
    assert (answer.status_code, answer.location) == (303, "/desk/inloggen?next=/desk/proef/logboek?van%3D2026-01-01")


def test_a_permission_opens_what_it_names(staff_pages):
    for role in Role:
        expected = 200 if role in {Role.ADMINISTRATOR, Role.AUDITOR} else 403
        assert staff_pages(role).client.get("/desk/proef/logboek").status_code == expected


def test_the_actor_is_whoever_is_signed_in_and_only_then(staff_pages):
    assert staff_pages(Role.AUDITOR, name="Kees Smit").client.get("/desk/proef/wie").text.startswith("Kees Smit ")
    assert who_acts().name.startswith("cli:")


def test_a_form_without_the_sessions_token_changes_nothing(staff_pages):
    assert staff_pages(Role.RELATIONS).client.post("/desk/proef/iets").status_code == 400


@pytest.mark.parametrize("path", ["/desk/inloggen", "/desk/wachtwoord-vergeten"])
def test_a_nul_is_told_at_its_field_and_not_looked_up(pages, path):
    answers = pages.get(path).form(path).values() | {"email": "a\0@example.nl", "password": "x"}
    answer = pages.client.post(path, data=answers)
    assert (answer.status_code, "tekens in die we niet kunnen gebruiken" in answer.text) == (422, True)


def test_an_address_that_is_not_there_is_not_found(client):
    assert client.get("/desk/nergens").status_code == 404


class TestSessions:
    @pytest.mark.parametrize(
        ("later", "status"), [(timedelta(minutes=59), 200), (timedelta(minutes=61), 303)], ids=["in time", "idle"]
    )
    def test_an_idle_session_ends(self, staff_pages, later, status):
        pages = staff_pages(Role.RELATIONS)
        with standing_still(now() + later):
            assert pages.client.get("/desk/proef/wie").status_code == status

    def test_every_session_ends_after_half_a_day(self, staff_pages):
        pages, began = staff_pages(Role.RELATIONS), now()
        for hours in range(1, 25):
            with standing_still(began + timedelta(hours=hours / 2, minutes=1)):
                status = pages.client.get("/desk/proef/wie").status_code
            assert status == (200 if hours < 24 else 303), hours

    def test_whoever_leaves_is_out_at_once(self, app, staff_pages):
        with app.app_context():
            with transaction():
                somebody = accounts.user(Role.RELATIONS)
            pages = staff_pages.signed_in(somebody.fs_uniquifier)
            assert pages.client.get("/desk/proef/wie").status_code == 200
            with transaction():
                session().merge(somebody).disabled_at = now()
            assert pages.client.get("/desk/proef/wie").status_code == 303

    def test_signing_out_ends_every_copy_of_the_session_and_no_other(self, app, staff_pages):
        with app.app_context(), transaction():
            somebody = accounts.user(Role.RELATIONS)
        pages, elsewhere = (staff_pages.signed_in(somebody.fs_uniquifier) for _ in range(2))
        cookie = pages.client.get_cookie("desk", path="/desk").value
        form = pages.get("/desk/account").form("/desk/uitloggen")
        assert pages.send(form).location == "/desk/inloggen"
        pages.client.set_cookie("desk", cookie, path="/desk")
        answer = pages.client.get("/desk/proef/wie")
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/desk/inloggen")
        assert elsewhere.client.get("/desk/proef/wie").status_code == 200

    def test_what_ended_long_ago_is_forgotten(self, app, staff_pages):
        pages = staff_pages(Role.RELATIONS)
        pages.send(pages.get("/desk/account").form("/desk/uitloggen"))
        with app.app_context():
            for hours, left in ((11, 1), (13, 0)):
                with standing_still(now() + timedelta(hours=hours)):
                    forget_attempts_job()
                assert len(session().scalars(select(EndedSession)).all()) == left
                session().rollback()

    def test_what_takes_data_out_asks_for_the_password_where_that_is_long_ago(self, app, staff_pages):
        with app.app_context(), transaction():
            somebody = accounts.user(Role.FINANCE, password=hash_password(PASSWORD))
        pages = staff_pages.signed_in(somebody.fs_uniquifier)
        form = pages.get(EXPORT).form(EXPORT)
        with standing_still(now() + timedelta(minutes=16)):
            asked = pages.client.get(EXPORT)
            assert asked.location == f"/desk/account/bevestigen?next={EXPORT}"
            # What was begun in time may be sent.
            assert pages.send(form, button=("vorm", "csv")).status_code == 200
        with standing_still(now() + timedelta(minutes=31)):
            sent = pages.client.post(EXPORT, data=form.values(), headers={"Referer": f"http://localhost{EXPORT}"})
            assert sent.location == asked.location
            answer = pages.send(pages.get(asked.location).form("/bevestigen"), {"password": PASSWORD})
            assert answer.location == EXPORT
            assert pages.client.get(EXPORT).status_code == 200

    def test_a_role_that_asks_for_more_ends_a_session_that_has_proven_less(self, staff_pages):
        pages = staff_pages(Role.FINANCE)
        with pages.client.session_transaction("/desk/") as kept:
            del kept["proven_twice"]
        assert pages.client.get("/desk/proef/wie").status_code == 303
