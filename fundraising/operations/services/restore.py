"""Bringing a backup back, into an empty place only.

The whole archive is checked before anything changes. The tables are those of the backup's own migration; the guards of
the ledger stand aside while its rows come back, and are in place again before the transaction ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from base64 import b64decode
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from alembic.migration import MigrationContext
from sqlalchemy import JSON, Date, DateTime, LargeBinary, Text, func, inspect, select, text
from sqlalchemy import column as column_clause
from sqlalchemy import table as table_clause

from fundraising.db import is_sqlite, session
from fundraising.operations.rules import MANIFEST, BadBackup, FileMember, Manifest, TableMember, read_manifest
from fundraising.operations.services.backup import numbering, stored_files, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

    from sqlalchemy import Column, Connection, Table, TableClause

_ROWS_AT_A_TIME = 2_000
_CHUNK = 1 << 20


class NotEmpty(ValueError):
    """There is something already where the backup would come."""


def check_backup(source: Path) -> Manifest:
    """Read the whole archive and compare every hash. Raises BadBackup, or OSError."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = read_manifest(archive.read(MANIFEST))
            members: list[TableMember | FileMember] = [*manifest.tables, *manifest.files]
            unknown = set(archive.namelist()) ^ {MANIFEST, *(member.path for member in members)}
            if unknown:
                raise BadBackup(f"the manifest and the archive do not agree on {', '.join(sorted(unknown))}")
            for member in members:
                with archive.open(member.path) as content:
                    if _digest(content) != member.sha256:
                        raise BadBackup(f"{member.path} is not what it was when the backup was made")
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError) as error:
        raise BadBackup(f"{source} is not a whole backup: {error}") from error
    return manifest


def check_empty(manifest: Manifest, data_dir: Path) -> None:
    """Raises NotEmpty unless the database has no tables, or those of the backup's migration without a single row."""
    if file := next(stored_files(data_dir), None):
        raise NotEmpty(f"there are files already: {file}")
    connection = session().connection()
    if not inspect(connection).get_table_names():
        return
    if MigrationContext.configure(connection).get_current_revision() != manifest.revision:
        raise NotEmpty("the database has tables already, of another version")
    for table in tables(connection):
        if connection.scalar(select(func.count()).select_from(table)):
            raise NotEmpty(f"the database has rows already, in {table.name}")


def restore_tables(source: Path, manifest: Manifest) -> None:
    """Load every table, in the caller's transaction, into a database of the backup's migration. Raises BadBackup."""
    connection = session().connection()
    ours = {table.name: table for table in tables(connection)}
    if set(ours) != {member.name for member in manifest.tables}:
        raise BadBackup("the tables of the backup are not those of its migration")
    members = {member.name: member for member in manifest.tables}
    load = _load_sqlite if is_sqlite(connection) else _load_postgresql
    with zipfile.ZipFile(source) as archive, _guards_aside(connection, list(ours.values())):
        for name, table in ours.items():
            with archive.open(members[name].path) as lines:
                load(connection, table, members[name], lines)
            _check_count(connection, table, members[name])


def restore_files(source: Path, manifest: Manifest, data_dir: Path) -> None:
    """Write the stored files, readable by their owner only; all of them or none. Raises OSError."""
    written: list[Path] = []
    try:
        with zipfile.ZipFile(source) as archive:
            for member in manifest.files:
                target = data_dir / member.name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with archive.open(member.path) as content, os.fdopen(_new(target), "wb") as file:
                    written.append(target)
                    while chunk := content.read(_CHUNK):
                        file.write(chunk)
    except BaseException:
        for target in written:
            target.unlink()
        raise


def _new(target: Path) -> int:
    return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _digest(content: IO[bytes]) -> str:
    hashed = hashlib.sha256()
    while chunk := content.read(_CHUNK):
        hashed.update(chunk)
    return hashed.hexdigest()


def _check_count(connection: Connection, table: Table, member: TableMember) -> None:
    count = connection.scalar(select(func.count()).select_from(table))
    if count != member.rows:
        raise BadBackup(f"{table.name} has {count} rows, and the backup says {member.rows}")


@contextmanager
def _guards_aside(connection: Connection, ours: list[Table]) -> Iterator[None]:
    """Without the triggers, which are put back as they were; after a failure the caller's transaction undoes all."""
    if is_sqlite(connection):
        # Rows may refer to later ones of their table: checked when the transaction ends.
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid")
        guards = [(str(row.name), str(row.sql)) for row in connection.execute(query)]
        aside = [f'DROP TRIGGER "{name}"' for name, _ in guards]
        back = [sql for _, sql in guards]
    else:
        quoted = [connection.dialect.identifier_preparer.format_table(table) for table in ours]
        aside = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in quoted]
        back = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in quoted]
    for statement in aside:
        connection.exec_driver_sql(statement)
    yield
    for statement in back:
        connection.exec_driver_sql(statement)


def _load_sqlite(connection: Connection, table: Table, member: TableMember, lines: IO[bytes]) -> None:
    readers = [_reader(table, column) for column in member.columns]
    into = _as_text(table).insert()
    while some := list(islice(lines, _ROWS_AT_A_TIME)):
        rows = [
            {column: read(value) for column, read, value in zip(member.columns, readers, json.loads(line), strict=True)}
            for line in some
        ]
        connection.execute(into, rows)
    if member.last_number and inspect(connection).has_table("sqlite_sequence"):
        _count_on(connection, member)


def _count_on(connection: Connection, member: TableMember) -> None:
    """Number on after the number that was given last; SQLite heeds it only for tables of which it keeps count."""
    given = {"name": member.name, "number": member.last_number}
    connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name AND seq < :number"), given)
    again = "WHERE :name NOT IN (SELECT name FROM sqlite_sequence)"
    connection.execute(text(f"INSERT INTO sqlite_sequence SELECT :name, :number {again}"), given)


def _load_postgresql(connection: Connection, table: Table, member: TableMember, lines: IO[bytes]) -> None:
    prepare = connection.dialect.identifier_preparer
    columns = ", ".join(map(prepare.quote, member.columns))
    cursor: Any = connection.connection.cursor()
    # PostgreSQL reads days and instants by itself; what stands in Base64 it does not.
    binary = [number for number, name in enumerate(member.columns) if _is_binary(table.columns[name])]
    with cursor.copy(f"COPY {prepare.format_table(table)} ({columns}) FROM STDIN") as copy:
        for line in lines:
            row = json.loads(line)
            for number in binary:
                row[number] = _bytes(row[number])
            copy.write_row(row)
    for column in table.primary_key.columns:
        # Numbering goes on after the number that was given last, which may have gone to a row that did not come back.
        if sequence := numbering(connection, table, column):
            highest = connection.scalar(select(func.max(column))) or 1
            connection.execute(select(func.setval(sequence, max(highest, member.last_number))))


def _reader(table: Table, column: str) -> Callable[[Any], Any]:
    kind = table.columns[column].type
    if isinstance(kind, DateTime):
        return lambda value: None if value is None else datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return lambda value: None if value is None else date.fromisoformat(value)
    return _bytes if _is_binary(table.columns[column]) else lambda value: value


def _as_text(table: Table) -> TableClause:
    """The table with its JSON as the text that it is in a backup."""
    kinds = {found.name: Text() if isinstance(found.type, JSON) else found.type for found in table.columns}
    return table_clause(table.name, *(column_clause(name, kind) for name, kind in kinds.items()))


def _is_binary(column: Column[Any]) -> bool:
    return isinstance(column.type, LargeBinary)


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else b64decode(value)
