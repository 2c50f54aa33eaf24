"""Load: as fast as it goes (wrk), and at a constant rate, whatever the server does meanwhile.

At a constant rate every request has a moment at which it is due, and its time counts from that moment: when the server
stalls, those who would have come meanwhile wait too, and their waiting is measured. A client that asks only after the
last answer would leave just them out ("coordinated omission").
"""

from __future__ import annotations

import asyncio
import gc
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

# wrk has one thread for this many connections: enough to keep four threads of a server busy.
_CONNECTIONS = 16
_TIMEOUT = 30.0


def requests_per_second(url: str, *, seconds: int, headers: Sequence[str] = ()) -> float:
    """How many requests a second a page answers at most; all of them well."""
    wrk = shutil.which("wrk")
    if wrk is None:
        pytest.fail("this measurement needs wrk: apt-get install wrk, or brew install wrk", pytrace=False)
    command = [wrk, "--threads", "1", "--connections", str(_CONNECTIONS), "--duration", f"{seconds}s"]
    command += [part for header in headers for part in ("--header", header)]
    told = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in told, told
    assert "Socket errors" not in told, told
    rate = re.search(r"Requests/sec:\s*([\d.]+)", told)
    assert rate, told
    return float(rate[1])


@dataclass
class Answers:
    """The time of each answer in seconds, from the moment its request was due, and its HTTP status."""

    times: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


def get(path: str) -> bytes:
    """A request for a page as a browser makes it."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n".encode()


def post(path: str, body: str) -> bytes:
    """A form that is sent."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()


def at_constant_rate(url: str, requests: Sequence[bytes], *, per_second: float) -> Answers:
    """Send the requests at their moments, on as many connections as that takes, and wait for every answer."""
    # Whoever collects garbage meanwhile would be measured as a slow server.
    gc.collect()
    gc.disable()
    try:
        # Another thread may have an event loop where this one, with a browser in it, has one already.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, _Client(url).send_all(requests, per_second)).result()
    finally:
        gc.enable()


class _Client:
    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname, address.port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._answers = Answers()

    async def send_all(self, requests: Sequence[bytes], per_second: float) -> Answers:
        began = time.perf_counter() + 0.1
        async with asyncio.TaskGroup() as tasks:
            for number, request in enumerate(requests):
                due = began + number / per_second
                await asyncio.sleep(due - time.perf_counter())
                tasks.create_task(self._send(request, due))
        for _reader, writer in self._free:
            writer.close()
            await writer.wait_closed()
        return self._answers

    async def _send(self, request: bytes, due: float) -> None:
        self._answers.late.append(time.perf_counter() - due)
        async with asyncio.timeout(_TIMEOUT):
            connection = self._free.pop() if self._free else await asyncio.open_connection(self._host, self._port)
            reader, writer = connection
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
        self._answers.times.append(time.perf_counter() - due)
        self._answers.statuses.append(int(head[9:12]))
        self._free.append(connection)
