"""What was mailed to somebody is kept for a time, and then forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fundraising import mailer, tasks
from fundraising.clock import standing_still
from fundraising.db import session, transaction
from fundraising.gifts.queries import gift_by_id
from fundraising.gifts.services import acknowledge
from fundraising.mailer import MailState, Message, OutgoingMail, Sender
from fundraising.operations import jobs
from tests.factories.gifts import gift
from tests.mail_server import mail_server

START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
SENDER = Sender("Gevangenzorg Nederland", "giften@example.org", "contact@example.org")
# The day begins somewhere within it, and a claim takes minutes.
OVER = START + mailer.KEPT + timedelta(hours=1)


def enqueue(recipient: str = "anna@example.nl") -> int:
    with transaction():
        return mailer.enqueue(Message("thanks", recipient, "Dank u wel", "Geachte mevrouw", "<p>Geachte</p>"))


def deliver() -> None:
    with mail_server() as server:
        server.on_recipient["weg@example.nl"] = "550 weg@example.nl: no such user"
        mailer.deliver_due(mailer.SmtpTransport(f"smtp://127.0.0.1:{server.port}", timeout=30), SENDER)


def empty_at(at: datetime) -> None:
    with standing_still(at):
        tasks.run_job("mail-retention")


def mail(number: int) -> OutgoingMail:
    session().rollback()
    return session().get_one(OutgoingMail, number, populate_existing=True)


def personal(number: int) -> set[str]:
    found = mail(number)
    return {found.recipient, found.subject, found.text, found.html, found.last_error}


@pytest.fixture
def old_mails(app_context) -> dict[str, int]:
    """One that was sent and one that was given up, both at the start."""
    with standing_still(START):
        numbers = {"sent": enqueue(), "failed": enqueue("weg@example.nl")}
        deliver()
    return numbers


def test_what_was_sent_or_given_up_is_emptied_when_its_time_is_over(old_mails):
    empty_at(START + mailer.KEPT - timedelta(days=1))
    assert "Geachte mevrouw" in personal(old_mails["sent"])
    assert "550 weg@example.nl: no such user" in personal(old_mails["failed"])
    empty_at(OVER)
    for state, number in old_mails.items():
        assert personal(number) == {""}
        assert (mail(number).state, mail(number).kind, mail(number).created_at) == (state, "thanks", START)
    assert mail(old_mails["sent"]).sent_at == START


def test_what_still_waits_is_kept(app_context):
    with standing_still(START):
        waiting = enqueue()
    empty_at(OVER)
    assert "anna@example.nl" in personal(waiting)


def test_a_younger_mail_is_kept(old_mails):
    with standing_still(OVER - timedelta(days=1)):
        younger = enqueue()
        deliver()
    empty_at(OVER)
    assert mail(younger).recipient == "anna@example.nl"


def test_many_are_emptied_a_few_at_a_time(old_mails, monkeypatch):
    monkeypatch.setattr(jobs, "_MAILS_AT_ONCE", 1)
    empty_at(OVER)
    assert {mail(number).recipient for number in old_mails.values()} == {""}


def test_an_emptied_mail_is_never_tried_again(old_mails):
    empty_at(OVER)
    with transaction():
        assert mailer.retry() == 0
        assert mailer.retry(*old_mails.values()) == 0
    assert mail(old_mails["failed"]).state is MailState.FAILED


def test_the_thanks_for_a_gift_stay_proven(old_mails):
    with transaction():
        number = gift().gift_id
        acknowledge(number, kind="thank_you", mail_id=old_mails["sent"])
    thanked = gift_by_id(number).thanked_at
    empty_at(OVER)
    assert gift_by_id(number).thanked_at == thanked


def test_the_list_shows_it_and_says_nothing_of_whom(old_mails, runner):
    empty_at(OVER)
    listed = runner.invoke(args=["mail", "list"]).output
    assert "example.nl" not in listed
    assert listed.count("thanks") == 2
    shown = runner.invoke(args=["mail", "show", str(old_mails["sent"])]).output
    assert "kept for 90 days" in shown
