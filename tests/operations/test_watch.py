"""What stalls or fails is told once, again each day, and once more when it is over."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from fundraising import mailer, tasks
from fundraising.accounts.models import AuditEntry
from fundraising.clock import standing_still
from fundraising.db import session, transaction
from fundraising.gifts.rules import Finding, LedgerMode
from fundraising.giving.models import Payment, WebhookHint
from fundraising.giving.mollie import DoorSettings, MollieDoor
from fundraising.giving.rules import HintState
from fundraising.mailer import MailState, Message, OutgoingMail
from fundraising.operations.queries import Trouble, alerts, jobs, troubles
from fundraising.operations.services.alerts import settle
from fundraising.tasks import JobState
from tests.factories.gifts import gift
from tests.factories.giving import payment

START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
AT_ONCE = timedelta(0)


def hint(**changes) -> None:
    values = {
        "provider_id": "tr_one",
        "state": HintState.WAITING,
        "received": 1,
        "first_received_at": START,
        "last_received_at": START,
        "attempts": 0,
        "next_try_at": START,
        "error": "",
    }
    session().add(WebhookHint(**(values | changes)))


def names(at: datetime) -> list[str]:
    session().rollback()
    return [trouble.name for trouble in troubles(at)]


def mails() -> list[OutgoingMail]:
    session().rollback()
    return [session().get_one(OutgoingMail, row.id) for row in reversed(mailer.outbox())]


class TestWhatIsTrouble:
    def test_nothing_in_a_new_house(self, app_context):
        assert names(START) == []

    def test_a_job_without_success_for_too_long(self, app_context):
        with standing_still(START):
            tasks.run_job("watch")
        assert names(START + timedelta(hours=1)) == []
        assert names(START + timedelta(hours=1, seconds=1)) == ["job-watch"]

    def test_a_job_that_never_succeeded(self, app_context):
        with transaction() as current:
            current.add(JobState(name="watch", failures=2, error="LookupError", failed_at=START, started_at=START))
        assert names(START) == []
        with transaction() as current:
            current.execute(update(JobState).values(failures=3))
        assert names(START) == ["job-watch"]

    def test_a_first_run_that_never_ends(self, app_context):
        with transaction() as current:
            current.add(JobState(name="watch", failures=0, error="", started_at=START))
        assert names(START + timedelta(minutes=59)) == []
        assert names(START + timedelta(hours=2)) == ["job-watch"]

    def test_hints_that_wait(self, app_context):
        with transaction():
            hint()
        assert names(START + timedelta(minutes=15)) == []
        assert names(START + timedelta(minutes=16)) == ["webhooks-late"]

    def test_hints_that_were_put_aside(self, app_context):
        with transaction():
            hint(state=HintState.PARKED)
        assert names(START) == ["webhooks-parked"]

    def test_payments_that_cannot_be_synchronised(self, app_context):
        with transaction():
            payment(error="MollieUnavailable")
        assert names(START) == ["payments-failing"]

    def test_a_key_for_the_other_kind_of_money(self, app_context, monkeypatch):
        with transaction():
            gift(mode=LedgerMode.TEST)
        assert names(START) == []
        monkeypatch.setitem(app_context.extensions, "mollie", MollieDoor(DoorSettings("live_key")))
        assert names(START) == ["mollie-key"]

    def test_mail_that_waits_or_was_given_up(self, app_context):
        with standing_still(START), transaction():
            mailer.enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))
            mailer.enqueue(Message("thanks", "bert@example.nl", "Dank", "tekst"))
        assert names(START + timedelta(minutes=59)) == []
        assert names(START + timedelta(minutes=61)) == ["mail-late"]
        with transaction() as current:
            current.execute(update(OutgoingMail).values(state=MailState.FAILED))
        assert names(START + timedelta(minutes=61)) == ["mail-failed"]
        assert names(START + timedelta(days=4)) == []


class TestTelling:
    @pytest.fixture
    def trouble(self):
        return Trouble("late", "%(count)s wait", {"count": 3})

    def settled(self, at: datetime, *found: Trouble, grace: timedelta = AT_ONCE) -> tuple[int, tuple[str, ...]]:
        with standing_still(at), transaction():
            news = settle("house", found, grace=grace)
        return len(news.troubles), news.over

    def test_once_then_daily_then_that_it_is_over(self, app_context, trouble):
        assert self.settled(START, trouble) == (1, ())
        assert self.settled(START + timedelta(minutes=5), trouble) == (0, ())
        assert self.settled(START + timedelta(hours=23, minutes=59), trouble) == (1, ())
        assert self.settled(START + timedelta(hours=25)) == (0, ("late",))
        assert self.settled(START + timedelta(hours=26)) == (0, ())

    def test_what_comes_back_is_told_again(self, app_context, trouble):
        self.settled(START, trouble)
        self.settled(START + timedelta(minutes=5))
        assert self.settled(START + timedelta(minutes=10), trouble) == (1, ())

    def test_what_passes_soon_is_told_to_nobody(self, app_context, trouble):
        grace = timedelta(minutes=9)
        assert self.settled(START, trouble, grace=grace) == (0, ())
        assert self.settled(START + timedelta(minutes=5), grace=grace) == (0, ())
        assert self.settled(START + timedelta(minutes=10), trouble, grace=grace) == (0, ())
        assert self.settled(START + timedelta(minutes=20), trouble, grace=grace) == (1, ())

    def test_areas_do_not_end_each_others_alerts(self, app_context, trouble):
        self.settled(START, trouble)
        with transaction():
            assert not settle("ledger", [], grace=AT_ONCE)
        assert [alert.cleared_at for alert in alerts()] == [None]

    def test_the_newest_detail_is_kept(self, app_context, trouble):
        self.settled(START, trouble)
        self.settled(START, Trouble("late", "%(count)s wait", {"count": 4}))
        (alert,) = alerts()
        assert (alert.name, alert.detail, alert.raised_at) == ("house:late", "4 wait", START)


class TestTheJobs:
    def watch(self, at: datetime) -> None:
        with standing_still(at):
            tasks.run_job("watch")

    def test_the_administrator_gets_one_mail_in_dutch_and_one_when_it_is_over(self, app_context):
        with transaction():
            hint(state=HintState.PARKED)
            payment(error="MollieUnavailable")
        self.watch(START)
        assert mails() == []
        for minutes in (5, 10, 15, 20):
            self.watch(START + timedelta(minutes=minutes))
        (mail,) = mails()
        assert (mail.kind, mail.recipient) == ("alert", "beheer@example.nl")
        assert "fundraising payments stuck" in mail.text
        with transaction() as current:
            current.execute(update(WebhookHint).values(state=HintState.DONE))
        self.watch(START + timedelta(minutes=25))
        assert len(mails()) == 2
        assert "Opgelost: webhooks-parked" in mails()[1].text
        assert "Nog niet opgelost: payments-failing" in mails()[1].text
        assert mails()[1].subject == "Giften: iets vraagt uw aandacht"
        with transaction() as current:
            current.execute(update(Payment).values(error=""))
        self.watch(START + timedelta(minutes=30))
        assert mails()[2].subject == "Giften: alles is weer in orde"
        assert "Opgelost: payments-failing" in mails()[2].text

    def test_without_an_address_the_log_tells(self, app_context, capsys):
        app_context.config["ALERT_EMAIL"] = ""
        with transaction():
            hint(state=HintState.PARKED)
        self.watch(START)
        self.watch(START + timedelta(minutes=10))
        assert mails() == []
        assert "webhooks-parked" in capsys.readouterr().err

    def test_mail_that_fails_is_also_shouted_into_the_log(self, app_context, capsys):
        with standing_still(START), transaction():
            mailer.enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))
        self.watch(START + timedelta(hours=2))
        self.watch(START + timedelta(hours=2, minutes=10))
        told = capsys.readouterr().err
        assert "critical" in told
        assert "mail-late" in told
        assert "anna" not in told

    def test_a_ledger_that_does_not_agree_is_told_the_same_night(self, app_context, monkeypatch):
        found = [Finding("payment paid, not in the ledger", "tr_one"), Finding("left-behind", "entry 3")]
        monkeypatch.setattr("fundraising.operations.jobs.findings", lambda: iter(found))
        with standing_still(START):
            tasks.run_job("ledger-check")
        (mail,) = mails()
        assert "payment paid, not in the ledger: tr_one" in mail.text
        found.clear()
        with standing_still(START + timedelta(days=1)):
            tasks.run_job("ledger-check")
        assert len(mails()) == 2
        assert alerts()[0].cleared_at is not None


class TestCommands:
    def test_jobs_are_listed_and_run(self, app_context, runner):
        assert "watch: done" in runner.invoke(args=["jobs", "run", "watch"]).output
        listed = json.loads(runner.invoke(args=["jobs", "list", "--json"]).output)
        (row,) = [row for row in listed if row["name"] == "watch"]
        assert row["every"] == 300
        assert row["succeeded_at"]
        assert not row["stalled"]
        told = runner.invoke(args=["jobs", "list"]).output
        for name, rhythm in (("mail-delivery", "minute"), ("methods-refresh", "15 minutes"), ("ledger-check", "day")):
            assert re.search(rf"^{name} +every {rhythm}  ", told, re.MULTILINE)
        assert {known.name for known in jobs(START)} == set(tasks.JOBS)

    def test_an_unknown_job_is_named(self, app_context, runner):
        answer = runner.invoke(args=["jobs", "run", "nothing"])
        assert answer.exit_code == 1
        assert "mail-delivery" in answer.output

    def test_a_job_that_fails_fails_the_command(self, app_context, runner, monkeypatch):
        monkeypatch.setitem(app_context.extensions, "deliver_mail", [].pop)
        answer = runner.invoke(args=["jobs", "run", "mail-delivery"])
        assert answer.exit_code == 1
        assert answer.stderr.endswith("Error: mail-delivery failed: IndexError: pop from empty list\n")

    def test_addresses_are_masked_unless_asked_for(self, app_context, runner):
        with transaction():
            number = mailer.enqueue(Message("thanks", "anna@example.nl", "Dank", "Geachte mevrouw"))
        assert "anna" not in runner.invoke(args=["mail", "list"]).output
        assert "a***@example.nl" in runner.invoke(args=["mail", "list"]).output
        assert "anna@example.nl" in runner.invoke(args=["mail", "list", "--full"]).output
        (row,) = json.loads(runner.invoke(args=["mail", "list", "--state", "waiting", "--json"]).output)
        assert (row["id"], row["state"], row["recipient"]) == (number, "waiting", "a***@example.nl")
        shown = runner.invoke(args=["mail", "show", str(number)]).output
        assert "anna@example.nl" in shown
        assert "Geachte mevrouw" in shown
        assert runner.invoke(args=["mail", "show", "999"]).exit_code == 1

    def test_mail_is_tried_again_by_number_or_all_that_failed(self, app_context, runner):
        with transaction() as current:
            number = mailer.enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))
            current.execute(update(OutgoingMail).values(state=MailState.FAILED, attempts=7))
        assert runner.invoke(args=["mail", "retry"]).exit_code == 2
        assert "1 to be tried again" in runner.invoke(args=["mail", "retry", "--failed"]).output
        assert mails()[0].attempts == 0
        retried = runner.invoke(args=["mail", "retry", str(number), "--json"])
        assert json.loads(retried.output) == [{"retried": 1}]
        assert runner.invoke(args=["mail", "retry", "999"]).exit_code == 1
        assert session().scalars(select(AuditEntry.action)).all() == ["mail.retried", "mail.retried"]

    def test_a_mail_that_is_being_sent_is_not_sent_beside_that(self, app_context, runner):
        with transaction() as current:
            number = mailer.enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))
            current.execute(update(OutgoingMail).values(state=MailState.SENDING, attempts=1))
        assert runner.invoke(args=["mail", "retry", str(number)]).exit_code == 1
        assert (mails()[0].state, mails()[0].attempts) == (MailState.SENDING, 1)

    def test_alerts_are_listed(self, app_context, runner):
        with standing_still(START), transaction():
            settle("house", [Trouble("late", "%(count)s wait", {"count": 3})], grace=AT_ONCE)
        assert "open" in runner.invoke(args=["alerts", "list"]).output
        (row,) = json.loads(runner.invoke(args=["alerts", "list", "--json"]).output)
        assert (row["name"], row["detail"], row["cleared_at"]) == ("house:late", "3 wait", None)

    def test_the_ledger_check_says_so_in_its_exit_status(self, app_context, runner, monkeypatch):
        assert runner.invoke(args=["ledger", "check"]).output == "the ledger agrees\n"
        assert runner.invoke(args=["ledger", "check", "--json"]).output == "[]\n"
        found = [Finding("left-behind", "entry 3")]
        monkeypatch.setattr("fundraising.operations.cli.records.findings", lambda: iter(found))
        answer = runner.invoke(args=["ledger", "check", "--json"])
        assert (answer.exit_code, json.loads(answer.output)) == (1, [{"check": "left-behind", "detail": "entry 3"}])
        assert "left-behind: entry 3" in runner.invoke(args=["ledger", "check"]).output

    def test_examples_are_put_in_once(self, app_context, runner):
        assert "not loaded" not in runner.invoke(args=["programmes", "load"]).output
        assert runner.invoke(args=["demo"]).output == "6 gifts\n"
        assert runner.invoke(args=["demo"]).output == "The examples were there already.\n"


class TestExamplesAndRealMoney:
    def test_a_live_key_takes_no_examples(self, app_context, runner, monkeypatch):
        door = MollieDoor(DoorSettings("live_abcdefgh", "http://127.0.0.1:1", ""))
        monkeypatch.setitem(app_context.extensions, "mollie", door)
        answer = runner.invoke(args=["demo"])
        assert (answer.exit_code, answer.output) == (
            1,
            "Error: MOLLIE_API_KEY is a live key: this ledger is for real money\n",
        )

    def test_a_ledger_of_real_money_takes_no_examples(self, app_context, runner):
        with transaction():
            gift(mode=LedgerMode.LIVE)
        assert runner.invoke(args=["demo"]).output == "Error: this ledger holds real money\n"

    def test_without_programmes_there_is_nothing_to_give_to(self, app_context, runner):
        answer = runner.invoke(args=["demo"])
        assert answer.exit_code == 1
        assert "programmes load" in answer.output
