"""Bringing one database back to how it was, many times a second: a property test lives through hundreds of worlds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, make_url, text

from fundraising.db import db, session

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


def rewinder(app: Flask, url: str) -> Callable[[], None]:
    """A function that undoes all that happened to the application's database after this call."""
    return _sqlite(app, Path(make_url(url).database or "")) if url.startswith("sqlite") else _postgresql(app)


def _sqlite(app: Flask, file: Path) -> Callable[[], None]:
    original = file.with_name(f"{file.name}-original")

    def rewind() -> None:
        _close(app)
        for leftover in file.parent.glob(f"{file.name}-[ws]*"):
            leftover.unlink()
        shutil.copy(original, file)

    _close(app)
    shutil.copy(file, original)
    return rewind


def _postgresql(app: Flask) -> Callable[[], None]:
    with app.app_context():
        names = inspect(db.engine).get_table_names()
        empty = [name for name in names if session().execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first() is None]  # noqa: S608
        db.session.remove()

    def rewind() -> None:
        with app.app_context(), db.engine.begin() as connection:
            # As a replica does: without asking the triggers that guard the ledger, and without foreign keys.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for name in empty:
                connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608  names of our own tables

    return rewind


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
