"""Who owns a transaction, what happens after it, and that competing writers lose nothing."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from fundraising.clock import now
from fundraising.db import TransactionError, after_commit, session, transaction
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.models import OfferedMethod, Payment
from fundraising.money import Euro
from fundraising.tasks import JobState
from tests.factories.giving import donation, payment

ROOT = Path(__file__).parent.parent


def names() -> set[str]:
    found = set(session().scalars(select(JobState.name)))
    session().rollback()
    return found


def add(name: str) -> JobState:
    row = JobState(name=name)
    session().add(row)
    return row


class TestTransaction:
    pytestmark = pytest.mark.usefixtures("app_context")

    def test_what_happens_inside_is_stored(self):
        with transaction():
            add("one")
            add("two")
        assert names() == {"one", "two"}

    @pytest.mark.parametrize("wrong", [RuntimeError, KeyboardInterrupt, SystemExit])
    def test_all_or_nothing(self, wrong):
        with pytest.raises(wrong), transaction():
            add("one")
            session().flush()  # also what the database has seen already goes
            raise wrong
        assert names() == set()

    def test_a_failing_commit_leaves_nothing_and_the_next_one_works(self):
        ran = []
        with pytest.raises(IntegrityError), transaction():
            after_commit(lambda: ran.append("hook"))
            session().add(donation())
            session().execute(text("INSERT INTO job_state (name, failures) VALUES ('a', 0), ('a', 0)"))
        assert ran == []
        with transaction():
            add("after")
        assert names() == {"after"}

    def test_one_inside_another_is_a_fault_of_the_program(self):
        with pytest.raises(TransactionError, match="entry point"), transaction():
            add("outer")
            with transaction():
                add("inner")
        assert names() == set()

    def test_a_caught_nesting_leaves_the_outer_one_whole(self):
        with transaction():
            add("before")
            with pytest.raises(TransactionError), transaction():
                pass
            add("after")
        assert names() == {"before", "after"}

    @pytest.mark.parametrize("change", ["add", "change", "delete"])
    def test_what_was_changed_before_it_is_not_swept_along(self, change):
        with transaction():
            row = add("kept")
        if change == "add":
            add("stray")
        elif change == "change":
            row.failures = 7
        else:
            session().delete(row)
        with pytest.raises(TransactionError, match="before"), transaction():
            add("own")
        session().rollback()
        assert names() == {"kept"}
        assert session().scalar(select(JobState.failures)) == 0

    def test_it_sees_the_newest_state_though_a_read_was_running(self, app):
        with transaction():
            row = add("counter")
        assert row.failures == session().scalar(select(JobState.failures)) == 0
        with ThreadPoolExecutor(1) as other:
            other.submit(_increment, app, 1).result()
        with transaction() as current:
            assert current.get_one(JobState, "counter").failures == 1

    def test_what_was_read_stays_readable_after_the_commit(self):
        with transaction():
            row = add("kept")
        session().close()
        assert row.name == "kept"


class TestAfterCommit:
    pytestmark = pytest.mark.usefixtures("app_context")

    def test_hooks_run_in_order_once_the_data_is_safe(self, app):
        seen = []

        def look(number):
            with app.app_context():  # another session: it sees only what is stored
                seen.append((number, names()))

        with transaction():
            add("stored")
            after_commit(lambda: look(1))
            after_commit(lambda: look(2))
            assert seen == []
        assert seen == [(1, {"stored"}), (2, {"stored"})]

    def test_nothing_runs_when_nothing_was_stored(self):
        ran = []
        with pytest.raises(ZeroDivisionError), transaction():
            after_commit(lambda: ran.append(1))
            raise ZeroDivisionError
        with transaction():
            add("next")
        assert ran == []

    def test_a_hook_runs_once(self):
        ran = []
        with transaction():
            after_commit(lambda: ran.append(1))
        with transaction():
            add("next")
        assert ran == [1]

    def test_a_hook_may_open_a_transaction_of_its_own(self):
        def follow():
            with transaction():
                add("second")

        with transaction():
            add("first")
            after_commit(follow)
        assert names() == {"first", "second"}

    def test_a_failing_hook_does_not_undo_what_was_stored(self):
        with pytest.raises(ZeroDivisionError), transaction():
            add("stored")
            after_commit(lambda: 1 / 0)
        assert names() == {"stored"}

    def test_outside_a_transaction_it_is_a_fault_of_the_program(self):
        with pytest.raises(TransactionError, match="inside"):
            after_commit(print)


class TestColumns:
    pytestmark = pytest.mark.usefixtures("app_context")

    def test_euros_come_back_as_they_went_and_sum_in_the_database(self):
        with transaction():
            for cents in (1, 5_000_000_00, 10**15):
                payment(donation(amount=Euro(cents)))
        assert sorted(session().scalars(select(Payment.amount))) == [Euro(1), Euro(5_000_000_00), Euro(10**15)]
        assert session().scalar(select(func.sum(Payment.amount))) == Euro(10**15 + 5_000_000_00 + 1)

    def test_a_bare_number_is_no_amount(self):
        with pytest.raises((StatementError, AttributeError)), transaction():
            donation(amount=100)

    def test_nothing_stays_nothing(self):
        with transaction():
            session().add(
                OfferedMethod(code="x", description="X", position=1, minimum=Euro(1), refreshed_at=now()),
            )
        session().expire_all()
        assert session().scalars(select(OfferedMethod)).one().maximum is None

    @pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9, minutes=-30))])
    def test_instants_come_back_in_utc(self, zone):
        instant = datetime(2026, 12, 31, 23, 30, 15, 123_456, tzinfo=zone)
        with transaction():
            add("job").started_at = instant
        session().expire_all()
        stored = session().get_one(JobState, "job").started_at
        assert stored == instant
        assert stored.tzinfo is UTC

    def test_a_naive_instant_raises(self):
        with pytest.raises(StatementError, match="naive"), transaction():
            add("job").started_at = datetime(2026, 12, 31, 23, 30)  # noqa: DTZ001

    def test_a_word_that_does_not_exist_raises(self):
        with pytest.raises(StatementError, match="play"), transaction():
            payment(mode="play")


@pytest.mark.sqlite_only
def test_sqlite_is_set_up_for_money(database_url):
    engine = create_engine(database_url)  # other than the tests' own, which does not wait for the disk

    def pragma(name):
        with engine.connect() as connection:
            return connection.execute(text(f"PRAGMA {name}")).scalar_one()

    assert pragma("journal_mode") == "wal"
    assert pragma("foreign_keys") == 1
    assert pragma("recursive_triggers") == 1
    assert pragma("synchronous") == 2  # FULL
    assert pragma("busy_timeout") >= 5_000
    engine.dispose()


def test_a_row_that_points_nowhere_is_refused(app_context):
    with pytest.raises(IntegrityError), transaction():
        session().add(
            Payment(
                donation_id=999, attempt=1, idempotency_key="k", mode=LedgerMode.TEST, amount=Euro(1), created_at=now()
            )
        )


def _increment(app, times):
    with app.app_context():
        for _ in range(times):
            with transaction() as current:
                row = current.get_one(JobState, "counter", with_for_update=True)
                row.failures += 1


def _counted(app):
    with app.app_context():
        return session().scalars(select(JobState.failures)).one()


@pytest.fixture
def counter(app):
    with app.app_context(), transaction():
        add("counter")
    return app


def test_competing_threads_lose_nothing(counter):
    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(_increment, counter, 25) for _ in range(8)]:
            done.result()
    assert _counted(counter) == 200


WRITER = """
import sys
from flask import Flask
from fundraising.db import db, engine_options, transaction
from fundraising.tasks import JobState

