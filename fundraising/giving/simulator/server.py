"""Running a simulator: by itself, or inside a test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from fundraising.giving.simulator.app import create_simulator, world_of
from fundraising.giving.simulator.courier import Courier
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.giving.simulator.world import World

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _QuietHandler(WSGIRequestHandler):
    """Logs no line per request: what matters stands on the control page.

    One request per connection, so that stopping leaves no connection behind in a client's pool.
    """

    protocol_version = "HTTP/1.0"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that answers at `url`. `world` drives it without HTTP (see `lifecycle` and `webhooks`)."""

    url: str
    app: Flask
    world: World


def run(host: str, port: int, settings: SimulatorSettings) -> None:
    """Serve a simulator on a loopback address until interrupted; raises ValueError on any other address."""
    if host not in LOOPBACK:
        raise ValueError(f"The simulator moves no money and guards nothing: it stays on this machine, not on {host}")
    app = create_simulator(settings)
    with _serving(_server(host, port, app), app) as server:
        server.serve_forever()


@contextmanager
def running_simulator(
    folder: Path | None = None, settings: SimulatorSettings | None = None, *, port: int = 0
) -> Iterator[RunningSimulator]:
    """Run a simulator in a thread, on a free port unless one is named; stopped at the end, its folder kept."""
    chosen = settings or SimulatorSettings()
    app = create_simulator(replace(chosen, folder=folder or chosen.folder))
    with _serving(_server("127.0.0.1", port, app), app) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield RunningSimulator(f"http://127.0.0.1:{server.server_port}", app, world_of(app))
        finally:
            server.shutdown()
            thread.join()


def _server(host: str, port: int, app: Flask) -> BaseWSGIServer:
    return make_server(host, port, app, threaded=True, request_handler=_QuietHandler)


@contextmanager
def _serving(server: BaseWSGIServer, app: Flask) -> Iterator[BaseWSGIServer]:
    """Keep a courier beside the server, and close everything after it."""
    world = world_of(app)
    courier = Courier(world)
    if world.settings.start_courier:
        courier.start()
    try:
        yield server
    finally:
        courier.stop()
        server.server_close()
        world.store.close()
