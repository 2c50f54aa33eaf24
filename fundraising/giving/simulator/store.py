"""What the simulator remembers: one SQLite database, used by many threads through one connection.

Every resource is a row of `entity` with its body as JSON, so that a new kind of resource needs no new table.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS entity (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    mode TEXT NOT NULL,
    parent TEXT,
    due_at REAL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS entity_list ON entity (kind, mode, seq);
CREATE INDEX IF NOT EXISTS entity_children ON entity (parent, kind, seq) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_due ON entity (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT NOT NULL,
    caller TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    claimed_at REAL NOT NULL,
    status INTEGER,
    body TEXT,
    PRIMARY KEY (key, caller)
);
CREATE INDEX IF NOT EXISTS idempotency_age ON idempotency (claimed_at);
CREATE TABLE IF NOT EXISTS webhook (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id TEXT NOT NULL,
    url TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    first_due_at REAL NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS webhook_due ON webhook (state, due_at);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at TEXT NOT NULL,
    status INTEGER,
    error TEXT,
    milliseconds REAL NOT NULL
);
"""
TABLES = ("entity", "setting", "counter", "idempotency", "webhook", "delivery")
_INSERT = "INSERT INTO entity (kind, id, mode, parent, due_at, body) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, kw_only=True)
class Entity:
    """A stored resource. `parent` is the id that it belongs to; `due_at` (seconds since 1970) when it next changes."""

    kind: str
    id: str
    mode: str
    body: dict[str, Any]
    parent: str | None = None
    due_at: float | None = None


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which entities a list is about, and in which order: newest first, or oldest first if `ascending`."""

    kind: str
    mode: str | None = None
    parent: str | None = None
    ascending: bool = False

    def where(self) -> tuple[str, list[Any]]:
        """Return the SQL condition and its values."""
        conditions = {"kind": self.kind, "mode": self.mode, "parent": self.parent}
        given = {name: value for name, value in conditions.items() if value is not None}
        return " AND ".join(f"{name} = ?" for name in given), list(given.values())


class Store:
    """The database. Threads share one connection and take turns; a transaction holds the turn from begin to commit."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None, timeout=30
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)
        self._turn = threading.RLock()
        self._depth = 0

    def close(self) -> None:
        """Close the database; the store cannot be used afterwards."""
        with self._turn:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything inside or nothing; an inner transaction joins the outer one."""
        with self._turn:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth = 0

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement and return its rows."""
        with self._turn:
            return self._connection.execute(sql, tuple(values)).fetchall()

    def insert(self, entity: Entity) -> None:
        """Add an entity; its id must be new."""
        body = json.dumps(entity.body)
        values = (entity.kind, entity.id, entity.mode, entity.parent, entity.due_at, body)
        self.rows(_INSERT, values)

    def update(self, entity: Entity) -> None:
        """Replace the body and the due moment of an entity."""
        values = (json.dumps(entity.body), entity.due_at, entity.id)
        self.rows("UPDATE entity SET body = ?, due_at = ? WHERE id = ?", values)

    def get(self, kind: str, entity_id: str) -> Entity | None:
        """Return the entity of that kind with that id, or None."""
        found = self.rows("SELECT * FROM entity WHERE id = ? AND kind = ?", (entity_id, kind))
        return _entity(found[0]) if found else None

    def children(self, kind: str, parent: str) -> list[Entity]:
        """Return the entities of a kind that belong to a parent, newest first."""
        sql = "SELECT * FROM entity WHERE parent = ? AND kind = ? ORDER BY seq DESC"
        return [_entity(row) for row in self.rows(sql, (parent, kind))]

    def due(self, kind: str, until: float) -> list[Entity]:
        """Return the entities of a kind whose moment has come."""
        sql = "SELECT * FROM entity WHERE due_at <= ? AND kind = ? ORDER BY due_at"
        return [_entity(row) for row in self.rows(sql, (until, kind))]

    def position(self, selection: Selection, entity_id: str) -> int | None:
        """Return where an entity stands within a selection, or None if it is not in it."""
        where, values = selection.where()
        found = self.rows(f"SELECT seq FROM entity WHERE {where} AND id = ?", (*values, entity_id))  # noqa: S608 (names of ours)
        return found[0]["seq"] if found else None

    def page(self, selection: Selection, start: int | None, limit: int) -> list[Entity]:
        """Return at most `limit` entities from a position onwards, that position included."""
        where, values = selection.where()
        comparison, order = (">=", "ASC") if selection.ascending else ("<=", "DESC")
        if start is not None:
            where, values = f"{where} AND seq {comparison} ?", [*values, start]
        sql = f"SELECT * FROM entity WHERE {where} ORDER BY seq {order} LIMIT ?"  # noqa: S608 (names of ours)
        return [_entity(row) for row in self.rows(sql, (*values, limit))]

    def before(self, selection: Selection, start: int, limit: int) -> str | None:
        """Return the id with which the page before a position begins, or None if that position is the first."""
        where, values = selection.where()
        comparison, order = ("<", "DESC") if selection.ascending else (">", "ASC")
        sql = f"SELECT id FROM entity WHERE {where} AND seq {comparison} ? ORDER BY seq {order} LIMIT ?"  # noqa: S608 (names of ours)
        found = self.rows(sql, (*values, start, limit))
        return str(found[-1]["id"]) if found else None

    def next_number(self, name: str) -> int:
        """Return 1, 2, 3 … for each name apart, also across restarts."""
        sql = (
            "INSERT INTO counter (name, value) VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
        )
        return int(self.rows(sql, (name,))[0]["value"])

    def setting(self, name: str) -> Any:  # noqa: ANN401 (JSON)
        """Return a stored setting, or None."""
        found = self.rows("SELECT body FROM setting WHERE name = ?", (name,))
        return json.loads(found[0]["body"]) if found else None

    def put_setting(self, name: str, value: object) -> None:
        """Store a setting."""
        sql = "INSERT INTO setting (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body"
        self.rows(sql, (name, json.dumps(value)))

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table in TABLES:
                self.rows(f"DELETE FROM {table}")  # noqa: S608 (names of ours)


def _entity(row: sqlite3.Row) -> Entity:
    return Entity(
        kind=row["kind"],
        id=row["id"],
        mode=row["mode"],
        parent=row["parent"],
        due_at=row["due_at"],
        body=json.loads(row["body"]),
    )