app = Flask("writer")
app.config.update(SQLALCHEMY_DATABASE_URI=sys.argv[1], SQLALCHEMY_ENGINE_OPTIONS=engine_options(sys.argv[1]))
db.init_app(app)
with app.app_context():
    for _ in range(25):
        with transaction() as current:
            current.get_one(JobState, "counter", with_for_update=True).failures += 1
"""


def test_competing_processes_lose_nothing(counter, config):
    command = [sys.executable, "-c", WRITER, config.database_url]
    writers = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(3)]
    for writer in writers:
        _, complaint = writer.communicate(timeout=120)
        assert writer.returncode == 0, complaint.decode()
    assert _counted(counter) == 75


@pytest.mark.sqlite_only
def test_a_writer_whose_turn_does_not_come_is_told_so(counter, monkeypatch):
    monkeypatch.setattr("fundraising.db.BUSY_TIMEOUT_MS", 50)
    with counter.app_context():
        with transaction() as current, ThreadPoolExecutor(1) as other:
            current.get_one(JobState, "counter")  # the write lock is held from here on
            waiting = other.submit(_increment, counter, 1)
            with pytest.raises(OperationalError, match="database is locked"):
                waiting.result(timeout=10)
        _increment(counter, 1)
    assert _counted(counter) == 1


@pytest.mark.sqlite_only
def test_readers_are_not_held_up_by_a_writer(counter):
    with counter.app_context(), transaction():
        session().get_one(JobState, "counter").failures = 5
        session().flush()  # the write lock is held, the change not stored
        with ThreadPoolExecutor(1) as other:
            assert other.submit(_counted, counter).result(timeout=5) == 0
    assert _counted(counter) == 5


def test_a_writer_that_holds_on_to_a_row_does_not_overwrite_others(counter):
    with counter.app_context():
        with transaction() as current:
            row = current.get_one(JobState, "counter")
        with ThreadPoolExecutor(1) as other:
            other.submit(_increment, counter, 3).result()
        with transaction():
            row.failures += 1
    assert _counted(counter) == 4
