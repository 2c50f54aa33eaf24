"""`fundraising backup`, `restore` and `ledger check`: what concerns all records at once."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import flask_migrate
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from fundraising.accounts.heads import forget_heads
from fundraising.db import session, transaction
from fundraising.operations.checks import findings
from fundraising.operations.rules import BadBackup, Manifest
from fundraising.operations.services.backup import write_backup
from fundraising.operations.services.restore import (
    NotEmpty,
    check_backup,
    check_empty,
    restore_files,
    restore_tables,
)

if TYPE_CHECKING:
    from fundraising.gifts.rules import Finding

ledger = AppGroup("ledger", help="The ledger as a whole.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write database and files to FILE, a zip that only its owner reads; everything may go on meanwhile."""
    try:
        manifest = write_backup(file, _data_dir())
    except (BadBackup, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}: {_told(manifest)}, {file.stat().st_size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore(file: Path) -> None:
    """Bring back what FILE holds, into an empty database and data folder; then check the ledger."""
    try:
        manifest = check_backup(file)
        _check_revision(manifest)
        check_empty(manifest, _data_dir())
        session().rollback()
        flask_migrate.upgrade(revision=manifest.revision)
        with transaction():
            restore_tables(file, manifest)
            # Last, so that a full disk leaves a place that is as empty as it was.
            restore_files(file, manifest, _data_dir())
        forget_heads()
    except (BadBackup, NotEmpty, OSError) as error:
        raise click.ClickException(str(error)) from None
    flask_migrate.upgrade()
    click.echo(f"restored {_told(manifest)}, as of {manifest.made_at}")
    _report(list(findings()), as_json=False)


@ledger.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def ledger_check(as_json: bool) -> None:
    """Prove that the ledger agrees with itself and with the payments; exit status 1 where it does not."""
    _report(list(findings()), as_json=as_json)


def _report(found: list[Finding], *, as_json: bool) -> None:
    if as_json:
        told: list[dict[str, Any]] = [asdict(finding) for finding in found]
        click.echo(json.dumps(told, indent=2))
    else:
        for finding in found:
            click.echo(f"{finding.check}: {finding.detail}")
        click.echo(f"{len(found)} findings" if found else "the ledger agrees")
    if found:
        raise click.exceptions.Exit(1)


def _check_revision(manifest: Manifest) -> None:
    config = current_app.extensions["migrate"].migrate.get_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if manifest.revision not in known:
        raise BadBackup(f"the backup is of migration {manifest.revision}, which this version does not know")


def _told(manifest: Manifest) -> str:
    return f"{len(manifest.tables)} tables with {manifest.rows:,} rows and {len(manifest.files):,} files"


def _data_dir() -> Path:
    return Path(current_app.config["DATA_DIR"])
