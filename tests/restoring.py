"""Bringing a PostgreSQL database back to how it was when new, which costs a fraction of making another."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg import sql

# A change of the schema writes a row in one of these or takes one away; what is undone leaves no trace.
_CATALOGS = (
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_constraint",
    "pg_index",
    "pg_proc",
    "pg_rewrite",
    "pg_sequence",
    "pg_trigger",
    "pg_type",
)
_SHAPE = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {catalog}" for catalog in _CATALOGS)  # noqa: S608
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
_SEQUENCES = "SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = 'public'"
# Connections that rest in a pool keep nobody busy.
_VISITORS = (
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND state IS DISTINCT FROM 'idle'"
    " AND datname = current_database() AND pid <> pg_backend_pid()"
)

# Seconds. What a process did that was killed ends a moment later.
_PATIENCE = 2.0
_TIDIED_EVERY = 10


class RestorableDatabase:
    """A new database, and a connection to it over which it is restored. `name` is what it is called on its server."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._connection = psycopg.connect(url, autocommit=True)
        # As a replica does: without asking the triggers that guard the ledger, and without foreign keys.
        self._connection.execute("SET session_replication_role = replica")
        tables = [name for (name,) in self._rows(_TABLES)]
        self._filled = [name for name in tables if self._rows(sql.SQL("TABLE {} LIMIT 1").format(sql.Identifier(name)))]
        self._find_rows = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (TABLE {})").format(sql.Literal(name), sql.Identifier(name))
            for name in tables
            if name not in self._filled
        )
        self._untidy: set[str] = set()
        self._times_emptied = 0
        self._original = self._fixed()
        self._sequences = self._rows(_SEQUENCES)

    def restore(self) -> bool:
        """Take away the rows that were added and set the sequences back.

        False when it is no longer a database like new: the schema or a row that migrations made is another, somebody
        is still at work in it, or we may not.
        """
        try:
            if not self._is_left_alone() or self._fixed() != self._original:
                return False
            self._empty()
            self._rewind_sequences()
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        """Close the connection; the database remains."""
        self._connection.close()

    def _is_left_alone(self) -> bool:
        until = time.monotonic() + _PATIENCE
        while self._rows(_VISITORS) != [(0,)]:
            if time.monotonic() > until:
                return False
            time.sleep(0.002)
        return True

    def _fixed(self) -> list[Any]:
        """What no test changes: the schema, and the rows that migrations made."""
        rows = [self._rows(sql.SQL("TABLE {} ORDER BY 1").format(sql.Identifier(name))) for name in self._filled]
        return [self._rows(_SHAPE), *rows]

    def _empty(self) -> None:
        filled = [name for (name,) in self._rows(self._find_rows)]
        if filled:
            delete = (sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in filled)
            self._connection.execute(sql.SQL(";").join(delete))
            self._tidy(filled)

    def _tidy(self, emptied: list[str]) -> None:
        """Take away dead rows now and then: otherwise each test would step over those of all before it."""
        self._untidy.update(emptied)
        self._times_emptied += 1
        if self._times_emptied % _TIDIED_EVERY == 0:
            names = sql.SQL(", ").join(map(sql.Identifier, self._untidy))
            self._connection.execute(sql.SQL("VACUUM {}").format(names))
            self._untidy.clear()

    def _rewind_sequences(self) -> None:
        moved = [was for now, was in zip(self._rows(_SEQUENCES), self._sequences, strict=True) if now != was]
        setval = sql.SQL("setval({}, {}, {})")
        rewind = [setval.format(name, last or start, last is not None) for name, start, last in moved]
        if rewind:
            self._connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(rewind)))

    def _rows(self, query: str | sql.Composable) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()
