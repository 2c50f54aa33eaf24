"""Mail: from the caller's transaction to a mail server, once, whatever the server or a worker does."""

from __future__ import annotations

import socket
import stat
import threading
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from fundraising import mailer, tasks
from fundraising.clock import standing_still
from fundraising.db import TransactionError, session, transaction
from fundraising.mailer import FolderTransport, MailState, Message, NotAMail, OutgoingMail, Sender, SmtpTransport
from tests.mail_server import DROP, HANG, mail_server, trusting

SENDER = Sender("Gevangenzorg Nederland", "giften@example.org", "contact@example.org")
START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


def enqueue(recipient: str = "anna@example.nl", **changes: str) -> int:
    values = {"kind": "thanks", "subject": "Dank u wel", "text": "Uw gift is ontvangen.\n", "html": "<p>Dank</p>"}
    with transaction():
        return mailer.enqueue(Message(recipient=recipient, **(values | changes)))


def mail(mail_id: int) -> OutgoingMail:
    session().rollback()
    session().expire_all()
    return session().get_one(OutgoingMail, mail_id)


@pytest.fixture
def server():
    with mail_server() as running:
        yield running


@pytest.fixture
def transport(server):
    return SmtpTransport(f"smtp://127.0.0.1:{server.port}", timeout=30)


@pytest.fixture
def hasty(server):
    return SmtpTransport(f"smtp://127.0.0.1:{server.port}", timeout=0.5)


class TestMessage:
    @pytest.mark.parametrize(
        "recipient",
        [
            "",
            "anna",
            "anna@",
            "anna@example.nl\nBcc: everyone@example.nl",
            "anna@example.nl\r\n",
            "anna@example.nl, bert@example.nl",
            "Anna <anna@example.nl>",
            "an na@example.nl",
            "anna@exa\x00mple.nl",
            "anna@example..nl",
            "an..na@example.nl",
            "anna@" + "a" * 64 + ".nl",
            "a" * 250 + "@example.nl",
        ],
    )
    def test_recipient_is_one_plain_address(self, recipient):
        with pytest.raises(NotAMail):
            Message("thanks", recipient, "Dank", "tekst")

    @pytest.mark.parametrize("subject", ["", "Dank\nBcc: x@example.nl", "Dank\r", "\x1b[31m", "a\u2028b", "a" * 256])
    def test_subject_is_one_line(self, subject):
        with pytest.raises(NotAMail):
            Message("thanks", "anna@example.nl", subject, "tekst")

    @pytest.mark.parametrize("url", ["https://a.example/b c", "https://a.example/>\r\nBcc: x", "https://a.example/é"])
    def test_address_for_stopping_is_one_word(self, url):
        with pytest.raises(NotAMail):
            Message("news", "anna@example.nl", "Nieuws", "tekst", unsubscribe_url=url)

    def test_half_a_character_is_refused_before_it_is_stored(self):
        with pytest.raises(NotAMail):
            Message("thanks", "anna@example.nl", "Dank", "kapot \ud83d")


class TestOutbox:
    def test_belongs_to_the_callers_transaction(self, app_context):
        with pytest.raises(LookupError), transaction():
            mailer.enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))
            raise LookupError
        assert mailer.outbox() == []
        with pytest.raises(TransactionError):
            mailer.enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))

    def test_wakes_the_delivery_after_the_commit(self, app_context):
        queue = app_context.extensions["queue"]
        with transaction():
            mailer.enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))
            mailer.enqueue(Message("thanks", "bert@example.nl", "Dank", "tekst"))
            assert queue.pending() == 0
        assert queue.pending() == 1

    def test_counts_what_a_mailbox_got_however_it_is_spelled(self, app_context):
        with standing_still(START):
            enqueue("Anna@Example.NL", kind="transfer")
        with standing_still(START + timedelta(hours=1)):
            enqueue("anna@example.nl", kind="transfer")
            enqueue("anna@example.nl", kind="thanks")
            enqueue("bert@example.nl", kind="transfer")
        assert mailer.recent_count("ANNA@example.nl", "transfer", START) == 2
        assert mailer.recent_count("anna@example.nl", "transfer", START + timedelta(minutes=1)) == 1

    def test_lists_the_newest_first_and_by_state(self, app_context):
        first, second = enqueue(), enqueue()
        assert [row.id for row in mailer.outbox()] == [second, first]
        assert [row.id for row in mailer.outbox(limit=1)] == [second]
        assert mailer.outbox(MailState.FAILED) == []


