"""The jobs, and the queue that starts them.

The queue (huey, in a SQLite file or in Redis) only says "look now"; it may lose or repeat anything. What is to be done
stands in tables, where every job looks for it, and what became of a job stands in `job_state`. So a killed worker loses
nothing, and a second scheduler finds a moment of the schedule taken.
"""

from __future__ import annotations

import importlib.util
import signal
import sqlite3
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from huey.api import Huey, RedisHuey, SqliteHuey
from huey.consumer import Consumer
from huey.exceptions import HueyException
from sqlalchemy import CursorResult, Integer, String, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.clock import now
from fundraising.db import Model, give_way, insert_new, session, transaction
from fundraising.logs import get_logger, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

# How long a job that runs may go on once the worker was told to stop; what it leaves is found again in the tables.
STOP_SECONDS = 8
_HEALTH_SECONDS = 10
# How long at most an idle worker waits before it looks at a SQLite queue again.
_IDLE_SECONDS = 0.5


class JobState(Model):
    """What is known of a job: the truth about its runs stands here, not in the queue."""

    __tablename__ = "job_state"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    # The scheduled moment that was claimed last: a second scheduler finds it taken.
    slot: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(String(500), default="")


class QueueUnreachable(RuntimeError):
    """The queue cannot be read or written now."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something done again and again: it looks for work in tables, so that a run too many does nothing."""

    name: str
    run: Callable[[], None]
    every: timedelta
    stalled_after: timedelta

    def slot(self, at: datetime) -> datetime:
        """The scheduled moment that an instant belongs to. A daily job's is midnight UTC."""
        seconds = int(self.every.total_seconds())
        return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)


JOBS: dict[str, Job] = {}
_running: ContextVar[str] = ContextVar("running", default="")


def job(name: str, *, every: timedelta, stalled_after: timedelta) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declare a function a job, run in an application context; it opens its own transactions.

    `every` is a whole number of minutes; without success for `stalled_after` an alert is raised. Raises ValueError.
    """
    if every < timedelta(minutes=1) or every % timedelta(minutes=1):
        raise ValueError(f"{name}: jobs are scheduled by the minute")

    def declare(function: Callable[[], None]) -> Callable[[], None]:
        if name in JOBS:
            raise ValueError(f"two jobs are called {name}")
        JOBS[name] = Job(name, function, every, stalled_after)
        return function

    return declare


def run_job(name: str) -> None:
    """Run a job now, whatever the schedule says, and record what became of it.

    Raises KeyError for a job that is not there, and whatever the job raises.
    """
    known = JOBS[name]
    with transaction():
        _declare(name)
        _note(name, started_at=now())
    _run(known)


def run_scheduled(name: str) -> bool:
    """Run a job if nobody claimed the present moment of its schedule; says whether it ran. Raises as `run_job()`."""
    known = JOBS[name]
    slot = known.slot(now())
    claim = (
        update(JobState)
        .where(JobState.name == name, or_(JobState.slot.is_(None), ~JobState.slot.between(slot, slot + known.every)))
        .values(slot=slot, started_at=now())
    )
    with transaction() as current:
        _declare(name)
        claimed = cast("CursorResult[Any]", current.execute(claim)).rowcount == 1
    if claimed:
        _run(known)
    return claimed


def due_jobs() -> list[str]:
    """The jobs whose present moment nobody has claimed.

    A moment far ahead was claimed by a clock that was wrong: it must not keep a job from running until then.
    """
    claimed = {state.name: state.slot for state in session().execute(select(JobState.name, JobState.slot))}
    at = now()
    slots = {name: (claimed.get(name), known.slot(at), known.every) for name, known in JOBS.items()}
    return [name for name, (last, slot, every) in slots.items() if last is None or not slot <= last <= slot + every]


def _declare(name: str) -> None:
    session().execute(insert_new(JobState).values(name=name, failures=0, error=""))


def running_job() -> str:
    """The name of the job that runs here and now; empty without one."""
    return _running.get()


def _run(known: Job) -> None:
    token = _running.set(known.name)
    try:
        known.run()
    except Exception as error:
        # Whatever it is: it is written down, and goes on its way.
        session().rollback()
        get_logger().error("job.failed", job=known.name, error=summary(error))
        with transaction():
            _note(known.name, failed_at=now(), failures=JobState.failures + 1, error=summary(error))
        raise
    finally:
        _running.reset(token)
    with transaction():
        _note(known.name, succeeded_at=now(), failures=0, error="")


def _note(name: str, **facts: Any) -> None:  # noqa: ANN401  values or SQL expressions
    session().execute(update(JobState).where(JobState.name == name).values(**facts))


@dataclass(slots=True)
class _Turns:
    """One run of a job at a time in this process: a slow mail server must not take the threads of other jobs."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    running: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)

    def take(self, name: str, *, or_again: bool) -> bool:
        """Begin a turn; where one goes on, say no, and with `or_again` have another asked for at its end."""
        with self.lock:
            if name in self.running:
                if or_again:
                    self.again.add(name)
                return False
            self.running.add(name)
            return True

    def give_back(self, name: str) -> bool:
        """End a turn; says whether another was asked for meanwhile."""
        with self.lock:
            self.running.discard(name)
            asked = name in self.again
            self.again.discard(name)
            return asked


