"""A simulator of each test's own, the real Mollie client on it, and a merchant that listens for webhooks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from mollie.api.client import Client

from fundraising.giving.simulator.server import RunningSimulator, running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings

GIFT = {
    "amount": {"currency": "EUR", "value": "1300.00"},
    "description": "Gift for one family",
    "redirectUrl": "https://charity.example/thanks/ABCD",
}


@dataclass
class Merchant:
    """Listens for webhooks, answers what it is told to answer (a status each, then 200), and remembers what came."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [body.removeprefix("id=") for _, _, body in self.received]


def wait_until(condition, seconds=60.0):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.01)


def make_client(url: str, key: str = "test_simulator") -> Client:
    client = Client(api_endpoint=url, timeout=(30, 30))
    client.set_api_key(key)
    return client


@pytest.fixture
def simulator_settings() -> SimulatorSettings:
    return SimulatorSettings(seed=7, start_courier=False)


@pytest.fixture
def sim(simulator_settings: SimulatorSettings):
    with running_simulator(settings=simulator_settings) as running:
        yield running


@pytest.fixture
def client(sim: RunningSimulator) -> Client:
    return make_client(sim.url)


@pytest.fixture
def live(sim: RunningSimulator) -> Client:
    return make_client(sim.url, "live_simulator")


@pytest.fixture
def control(sim: RunningSimulator):
    """Call the control API: `control("POST", "reset", {...})` gives the status and the JSON."""

    def call(method: str, path: str, data: object = None) -> tuple[int, Any]:
        response = requests.request(method, f"{sim.url}/control/api/{path}", json=data, timeout=30)
        return response.status_code, response.json()

    return call


@pytest.fixture
def merchant():
    known = Merchant()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            known.received.append((self.path, self.headers["Content-Type"], body))
            self.send_response(known.answers.pop(0) if known.answers else 200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    known.url = f"http://127.0.0.1:{server.server_port}/webhooks/mollie"
    yield known
    server.shutdown()
    thread.join()
    server.server_close()