class TestDelivery:
    def test_carries_all_that_is_due_over_one_connection(self, app_context, server, transport):
        with standing_still(START):
            ids = [enqueue("anna@example.nl"), enqueue("bert@example.nl"), enqueue("m.müller@münchen.example")]
            assert mailer.deliver_due(transport, SENDER) == 2
        assert [mail(mail_id).state for mail_id in ids] == [MailState.SENT, MailState.SENT, MailState.FAILED]
        assert mail(ids[0]).sent_at == START
        assert server.connections == 1
        assert server.peers[0] == ("giften@example.org", ("anna@example.nl",))
        assert mailer.deliver_due(transport, SENDER) == 0

    def test_says_who_when_and_that_a_machine_wrote_it(self, app_context, server, transport):
        with standing_still(START):
            sent = enqueue(subject="Dank u wel — € 1.000,00 ontvangen", text="Geachte mevrouw Jöns,\n€ 1.000\n")
        mailer.deliver_due(transport, SENDER)
        (arrived,) = server.mails
        assert arrived["From"] == "Gevangenzorg Nederland <giften@example.org>"
        assert arrived["Reply-To"] == "contact@example.org"
        assert arrived["To"] == "anna@example.nl"
        assert arrived["Subject"] == "Dank u wel — € 1.000,00 ontvangen"
        assert arrived["Date"].datetime == START
        assert arrived["Message-ID"] == f"<{mail(sent).message_id}@example.org>"
        assert arrived["Auto-Submitted"] == "auto-generated"
        assert arrived.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in arrived.iter_parts()] == ["text/plain", "text/html"]
        assert arrived.get_body(("plain",)).get_content() == "Geachte mevrouw Jöns,\r\n€ 1.000\r\n"

    def test_says_on_one_line_where_a_mailing_is_stopped(self, app_context, tmp_path):
        stop = f"https://geven.example.nl/afmelden/{'a1.B-' * 40}"
        enqueue(unsubscribe_url=stop)
        mailer.deliver_due(FolderTransport(tmp_path), SENDER)
        (file,) = tmp_path.glob("*.eml")
        lines = file.read_bytes().splitlines()
        assert f"List-Unsubscribe: <{stop}>".encode() in lines
        assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines

    def test_what_a_gift_asks_for_cannot_be_stopped(self, app_context, server, transport):
        enqueue()
        mailer.deliver_due(transport, SENDER)
        assert "List-Unsubscribe" not in server.mails[0]

    def test_without_html_it_is_plain_text(self, app_context, server, transport):
        enqueue(html="")
        mailer.deliver_due(transport, SENDER)
        assert server.mails[0].get_content_type() == "text/plain"

    def test_domain_outside_ascii_is_spelled_for_the_server(self, app_context, server, transport):
        enqueue("anna@münchen.example")
        mailer.deliver_due(transport, SENDER)
        assert server.peers[0][1] == ("anna@xn--mnchen-3ya.example",)

    def test_unknown_mailbox_is_given_up_at_once_and_holds_up_nobody(self, app_context, server, transport):
        server.on_recipient["weg@example.nl"] = "550 5.1.1 no such user"
        refused, fine = enqueue("weg@example.nl"), enqueue()
        assert mailer.deliver_due(transport, SENDER) == 1
        assert mail(refused).state is MailState.FAILED
        assert mail(refused).last_error == "550 5.1.1 no such user"
        assert mail(fine).state is MailState.SENT

    @pytest.mark.parametrize(
        ("behave", "state"),
        [
            ({"on_recipient": {"anna@example.nl": "450 4.2.0 greylisted"}}, MailState.WAITING),
            ({"on_recipient": {"anna@example.nl": "421 4.3.2 closing"}}, MailState.WAITING),
            ({"on_recipient": {"anna@example.nl": DROP}}, MailState.WAITING),
            ({"on_data": ["451 4.3.0 try later"]}, MailState.WAITING),
            ({"on_data": [DROP]}, MailState.WAITING),
            ({"on_data": ["554 5.7.1 looks like spam"]}, MailState.FAILED),
        ],
    )
    def test_trouble_is_told_apart(self, app_context, server, transport, behave, state):
        for name, value in behave.items():
            setattr(server, name, value.copy())
        with standing_still(START):
            trouble = enqueue()
            assert mailer.deliver_due(transport, SENDER) == 0
        assert mail(trouble).state is state
        assert mail(trouble).last_error
        if state is MailState.WAITING:
            assert mail(trouble).next_try_at == START + timedelta(minutes=1)

    def test_a_server_that_does_not_answer_is_not_waited_for(self, app_context, server, hasty):
        server.on_recipient = {"anna@example.nl": HANG}
        with standing_still(START):
            trouble = enqueue()
            assert mailer.deliver_due(hasty, SENDER) == 0
        assert (mail(trouble).state, mail(trouble).next_try_at) == (MailState.WAITING, START + timedelta(minutes=1))
        assert "timed out" in mail(trouble).last_error

    def test_is_tried_again_under_the_same_name_until_it_passes(self, app_context, server, transport):
        server.on_data = ["451 later", DROP]
        with standing_still(START):
            waiting = enqueue()
            mailer.deliver_due(transport, SENDER)
            assert mailer.deliver_due(transport, SENDER) == 0
        name = mail(waiting).message_id
        with standing_still(START + timedelta(minutes=1)):
            assert mailer.deliver_due(transport, SENDER) == 0
        assert mail(waiting).next_try_at == START + timedelta(minutes=6)
        with standing_still(START + timedelta(minutes=6)):
            assert mailer.deliver_due(transport, SENDER) == 1
        assert mail(waiting).attempts == 3
        assert mail(waiting).last_error == ""
        assert server.mails[0]["Message-ID"] == f"<{name}@example.org>"

    def test_is_given_up_after_the_last_try_and_begun_anew_when_asked(self, app_context, server, transport):
        server.on_data = ["451 later"] * 7
        at = START
        with standing_still(at):
            waiting = enqueue()
        for _ in range(7):
            with standing_still(at):
                mailer.deliver_due(transport, SENDER)
            at = mail(waiting).next_try_at
        assert mail(waiting).state is MailState.FAILED
        assert mail(waiting).attempts == 7
        with standing_still(at + timedelta(days=1)):
            assert mailer.deliver_due(transport, SENDER) == 0
            with transaction():
                assert mailer.retry() == 1
            assert mailer.deliver_due(transport, SENDER) == 1

    def test_a_server_out_of_reach_is_asked_once_a_run(self, app_context):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # and does not listen
            nobody = SmtpTransport(f"smtp://127.0.0.1:{closed.getsockname()[1]}", timeout=30)
            with standing_still(START):
                first, second = enqueue(), enqueue("bert@example.nl")
                assert mailer.deliver_due(nobody, SENDER) == 0
        assert mail(first).attempts == 1
        assert "ConnectionRefusedError" in mail(first).last_error
        assert mail(second).attempts == 0

    def test_retrying_by_number_leaves_what_was_sent(self, app_context, server, transport):
        sent = enqueue()
        mailer.deliver_due(transport, SENDER)
        waiting = enqueue("bert@example.nl")
        with transaction():
            assert mailer.retry(sent, waiting) == 1
        assert mail(sent).state is MailState.SENT


