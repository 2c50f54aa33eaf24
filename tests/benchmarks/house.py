"""The house as it runs in earnest: web server, worker and simulator as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fundraising.operations.cli.processes import free_port, listens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).parents[2]
_START_SECONDS = 30


@dataclass(frozen=True)
class Processes:
    """Starts processes with the settings of one installation; what they say goes to files in `folder`."""

    settings: Mapping[str, str]
    folder: Path

    @contextmanager
    def running(self, *command: str) -> Iterator[None]:
        """A Python process, `-m fundraising worker` say; it must still run at the end, where it is stopped."""
        name = command[-1].rpartition(":")[2] if command else "python"
        # It ends with us, also when we are killed.
        environment = {"PATH": os.environ["PATH"], "FUNDRAISING_PARENT": str(os.getpid())} | dict(self.settings)
        with (self.folder / f"{name}-{time.monotonic_ns()}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=PROJECT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
            try:
                yield
                assert process.poll() is None, f"{' '.join(command)} ended by itself"
            except BaseException as trouble:
                trouble.add_note(Path(log.name).read_text())
                raise
            finally:
                process.terminate()
                process.wait(20)

    @contextmanager
    def listening(self, port: int, *command: str) -> Iterator[str]:
        """The same for a process that listens on a port: the address at which it answers."""
        with self.running(*command):
            until = time.monotonic() + _START_SECONDS
            while not listens(port):
                assert time.monotonic() < until, f"{' '.join(command)} does not answer on port {port}"
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"

    @contextmanager
    def web(self, port: int = 0) -> Iterator[str]:
        """The web server of the house."""
        port = port or free_port(0)
        with self.listening(port, "-m", "fundraising", "web", "--port", str(port)) as url:
            yield url

    @contextmanager
    def serving(self, application: str) -> Iterator[str]:
        """An application of `apps` under the same server."""
        port = free_port(0)
        target = f"tests.benchmarks.apps:{application}"
        with self.listening(port, "-m", "tests.benchmarks.serve", target, str(port)) as url:
            yield url

    @contextmanager
    def simulator(self) -> Iterator[str]:
        """A simulated Mollie."""
        port = free_port(0)
        where = str(self.folder / f"simulator-{port}")
        command = ("-m", "fundraising", "simulator", "--data-dir", where, "--port", str(port))
        with self.listening(port, *command) as url:
            yield url
