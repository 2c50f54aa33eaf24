"""Making a backup while everything goes on.

All tables are read in one transaction that sees one moment, on SQLite and PostgreSQL alike; writers do not wait for it.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from alembic.migration import MigrationContext
from sqlalchemy import JSON, MetaData, Text, cast, func, inspect, select, text
from sqlalchemy.dialects.postgresql import REGCLASS

from fundraising.clock import now
from fundraising.db import is_sqlite, session
from fundraising.operations.rules import (
    MANIFEST,
    BadBackup,
    FileMember,
    Manifest,
    TableMember,
    row_as_json,
    write_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Column, ColumnElement, Connection, Table

# What stands in the data folder and is kept: stored files, and mail that was written to a folder. The queue is not,
# since it holds nothing that the tables do not; nor is the simulator, which is another party.
FOLDERS = ("documents", "mail")
_ROWS_AT_A_TIME = 2_000
_CHUNK = 1 << 20


def write_backup(target: Path, data_dir: Path) -> Manifest:
    """Write a backup to a file of that name, readable by its owner only; whole or not at all.

    Reads in the caller's session, which must not have read anything yet. Raises FileExistsError, OSError, or BadBackup
    where the database has no migrations.
    """
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    connection = _one_moment()
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        raise BadBackup("there is nothing to back up: the database has no tables")
    with _finished_only(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest = Manifest(
            made_at=now().isoformat(),
            database=connection.dialect.name,
            revision=revision,
            tables=tuple(_write_table(archive, connection, table) for table in tables(connection)),
            files=tuple(_write_files(archive, data_dir)),
        )
        archive.writestr(MANIFEST, write_manifest(manifest))
    return manifest


def tables(connection: Connection) -> list[Table]:
    """The tables of a database as they are, each after those it refers to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def stored_files(data_dir: Path) -> Iterator[Path]:
    """The files that belong in a backup."""
    for folder in FOLDERS:
        yield from sorted(path for path in (data_dir / folder).rglob("*") if path.is_file() and path.name[0] != ".")


def _one_moment() -> Connection:
    connection = session().connection()
    if not is_sqlite(connection):
        # On SQLite a transaction that reads sees one moment by itself.
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    return connection


@contextmanager
def _finished_only(target: Path) -> Iterator[IO[bytes]]:
    unfinished = target.with_name(f"{target.name}.part")
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _write_table(archive: zipfile.ZipFile, connection: Connection, table: Table) -> TableMember:
    member = TableMember(table.name, tuple(column.name for column in table.columns), 0, "")
    hashed, count = hashlib.sha256(), 0
    rows = connection.execution_options(yield_per=_ROWS_AT_A_TIME).execute(
        select(*map(_as_it_stands, table.columns)).order_by(*table.primary_key.columns)
    )
    with archive.open(member.path, "w", force_zip64=True) as lines:
        for some in rows.partitions():
            written = b"".join(map(row_as_json, some))
            hashed.update(written)
            lines.write(written)
            count += len(some)
    return TableMember(member.name, member.columns, count, hashed.hexdigest(), _last_number(connection, table))


def _last_number(connection: Connection, table: Table) -> int:
    """The number that was given last; 0 where the database keeps no count of that."""
    if is_sqlite(connection):
        if not inspect(connection).has_table("sqlite_sequence"):
            return 0
        given = text("SELECT max(seq) FROM sqlite_sequence WHERE name = :name")
        return connection.scalar(given, {"name": table.name}) or 0
    sequences = (numbering(connection, table, column) for column in table.primary_key.columns)
    last = (connection.scalar(select(func.pg_sequence_last_value(cast(each, REGCLASS)))) for each in sequences if each)
    return max((number or 0 for number in last), default=0)


def numbering(connection: Connection, table: Table, column: Column[Any]) -> str | None:
    """The sequence that numbers a column on PostgreSQL; None for a column that is not numbered."""
    name = connection.dialect.identifier_preparer.format_table(table)
    return connection.scalar(select(func.pg_get_serial_sequence(name, column.name)))


def _as_it_stands(column: Column[Any]) -> ColumnElement[Any]:
    # JSON as its text: read as values, a null in it and a field that is empty would be one.
    return cast(column, Text) if isinstance(column.type, JSON) else column


def _write_files(archive: zipfile.ZipFile, data_dir: Path) -> Iterator[FileMember]:
    for path in stored_files(data_dir):
        # Somebody's document may be erased while the others are copied; then it does not belong in here.
        with suppress(FileNotFoundError):
            yield _write_file(archive, path, data_dir)


def _write_file(archive: zipfile.ZipFile, path: Path, data_dir: Path) -> FileMember:
    name, hashed, size = path.relative_to(data_dir).as_posix(), hashlib.sha256(), 0
    with path.open("rb") as source, archive.open(f"files/{name}", "w", force_zip64=True) as copy:
        while chunk := source.read(_CHUNK):
            hashed.update(chunk)
            copy.write(chunk)
            size += len(chunk)
    return FileMember(name, size, hashed.hexdigest())