class TestEncryption:
    def test_a_password_is_never_said_in_the_clear(self, app_context):
        with mail_server() as server:
            enqueue()
            assert mailer.deliver_due(SmtpTransport(f"smtp://gever:secret@127.0.0.1:{server.port}", 30), SENDER) == 0
        assert server.mails == []
        assert "STARTTLS" in mailer.outbox()[0].last_error

    def test_starttls_with_a_password(self, app_context):
        with mail_server(tls="starttls", password="p@ss:word/") as server:
            enqueue()
            url = f"smtp://gever%40example.nl:p%40ss%3Aword%2F@127.0.0.1:{server.port}"
            assert mailer.deliver_due(SmtpTransport(url, 30, trusting()), SENDER) == 1
        assert len(server.mails) == 1

    def test_a_wrong_password_waits_for_better_settings(self, app_context):
        with mail_server(tls="starttls", password="right") as server:
            wrong = enqueue()
            url = f"smtp://gever%40example.nl:wrong@127.0.0.1:{server.port}"
            assert mailer.deliver_due(SmtpTransport(url, 30, trusting()), SENDER) == 0
        assert mail(wrong).state is MailState.WAITING
        assert "wrong" not in mail(wrong).last_error

    def test_encrypted_from_the_first_byte(self, app_context):
        with mail_server(tls="smtps") as server:
            enqueue()
            url = f"smtps://127.0.0.1:{server.port}"
            assert mailer.deliver_due(SmtpTransport(url, 30, trusting()), SENDER) == 1

    def test_an_unknown_certificate_is_not_trusted(self, app_context):
        with mail_server(tls="smtps") as server:
            enqueue()
            assert mailer.deliver_due(SmtpTransport(f"smtps://127.0.0.1:{server.port}", 30), SENDER) == 0
        assert "CERTIFICATE_VERIFY_FAILED" in mailer.outbox()[0].last_error


