"""Signing in: by password, with a second step, and the ways back for who lost one."""

import re
from datetime import timedelta

import pytest

from fundraising.accounts.models import AuditEntry, User
from fundraising.accounts.queries import recovery_codes_left, user_by_email
from fundraising.accounts.rules import MOST_FAILURES_FOR_EMAIL, Role
from fundraising.accounts.security import authenticator, code_digest, hash_password
from fundraising.accounts.services.links import password_link
from fundraising.accounts.services.proofs import set_recovery_codes
from fundraising.clock import now, standing_still
from fundraising.db import session, transaction
from fundraising.mailer import outbox, texts
from tests.factories import accounts
from tests.factories.accounts import PASSWORD
from tests.web.page_client import PageClient, text_of

EMAIL = "sanne@example.nl"
WRONG = {"email": EMAIL, "password": "een-heel-ander-woord"}
RIGHT = {"email": EMAIL, "password": PASSWORD}


def add(app, *roles, **changes):
    with app.app_context(), transaction():
        return accounts.user(*roles, email=EMAIL, password=hash_password(PASSWORD), **changes).id


@pytest.fixture
def somebody(app):
    """A member of staff whose role asks for no more than a password."""
    return add(app)


@pytest.fixture
def with_app(app):
    """A member of staff with an authenticator app and one code on paper; the app's secret."""
    with app.app_context():
        secret = authenticator().new_secret()
    number = add(app, Role.FINANCE, totp_secret=secret)
    with app.app_context(), transaction():
        set_recovery_codes(session().get_one(User, number), [code_digest("abcd-ef01-2345")])
    return secret


def sign_in(pages, answers=RIGHT, status=200, address="/desk/inloggen"):
    return pages.submit(pages.get(address).form("/desk/inloggen"), answers, status=status)


def code(app, secret, later=0):
    with app.app_context():
        return authenticator().code_at(secret, now().timestamp() + later)


def actions(app):
    with app.app_context():
        return [entry.action for entry in session().query(AuditEntry).order_by(AuditEntry.id)]


class TestPassword:
    def test_the_right_one_lets_in(self, somebody, pages, app):
        form = pages.get("/desk/inloggen?next=/desk/account").form("/desk/inloggen")
        answer = pages.send(form, {"email": " Sanne@Example.NL ", "password": PASSWORD})
        assert (answer.status_code, answer.location) == (303, "/desk/account")
        cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("desk="))
        assert {"HttpOnly", "Path=/desk", "SameSite=Lax"} <= set(cookie.split("; "))
        assert pages.get("/desk/account").heading == "Mijn account"
        assert actions(app) == ["user.signed_in"]

    @pytest.mark.sqlite_only
    @pytest.mark.parametrize("settings", [{"PUBLIC_URL": "https://geven.example.nl"}])
    def test_its_cookie_goes_over_an_encrypted_line_alone(self, client):
        answer = client.get("/desk/inloggen", base_url="https://geven.example.nl")
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))

    def test_another_one_says_the_same_as_an_unknown_address(self, somebody, pages):
        for answers in ({"password": "een-ander-woord"}, {"email": "niemand@example.nl"}):
            assert "horen niet bij elkaar" in sign_in(pages, RIGHT | answers, 422).text

    def test_who_left_does_not_get_in(self, app, pages):
        add(app, disabled_at=now())
        assert "horen niet bij elkaar" in sign_in(pages, status=422).text

    def test_an_invited_colleague_without_password_does_not_get_in(self, app, pages):
        with app.app_context(), transaction():
            accounts.user(email=EMAIL)
        sign_in(pages, RIGHT | {"password": "x"}, 422)

    def test_nobody_is_sent_elsewhere_afterwards(self, somebody, app):
        for away in ("https://elders.example/desk/", "//elders.example/desk", "/elders", "/desk/\\x", "/desk/%0Ax"):
            pages = PageClient(app.test_client())
            form = pages.get(f"/desk/inloggen?next={away}").form("/desk/inloggen")
            assert pages.send(form, RIGHT).location == "/desk/", away

    def test_a_form_without_our_token_is_refused(self, somebody, client):
        assert client.post("/desk/inloggen", data=RIGHT).status_code == 400

    def test_who_guesses_is_locked_out_and_let_in_later(self, somebody, pages):
        for _ in range(MOST_FAILURES_FOR_EMAIL):
            sign_in(pages, WRONG, 422)
        assert "te vaak mis" in sign_in(pages, status=429).text
        with standing_still(now() + timedelta(minutes=16)):
            assert pages.send(pages.get("/desk/inloggen").form("/desk/inloggen"), RIGHT).status_code == 303

    def test_a_new_password_lifts_the_lock_of_wrong_passwords(self, somebody, pages, app):
        for _ in range(MOST_FAILURES_FOR_EMAIL):
            sign_in(pages, WRONG, 422)
        with app.app_context():
            link = password_link(session().get_one(User, somebody)).removeprefix("http://localhost")
        new = "vier-losse-lantaarns-varen"
        pages.submit(pages.get(link).form(link), {"password": new, "again": new})
        form = pages.get("/desk/inloggen").form("/desk/inloggen")
        assert pages.send(form, RIGHT | {"password": new}).status_code == 303

    def test_unknown_addresses_are_locked_out_just_so(self, somebody, pages):
        for _ in range(MOST_FAILURES_FOR_EMAIL):
            sign_in(pages, WRONG | {"email": "niemand@example.nl"}, 422)
        sign_in(pages, WRONG | {"email": "niemand@example.nl"}, 429)

    def test_signing_in_well_begins_the_count_anew(self, somebody, pages, app):
        for _ in range(2):
            for _ in range(MOST_FAILURES_FOR_EMAIL - 1):
                sign_in(pages, WRONG, 422)
            assert pages.send(pages.get("/desk/inloggen").form("/desk/inloggen"), RIGHT).status_code == 303
            pages.client.delete_cookie("desk", path="/desk")

    def test_no_password_ever_stands_in_the_trail(self, somebody, pages, app):
        sign_in(pages, WRONG, 422)
        with app.app_context():
            bodies = session().execute(session().query(AuditEntry).statement).all()
        assert actions(app) == ["user.sign_in_failed"]
        assert WRONG["password"] not in str(bodies)


