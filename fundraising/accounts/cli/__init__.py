"""`fundraising users` and `fundraising audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.accounts.cli.audit import audit
from fundraising.accounts.cli.users import users

if TYPE_CHECKING:
    import click

COMMANDS: tuple[click.Command, ...] = (audit, users)
