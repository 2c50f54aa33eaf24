"""A process of the whole house, pages and worker together, that can be told at which step of the path to die.

The faults are put in here, from outside: the house itself knows of none. Processes are forked from a server that has
everything imported already, so that one starts in a fraction of a second.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

from config import Config
from fundraising.app import create_app
from fundraising.giving.mollie import DoorSettings, MollieDoor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

    from flask import Flask

KEY = "test_simulator0000000000000000000000"
JOBS = ("payment-hints", "mail-delivery", "payments-sweep", "refunds")
# A minute of the schedule, in a test.
MINUTE_SECONDS = 0.15


@dataclass(frozen=True)
class Death:
    """Die at the `times`-th call of a function, named `module:Class.function`, before or after it did its work."""

    where: str
    after: bool = False
    times: int = 1


@dataclass(frozen=True)
class Installation:
    """Where a process finds its settings, its provider, and its port; the same again after a restart."""

    environment: Mapping[str, str]
    mollie_url: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def app(self) -> Flask:
        """The application as this process runs it, with webhooks on, which Mollie would refuse to send to localhost."""
        app = create_app(Config.from_env(self.environment))
        webhooks = f"{self.url}/webhooks/mollie"
        app.extensions["mollie"] = MollieDoor(DoorSettings(KEY, self.mollie_url, webhooks, pauses=(0.05, 0.1)))
        return app


@dataclass
class House:
    """Starts and kills the processes of one installation."""

    installation: Installation
    running: list[ForkServerProcess] = field(default_factory=list)

    def start(self, death: Death | None = None) -> ForkServerProcess:
        """A new process, once it answers."""
        ours, theirs = _processes().Pipe()
        process = _processes().Process(target=serve, args=(self.installation, death, theirs), daemon=True)
        process.start()
        assert ours.poll(30), "the process does not start"
        ours.recv()
        self.running.append(process)
        return process

    def kill(self) -> None:
        """Kill what still runs."""
        for process in self.running:
            process.kill()
            process.join()
        self.running.clear()


@contextmanager
def housed(installation: Installation) -> Iterator[House]:
    house = House(installation)
    try:
        yield house
    finally:
        house.kill()


def in_processes(number: int, target: Callable[..., None], *args: object) -> None:
    """Run a function in several processes at once and see that all end well."""
    started = [_processes().Process(target=target, args=(each, *args)) for each in range(number)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
        assert process.exitcode == 0


def _processes() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def serve(installation: Installation, death: Death | None, ready: Connection) -> None:
    """Answer requests and do the jobs until killed."""
    keep_output(Path(installation.environment["DATA_DIR"]))
    if death is not None:
        arm(death)
    app = installation.app()
    server = make_server("127.0.0.1", installation.port, app, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=work, args=(app,), daemon=True).start()
    ready.send("ready")
    server.serve_forever()


def keep_output(folder: Path) -> None:
    """What the process says goes to a file, for whoever looks into a failure."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "process.log").open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)


def work(app: Flask) -> None:
    """What the worker does: what was asked for, and everything every `minute`."""
    queue = app.extensions["queue"]
    while True:
        for name in JOBS:
            queue.nudge(name)
        queue.run_pending()
        time.sleep(MINUTE_SECONDS)


class QuietHandler(WSGIRequestHandler):
    def log_request(self, *_args: object) -> None:
        pass


def arm(death: Death) -> None:
    """Put a deadly function in the place of the named one."""
    module, _, path = death.where.partition(":")
    *outer, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for each in outer:
        owner = getattr(owner, each)
    setattr(owner, name, deadly(getattr(owner, name), death))


def deadly(function: Callable[..., Any], death: Death) -> Callable[..., Any]:
    calls = count(1)

    def dying(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == death.times
        if last and not death.after:
            die()
        result = function(*args, **kwargs)
        if last:
            die()
        return result

    return dying


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
