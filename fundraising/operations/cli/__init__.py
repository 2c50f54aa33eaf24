"""The commands of running the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.operations.cli.demo import demo
from fundraising.operations.cli.records import backup, ledger, restore
from fundraising.operations.cli.server import serve, simulator, web, worker
from fundraising.operations.cli.watch import alerts, jobs, mail

if TYPE_CHECKING:
    import click

# These settle the environment, or need no application: they must be found before one is made.
BEFORE_THE_APP: tuple[click.Command, ...] = (serve, simulator, web)
COMMANDS: tuple[click.Command, ...] = (alerts, backup, demo, jobs, ledger, mail, restore, worker)