class TestSecondStep:
    def test_a_password_alone_does_not_let_in(self, with_app, pages):
        assert sign_in(pages).heading == "Tweede stap"
        assert pages.client.get("/desk/account").status_code == 303

    def test_the_apps_code_lets_in_once(self, with_app, pages, app):
        shown = code(app, with_app)
        form = sign_in(pages).form("/tweede-stap")
        assert pages.send(form, {"code": shown}).location == "/desk/"
        assert pages.get("/desk/account").heading == "Mijn account"
        other = type(pages)(app.test_client())
        assert "al gebruikt" in other.submit(sign_in(other).form("/tweede-stap"), {"code": shown}, status=422).text

    def test_a_wrong_code_does_not_and_guessing_is_stopped(self, with_app, pages, app):
        form = sign_in(pages).form("/tweede-stap")
        for _ in range(MOST_FAILURES_FOR_EMAIL):
            pages.submit(form, {"code": "000000"}, status=422)
        with app.app_context():
            [told] = [texts(row.id)[1] for row in outbox()]
        assert "steeds verkeerde codes" in told
        pages.submit(form, {"code": code(app, with_app)}, status=429)

    def test_a_new_password_gives_no_more_codes_to_guess(self, with_app, pages, app):
        form = sign_in(pages).form("/tweede-stap")
        for _ in range(MOST_FAILURES_FOR_EMAIL):
            pages.submit(form, {"code": "000000"}, status=422)
        with app.app_context():
            link = password_link(user_by_email(EMAIL)).removeprefix("http://localhost")
        new = "vier-losse-lantaarns-varen"
        pages.submit(pages.get(link).form(link), {"password": new, "again": new})
        sign_in(pages, RIGHT | {"password": new}, 429)

    def test_a_code_on_paper_lets_in_once_and_says_that_few_are_left(self, with_app, pages, app):
        form = sign_in(pages).form("/tweede-stap")
        assert pages.send(form, {"code": "ABCD EF01 2345"}).location == "/desk/"
        assert "0 herstelcodes over" in pages.get("/desk/account").text
        other = type(pages)(app.test_client())
        other.submit(sign_in(other).form("/tweede-stap"), {"code": "abcd-ef01-2345"}, status=422)

    def test_who_waits_too_long_begins_anew(self, with_app, pages, app):
        form = sign_in(pages).form("/tweede-stap")
        with standing_still(now() + timedelta(minutes=11)):
            assert pages.send(form, {"code": code(app, with_app)}).location == "/desk/inloggen"

    def test_who_has_a_second_factor_cannot_set_up_another_with_the_password_alone(self, with_app, pages):
        sign_in(pages)
        assert pages.client.get("/desk/beveiligen").location == "/desk/inloggen"
        assert pages.client.get("/desk/beveiligen/app").status_code == 405


