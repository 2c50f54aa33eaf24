"""Processes that live and die together: each command of ours in a process of its own, under one that watches."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

# Longer than a worker takes to let its jobs finish.
_STOP_SECONDS = 12
# One that ends is noticed at once; this is for one that hangs, and longer than a machine under load takes.
_START_SECONDS = 120
_LOOK_SECONDS = 0.1
_PARENT = "FUNDRAISING_PARENT"


@dataclass(slots=True)
class Child:
    """One of the processes."""

    name: str
    process: subprocess.Popen[bytes]


class Family:
    """The processes that were started, in that order."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._children: list[Child] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: self.stop.set())

    def start(self, name: str, *arguments: str) -> None:
        """Start `fundraising ARGUMENTS` as a process that ends when this one does."""
        # A session of its own: Ctrl-C reaches this process alone, which then stops the others in order.
        command = [sys.executable, "-m", "fundraising", *arguments]
        environment = os.environ | {_PARENT: str(os.getpid())}
        process = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603  our own commands
        self._children.append(Child(name, process))

    def wait_for(self, port: int) -> None:
        """Wait until something listens there. Raises ClickException when it takes too long or a process ends."""
        until = time.monotonic() + _START_SECONDS
        while not self.stop.is_set() and not listens(port):
            self._complain_about_the_dead()
            if time.monotonic() > until:
                raise click.ClickException(f"nothing answers on port {port} after {_START_SECONDS} seconds")
            self.stop.wait(_LOOK_SECONDS)

    def watch(self) -> None:
        """Wait for a signal. Raises ClickException when one of the processes ends by itself."""
        while not self.stop.wait(_LOOK_SECONDS):
            self._complain_about_the_dead()

    def end(self) -> None:
        """Stop them all, the last one first, and leave none behind."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.terminate()
        until = time.monotonic() + _STOP_SECONDS
        for child in self._children:
            # What does not listen, and what a killed one left behind, goes with the rest of its session.
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, until - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()

    def _complain_about_the_dead(self) -> None:
        for child in self._children:
            code = child.process.poll()
            if code is not None and not self.stop.is_set():
                raise click.ClickException(f"the {child.name} ended by itself (exit status {code}); all was stopped")


def listens(port: int) -> bool:
    """Whether something on this machine accepts connections there."""
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex(("127.0.0.1", port)) == 0


def free_port(wanted: int) -> int:
    """That port of this machine if it is free, and else any that is. 0 wants any."""
    for port in (wanted, 0):
        with socket.socket() as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trying.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(trying.getsockname()[1])
    raise click.ClickException("this machine has no free port left")


def check_address(host: str, port: int) -> None:
    """Raises ClickException where nothing can listen there.

    The web server shares its port with whoever listens in the same way: a second one would take half of the requests.
    """
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as trouble:
        raise click.ClickException(f"cannot listen on {host}, port {port}: {trouble.strerror}") from None


def end_with_parent(end: Callable[[], None]) -> None:
    """Call `end` once the family that this process belongs to is gone, so that nothing stays behind."""
    parent = os.environ.get(_PARENT)
    if parent is not None:
        threading.Thread(target=_wait_for_orphanhood, args=(int(parent), end), daemon=True).start()


def _wait_for_orphanhood(parent: int, end: Callable[[], None]) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    end()


def end_this_process() -> None:
    """Ask this process to stop as a person would."""
    os.kill(os.getpid(), signal.SIGTERM)