@dataclass(frozen=True, slots=True)
class _Wired:
    huey: Huey
    run_now: Callable[[str], object]
    run_if_due: Callable[[str], object]


class _Consumer(Consumer):
    """huey's, without its own ways with signals: one that comes while it starts would be heard by nobody."""

    def _set_signal_handlers(self) -> None:
        pass


class Queue:
    """The queue of one process. `context` gives each run its application context."""

    def __init__(self, url: str, context: Callable[[], AbstractContextManager[object]]) -> None:
        if not url.startswith("sqlite:///") and importlib.util.find_spec("redis") is None:
            raise ValueError("QUEUE_URL names Redis: install the extra `redis`")
        self._url = url
        self._context = context
        self._turns = _Turns()

    @cached_property
    def _wired(self) -> _Wired:
        huey = _connect(self._url)
        # Named, so that what one process asks for another one runs.
        run_now = huey.task(name="run_now")(self._run_now)
        run_if_due = huey.task(name="run_if_due")(self._run_if_due)
        huey.periodic_task(lambda _at: True, name="tick", expires=50)(self._tick)
        return _Wired(huey, run_now, run_if_due)

    def nudge(self, name: str) -> None:
        """Ask for a run now, unless one is asked for already. Raises QueueUnreachable."""
        with _own_errors():
            huey, key = self._wired.huey, _nudge_key(name)
            if not huey.storage.has_data_for_key(key) and huey.put_if_empty(key, data=True):
                self._wired.run_now(name)

    def pending(self) -> int:
        """How many runs are asked for. Raises QueueUnreachable."""
        with _own_errors():
            return int(self._wired.huey.pending_count())

    def run_pending(self) -> int:
        """Do here and now what was asked for, and say how many tasks that were. Raises QueueUnreachable."""
        done = 0
        with _own_errors():
            while (task := self._wired.huey.dequeue()) is not None:
                self._wired.huey.execute(task)
                done += 1
        return done

    def work(self) -> None:
        """Be the worker and the scheduler of this installation until SIGTERM or SIGINT. For the main thread.

        Raises QueueUnreachable where the queue's file cannot be written; Redis may come back meanwhile.
        """
        give_way()
        with _own_errors():
            huey = self._wired.huey
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: stop.set())
        # As many threads as jobs and one for the schedule: none waits for another.
        consumer = cast("Any", _Consumer)(
            huey,
            workers=len(JOBS) + 1,
            max_delay=_IDLE_SECONDS,
            shutdown_timeout=STOP_SECONDS,
            check_worker_health=False,
        )
        consumer.start()
        get_logger().info("worker.started", jobs=len(JOBS))
        while not stop.wait(_HEALTH_SECONDS):
            consumer.check_worker_health()
        consumer.stop(graceful=True)
        get_logger().info("worker.stopped")

    def _tick(self) -> None:
        # A process killed between its mark and its message would keep others from asking: marks last a minute at most.
        for name in JOBS:
            self._wired.huey.delete(_nudge_key(name))
        with self._context():
            for name in due_jobs():
                self._wired.run_if_due(name)

    def _run_now(self, name: str) -> None:
        # First of all, so that what is written from here on asks for a run of its own.
        self._wired.huey.delete(_nudge_key(name))
        self._in_turn(name, run_job, or_again=True)

    def _run_if_due(self, name: str) -> None:
        # Two schedulers may both have asked for this moment; one that was not claimed is still due at the next tick.
        self._in_turn(name, run_scheduled, or_again=False)

    def _in_turn(self, name: str, run: Callable[[str], object], *, or_again: bool) -> None:
        if not self._turns.take(name, or_again=or_again):
            return
        try:
            # What it raises goes to huey, whose task this is: it logs where that came from, and the worker goes on.
            with self._context():
                run(name)
        finally:
            if self._turns.give_back(name):
                nudge(name)


_current: list[Queue] = []


def use_queue(url: str, context: Callable[[], AbstractContextManager[object]]) -> Queue:
    """Make this the queue of the process. Connects at first use. Raises ValueError."""
    _current[:] = [Queue(url, context)]
    return _current[0]


def nudge(name: str) -> None:
    """Ask the worker to run a job now, to be called after a commit. Never raises: the schedule finds the work too."""
    try:
        if _current:
            _current[0].nudge(name)
    except QueueUnreachable as error:
        get_logger().warning("queue.out_of_reach", job=name, reason=summary(error))


def _nudge_key(name: str) -> str:
    return f"nudged-{name}"


def _connect(url: str) -> Huey:
    options = {"results": False, "utc": True}
    if url.startswith("sqlite:///"):
        return SqliteHuey("fundraising", filename=url.removeprefix("sqlite:///"), **options)
    return RedisHuey("fundraising", url=url, **options)


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except _queue_errors() as error:
        raise QueueUnreachable(summary(error)) from error


def _queue_errors() -> tuple[type[Exception], ...]:
    ours = (sqlite3.Error, HueyException, OSError)
    if importlib.util.find_spec("redis") is None:
        return ours
    from redis.exceptions import RedisError  # noqa: PLC0415  an extra that need not be installed

    return (*ours, RedisError)