class TestFirstTime:
    @pytest.fixture
    def finance(self, app):
        return add(app, Role.FINANCE)

    def test_a_role_that_asks_for_it_sets_up_an_app_and_gets_codes(self, finance, pages, app):
        page = sign_in(pages)
        assert page.heading == "Tweede stap instellen"
        with pages.client.session_transaction("/desk/") as kept:
            secret = kept["new_secret"]
        pages.submit(page.form("/beveiligen/app"), {"code": "000000"}, status=422)
        done = pages.submit(page.form("/beveiligen/app"), {"code": code(app, secret)})
        assert done.heading == "Uw herstelcodes"
        codes = [text_of(item) for item in done.all("li") if re.fullmatch(r"[0-9a-f-]{14}", text_of(item))]
        assert len(set(codes)) == 10
        assert pages.get("/desk/account").heading == "Mijn account"
        with app.app_context():
            assert recovery_codes_left(finance) == 10
        assert "user.authenticator_set" in actions(app)

    def test_nothing_is_open_before_that(self, finance, pages):
        sign_in(pages)
        assert pages.client.get("/desk/").status_code == 303

    @pytest.mark.parametrize("settings", [{"SECOND_FACTOR_ROLES": "administrator"}])
    def test_an_installation_may_ask_for_less(self, finance, pages):
        answer = pages.send(pages.get("/desk/inloggen").form("/desk/inloggen"), RIGHT)
        assert answer.location == "/desk/"


class TestForgotten:
    def link(self, app):
        with app.app_context():
            row, text = texts(outbox()[0].id)
        assert row.recipient == EMAIL
        return re.search(r"http://localhost(/desk/wachtwoord/\S+)", text)[1]

    def ask(self, pages, email=EMAIL):
        return pages.submit(pages.get("/desk/wachtwoord-vergeten").form("/wachtwoord-vergeten"), {"email": email})

    def test_a_link_in_a_mail_sets_another_password_once(self, somebody, pages, app):
        assert "een link naartoe gestuurd" in self.ask(pages).text
        link = self.link(app)
        form = pages.get(link).form("/desk/wachtwoord/" + link.rsplit("/", 1)[1])
        assert pages.submit(form, {"password": "kort", "again": "kort"}, status=422)
        new = "vier-losse-lantaarns-varen"
        assert "U kunt er nu mee inloggen" in pages.submit(form, {"password": new, "again": new}).text
        assert pages.client.get(link).location == "/desk/wachtwoord-vergeten"
        assert pages.send(pages.get("/desk/inloggen").form("/desk/inloggen"), RIGHT | {"password": new}).location

    def test_an_unknown_address_is_told_the_same_and_gets_nothing(self, somebody, pages, app):
        assert "een link naartoe gestuurd" in self.ask(pages, "niemand@example.nl").text
        with app.app_context():
            assert outbox() == []
        # Waking the worker takes time too, which would tell who has an account.
        assert app.extensions["queue"].pending() == 1

    def test_few_mails_go_to_one_address(self, somebody, pages, app):
        for _ in range(6):
            self.ask(pages)
        with app.app_context():
            assert len(outbox()) == 3

    def test_a_link_works_for_an_hour(self, somebody, pages, app):
        self.ask(pages)
        with standing_still(now() + timedelta(minutes=61)):
            assert pages.client.get(self.link(app)).location == "/desk/wachtwoord-vergeten"

    def test_a_new_password_ends_other_sessions(self, somebody, staff_pages, pages, app):
        with app.app_context():
            elsewhere = staff_pages.signed_in(user_by_email(EMAIL).fs_uniquifier)
        assert elsewhere.client.get("/desk/account").status_code == 200
        self.ask(pages)
        link = self.link(app)
        new = "vier-losse-lantaarns-varen"
        pages.submit(pages.get(link).form(link), {"password": new, "again": new})
        assert elsewhere.client.get("/desk/account").status_code == 303

    def test_a_made_up_link_leads_nowhere(self, somebody, client):
        for token in ("x", "1.x", "%00", "x" * 3000):
            assert client.get(f"/desk/wachtwoord/{token}").location == "/desk/wachtwoord-vergeten"


def test_donors_pages_get_no_cookie(pages):
    assert "Set-Cookie" not in pages.get("/").response.headers
