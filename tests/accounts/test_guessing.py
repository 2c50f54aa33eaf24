"""Guessing at passwords: many at once, and so that somebody else is locked out."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from fundraising.accounts.rules import MOST_FAILURES_FOR_EMAIL
from fundraising.accounts.security import hash_password
from fundraising.accounts.services.links import password_link
from fundraising.accounts.views import judging
from fundraising.db import session, transaction
from tests.factories import accounts
from tests.factories.accounts import PASSWORD
from tests.web.page_client import PageClient

EMAIL = "sanne@example.nl"
NEW_PASSWORD = "vier-losse-lantaarns-varen"
STRANGER, HOME, ON_THE_ROAD = "203.0.113.7", "198.51.100.4", "192.0.2.80"


@pytest.fixture
def somebody(app):
    with app.app_context(), transaction():
        return accounts.user(email=EMAIL, password=hash_password(PASSWORD))


def guess(app, typed="een-heel-ander-woord", address=STRANGER):
    """The status that the answer to one try has, in a browser of its own."""
    pages = PageClient(app.test_client())
    pages.client.environ_base["REMOTE_ADDR"] = address
    form = pages.get("/desk/inloggen").form("/desk/inloggen")
    return pages.send(form, {"email": EMAIL, "password": typed}).status_code


def test_many_sent_at_once_are_no_more_guesses_than_as_many_in_a_row(somebody, app, monkeypatch):
    judge = judging.password_fits

    def judge_as_slowly_as_for_real(*both):
        time.sleep(0.3)
        return judge(*both)

    monkeypatch.setattr(judging, "password_fits", judge_as_slowly_as_for_real)
    with ThreadPoolExecutor(12) as browsers:
        answers = Counter(browsers.map(lambda _: guess(app), range(12)))
    assert answers == {422: MOST_FAILURES_FOR_EMAIL, 429: 12 - MOST_FAILURES_FOR_EMAIL}


def test_a_right_password_counts_for_nothing(somebody, app):
    assert {guess(app, PASSWORD) for _ in range(MOST_FAILURES_FOR_EMAIL + 1)} == {303}
    assert [guess(app) for _ in range(MOST_FAILURES_FOR_EMAIL + 1)][-2:] == [422, 429]


def test_a_stranger_locks_nobody_out_where_they_came_in_before(somebody, app):
    assert guess(app, PASSWORD, HOME) == 303
    for _ in range(MOST_FAILURES_FOR_EMAIL):
        guess(app)
    assert [guess(app), guess(app, PASSWORD, ON_THE_ROAD), guess(app, PASSWORD, HOME)] == [429, 429, 303]
    for _ in range(MOST_FAILURES_FOR_EMAIL):
        guess(app, address=HOME)
    assert guess(app, PASSWORD, HOME) == 429


def test_a_password_chosen_by_mail_opens_a_way_in_that_a_stranger_does_not_close(somebody, app):
    for _ in range(MOST_FAILURES_FOR_EMAIL):
        guess(app)
    pages = PageClient(app.test_client())
    pages.client.environ_base["REMOTE_ADDR"] = ON_THE_ROAD
    with app.app_context():
        link = password_link(session().merge(somebody)).removeprefix("http://localhost")
    pages.submit(pages.get(link).form(link), {"password": NEW_PASSWORD, "again": NEW_PASSWORD})
    for _ in range(MOST_FAILURES_FOR_EMAIL):
        guess(app)
    assert [guess(app), guess(app, NEW_PASSWORD, ON_THE_ROAD)] == [429, 303]