class TestWorkersThatCompeteOrDie:
    def test_many_workers_send_each_mail_once(self, app_context, server):
        ids = {enqueue(f"donor{number}@example.nl") for number in range(24)}

        def work() -> None:
            with app_context.app_context():
                mailer.deliver_due(SmtpTransport(f"smtp://127.0.0.1:{server.port}", timeout=30), SENDER)

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(recipients[0] for _, recipients in server.peers) == sorted(
            f"donor{number}@example.nl" for number in range(24)
        )
        assert {mail(mail_id).state for mail_id in ids} == {MailState.SENT}

    def test_what_a_dead_worker_held_goes_again_once_its_claim_ran_out(self, app_context, server, transport):
        with standing_still(START):
            held = enqueue()
            _claim_and_die()
            assert mail(held).state is MailState.SENDING
            assert mailer.deliver_due(transport, SENDER) == 0
        with standing_still(START + mailer.CLAIM):
            assert mailer.deliver_due(transport, SENDER) == 1
        assert mail(held).state is MailState.SENT
        assert len(server.mails) == 1

    def test_who_was_taken_for_dead_does_not_overrule_the_next(self, app_context, server, transport):
        class Slow:
            """Its answer, a refusal, comes after another worker took over and sent the mail."""

            def opened(self):
                return nullcontext(self.send)

            def send(self, _message):
                with standing_still(START + mailer.CLAIM):
                    assert mailer.deliver_due(transport, SENDER) == 1
                raise mailer.Refused("550 too late", permanent=True)

        with standing_still(START):
            held = enqueue()
            assert mailer.deliver_due(Slow(), SENDER) == 0
        assert mail(held).state is MailState.SENT
        assert mail(held).last_error == ""

    def test_a_mail_that_kills_every_worker_is_given_up(self, app_context):
        at = START
        with standing_still(at):
            deadly = enqueue()
        for _ in range(len(mailer.BACKOFF) + 1):
            with standing_still(at):
                _claim_and_die()
            at += mailer.CLAIM
        with standing_still(at):
            assert mailer.deliver_due(_Dying(), SENDER) == 0
        assert mail(deadly).state is MailState.FAILED


class _Died(BaseException):
    """The process ends here."""


class _Dying:
    """A transport on which the process dies."""

    def opened(self):
        return nullcontext(self._die)

    def _die(self, _message):
        raise _Died


def _claim_and_die() -> None:
    with pytest.raises(_Died):
        mailer.deliver_due(_Dying(), SENDER)


class TestFolder:
    def test_writes_a_file_per_mail_that_only_we_read(self, app_context, tmp_path):
        folder = tmp_path / "var" / "mail"
        with standing_still(START):
            sent = enqueue(subject="Dank u wel — € 25")
            assert mailer.deliver_due(FolderTransport(folder), SENDER) == 1
        (file,) = folder.iterdir()
        assert file.name == f"20260314-090000-{mail(sent).message_id}.eml"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert message_from_bytes(file.read_bytes(), policy=default)["Subject"] == "Dank u wel — € 25"

    def test_the_same_mail_again_is_the_same_file(self, app_context, tmp_path):
        with standing_still(START):
            sent = enqueue()
            mailer.deliver_due(FolderTransport(tmp_path / "mail"), SENDER)
        with transaction() as current:
            current.get_one(OutgoingMail, sent).state = MailState.WAITING
        assert mailer.deliver_due(FolderTransport(tmp_path / "mail"), SENDER) == 1
        assert len(list((tmp_path / "mail").iterdir())) == 1

    def test_a_folder_that_cannot_be_written_is_out_of_reach(self, app_context, tmp_path):
        (tmp_path / "mail").write_text("a file stands in the way")
        waiting = enqueue()
        assert mailer.deliver_due(FolderTransport(tmp_path / "mail"), SENDER) == 0
        assert mail(waiting).state is MailState.WAITING


def test_the_delivery_is_a_job_that_writes_to_the_configured_place(app_context, config):
    enqueue()
    tasks.run_job(mailer.DELIVERY_JOB)
    assert [file.suffix for file in (config.data_dir / "mail").iterdir()] == [".eml"]
    assert session().scalars(select(OutgoingMail.state)).all() == [MailState.SENT]


def test_late_and_failed_mails_are_counted(app_context, server, transport):
    server.on_recipient["weg@example.nl"] = "550 no such user"
    with standing_still(START):
        enqueue("weg@example.nl")
        mailer.deliver_due(transport, SENDER)
        enqueue()
    assert mailer.late_count(START) == 0
    assert mailer.late_count(START + timedelta(seconds=1)) == 1
    assert mailer.failed_count(START) == 1
    assert mailer.failed_count(START + timedelta(seconds=1)) == 0
