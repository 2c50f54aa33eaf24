"""`fundraising serve`, and the processes of which it consists: `web`, `worker` and `simulator`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
import flask_migrate
from flask import current_app
from flask.cli import ScriptInfo, with_appcontext
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from sqlalchemy.exc import OperationalError

from fundraising.accounts.rules import Role
from fundraising.accounts.security import hash_password
from fundraising.db import db, session, transaction
from fundraising.giving.simulator.server import run
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.logs import get_logger, summary
from fundraising.operations.cli.processes import Family, check_address, end_this_process, end_with_parent, free_port
from fundraising.operations.queries import NotMigrated, check_migrated
from fundraising.operations.services.demo import seed_demo
from fundraising.operations.services.demo.staff import DEMO_PASSWORD, DEMO_STAFF, seed_staff
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource

if TYPE_CHECKING:
    from flask import Flask

    from fundraising.tasks import Queue

_PORT = click.IntRange(1, 65_535)
# Views wait for the database and for Mollie, so more threads than processors.
_WEB_THREADS = 4


@click.command()
@click.option("--port", type=_PORT, default=8000, show_default=True)
@click.pass_context
def serve(context: click.Context, port: int) -> None:
    """Start everything on this machine: web server, worker and, without a key of Mollie's, its simulator."""
    if free_port(port) != port:
        raise click.ClickException(f"port {port} is in use; choose another one with --port")
    simulator_port = _settle_addresses(port)
    app = context.ensure_object(ScriptInfo).load_app()
    with app.app_context():
        prepare(demo=simulator_port is not None)
    # Not before there is something to stop in order: until here Ctrl-C ends all at once.
    family = Family()
    if simulator_port is not None:
        # For commands beside this server, which do not inherit its environment.
        cast("Path", app.config["SIMULATOR_ADDRESS"]).write_text(os.environ["MOLLIE_API_URL"], "ascii")
    try:
        _start(family, port, simulator_port)
        if not family.stop.is_set():
            click.echo(_welcome(app, port, simulator_port))
        family.watch()
    finally:
        family.end()
        cast("Path", app.config["SIMULATOR_ADDRESS"]).unlink(missing_ok=True)
    click.echo("Stopped.")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=_PORT, default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=_WEB_THREADS, show_default=True, help="Of each process.")
@click.pass_context
def web(context: click.Context, *, host: str, port: int, workers: int, threads: int) -> None:
    """Serve the pages until stopped."""
    # Settings that do not fit are told here and once: each process of the server would break on them again.
    app = context.ensure_object(ScriptInfo).load_app()
    check_address(host, port)
    with app.app_context():
        _refuse_other_tables()
    server = Granian(
        "fundraising.app:create_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    )
    end_with_parent(end_this_process)
    server.serve()


@click.command()
@with_appcontext
def worker() -> None:
    """Do the jobs, and keep their schedule, until stopped."""
    _refuse_other_tables()
    end_with_parent(end_this_process)
    cast("Queue", current_app.extensions["queue"]).work()


@click.command()
@click.option("--port", type=_PORT, default=8001, show_default=True)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="DATA_DIR",
    default="var",
    show_default=True,
    help="Its state.",
)
def simulator(port: int, data_dir: Path) -> None:
    """Serve a simulator of Mollie on this machine until stopped: `/control` plays donor and bank."""
    check_address("127.0.0.1", port)
    folder = data_dir / "simulator"
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    end_with_parent(end_this_process)
    try:
        run("127.0.0.1", port, SimulatorSettings(folder=folder, public_url=f"http://localhost:{port}"))
    except KeyboardInterrupt:
        sys.exit(0)


def prepare(*, demo: bool) -> None:
    """Bring the database up to date, load the programmes and, into an empty ledger, examples. For an app context."""
    flask_migrate.upgrade()
    with transaction():
        load_programmes(read_folder(resource("programmes/data")))
    if demo:
        with transaction():
            seed_demo()
        hashed = hash_password(DEMO_PASSWORD)
        with transaction():
            seed_staff(hashed)


def _refuse_other_tables() -> None:
    """Raises ClickException where the database is not migrated, which nothing that runs would mend.

    One out of reach comes back, and `/readyz` tells of it meanwhile.
    """
    try:
        check_migrated()
    except NotMigrated as fault:
        raise click.ClickException(str(fault)) from None
    except OperationalError as trouble:
        get_logger().warning("database.out_of_reach", reason=summary(trouble))
    finally:
        session().rollback()
        # The pages have processes and connections of their own.
        db.engine.dispose()


def _settle_addresses(port: int) -> int | None:
    """Tell the processes to come where things are; the simulator's port, or None where payments go elsewhere."""
    os.environ.setdefault("PUBLIC_URL", f"http://localhost:{port}")
    if os.environ.get("MOLLIE_API_KEY", "").strip() or os.environ.get("MOLLIE_API_URL", "").strip():
        return None
    simulator_port = free_port(port + 1)
    os.environ["MOLLIE_API_URL"] = f"http://127.0.0.1:{simulator_port}"
    # Whoever tries things out sees with one role how a second step is set up, and is spared it with the others.
    os.environ.setdefault("SECOND_FACTOR_ROLES", Role.FINANCE.value)
    return simulator_port


def _start(family: Family, port: int, simulator_port: int | None) -> None:
    if simulator_port is not None:
        family.start("simulator", "simulator", "--port", str(simulator_port))
        family.wait_for(simulator_port)
    family.start("worker", "worker")
    family.start("web server", "web", "--port", str(port))
    family.wait_for(port)


def _welcome(app: Flask, port: int, simulator_port: int | None) -> str:
    lines = [f"\n    http://localhost:{port}\n", "Press Ctrl-C to stop."]
    if simulator_port is not None:
        lines.append(f"Payments are simulated: http://localhost:{simulator_port}/control plays donor and bank.")
        lines.append(f"Staff: http://localhost:{port}/desk/ with {', '.join(DEMO_STAFF)}; password {DEMO_PASSWORD}")
    lines.append(f"State and, without SMTP_URL, mail are in {app.config['DATA_DIR']}.")
    return "\n".join(lines)
