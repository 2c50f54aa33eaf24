"""The database: one engine set-up for SQLite and PostgreSQL, the column types, and who owns a transaction.

The entry point (a view, a job, a command) opens `with transaction():` and services only work inside it. What must
happen after the data is safe is handed to `after_commit()`.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Enum, Integer, MetaData, String, TypeDecorator, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry

from fundraising.clock import aware
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from enum import StrEnum

    import psycopg
    from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 20_000
_LOOK_SECONDS = 0.001
_PATIENT_LOOK_SECONDS = 0.005
# After so many pages in the journal, whoever commits copies them into the database and waits for the disk. The worker
# does so early, so that a process that answers people hardly ever has to.
_CARRIED_OVER_AFTER = 8_000
_PATIENT_CARRIED_OVER_AFTER = 1_000
_patient = False


def give_way() -> None:
    """Make this process a worker, which leaves SQLite's write lock to those that answer people.

    To be called before it connects.
    """
    global _patient  # noqa: PLW0603  a process is one or the other
    _patient = True


class EuroCents(TypeDecorator[Euro]):
    """A Euro in a BIGINT of cents."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Euro | None, dialect: Dialect) -> int | None:  # noqa: ARG002  SQLAlchemy's
        """Store the cents."""
        return None if value is None else value.cents

    def process_result_value(self, value: int | None, dialect: Dialect) -> Euro | None:  # noqa: ARG002  SQLAlchemy's
        """Read the cents; a sum comes back from PostgreSQL as a Decimal."""
        return None if value is None else Euro(int(value))


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; a naive one raises."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Store in UTC."""
        return None if value is None else aware(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite forgets the zone that was stored: it is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(kind: type[StrEnum]) -> Enum:
    """A column type for a named state or kind: its word as text. New words need no change of the table."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


# No row has a greater number; a larger one would end in an error of the database.
LARGEST_NUMBER = 2**63 - 1
# SQLite numbers rows by itself only for a column declared exactly INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")
RowId = Annotated[int, mapped_column(BigId, primary_key=True)]
# For tables of which rows go and whose numbers people see: SQLite would give the last number of all to another row.
NUMBERED_ONCE = {"sqlite_autoincrement": True}

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table shares."""

    # Flask-SQLAlchemy rebuilds this class, so the type map travels in the registry.
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={Euro: EuroCents(), datetime: Instant(), str: String(255), int: BigId},
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:

    class Model(Base):
        """What every table inherits."""

        __abstract__ = True
else:
    Model = db.Model

_writing: ContextVar[bool] = ContextVar("writing", default=False)
_HOOKS = "after_commit"


class TransactionError(RuntimeError):
    """A transaction was opened in the wrong place: a fault of the program, never of its user."""


def session() -> Session:
    """The session of this request, job or command."""
    return db.session()


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit what happens inside, or nothing of it, and then run what `after_commit()` gathered.

    On SQLite it takes the write lock at once: a read that later turns into a write fails at once under competition,
    whatever the busy timeout. Ends a read that is running, since it may show an older state. Raises TransactionError
    when nested, or when something was changed outside any transaction.
    """
    current = session()
    if _HOOKS in current.info:
        raise TransactionError("the entry point owns the transaction; a service never opens one")
    if current.new or current.dirty or current.deleted:
        raise TransactionError("something was changed before the transaction began")
    current.rollback()
    # A row that was read before, and not since, would hide what others have made of it.
    current.expire_all()
    hooks: list[Callable[[], None]] = []
    current.info[_HOOKS] = hooks
    token = _writing.set(True)
    try:
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        _writing.reset(token)
        del current.info[_HOOKS]
    for hook in hooks:
        hook()


def insert_new(table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that adds nothing where a unique key is taken already; RETURNING tells what was really added."""
    if is_sqlite(session().connection()):
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def insert_many(table: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows by the thousand, past the session: values must be what the driver takes, nothing is read back.

    On PostgreSQL by COPY. What the session has not yet written is written first.
    """
    session().flush()
    connection, target = session().connection(), table.__table__
    if is_sqlite(connection):
        raw = cast("sqlite3.Connection", connection.connection.driver_connection)
        places = ", ".join("?" * len(columns))
        raw.executemany(f"INSERT INTO {target} ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608  of ours
        return
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    command = f"COPY {target} ({', '.join(columns)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(command.encode()) as to:
        for row in rows:
            to.write_row(row)


def one_at_a_time(key: str) -> None:
    """Let no other transaction go on with this key until ours ends. On SQLite the write lock sees to that already."""
    if not is_sqlite(session().connection()):
        session().execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def still() -> None:
    """Read everything from here on as it is at this moment, whatever others write; outside `transaction()`.

    It lasts until the next commit or rollback. On SQLite every transaction does so by itself.
    """
    session().rollback()
    if db.engine.dialect.name != "sqlite":
        session().connection(execution_options={"isolation_level": "REPEATABLE READ"})


def after_commit(hook: Callable[[], None]) -> None:
    """Run `hook` once the running transaction is safely stored, and never when it is not. Raises TransactionError."""
    hooks = session().info.get(_HOOKS)
    if hooks is None:
        raise TransactionError("after_commit() belongs inside transaction()")
    hooks.append(hook)


def engine_options(url: str) -> dict[str, Any]:
    """Options for the engine behind a database address."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}


def is_sqlite(connection: Connection) -> bool:
    """Whether a connection speaks to SQLite."""
    return connection.dialect.name == "sqlite"


@event.listens_for(Engine, "connect")
def _prepare_sqlite(dbapi_connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if not type(dbapi_connection).__module__.startswith("sqlite3"):
        return
    # SQLAlchemy's begin event below opens transactions; the driver's own habit would defer them.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        # FULL: an answered webhook must survive a power cut, not only a crash of the process.
        "synchronous=FULL",
        "foreign_keys=ON",
        # Without it INSERT OR REPLACE deletes a row without asking the triggers that guard the ledger.
        "recursive_triggers=ON",
        f"wal_autocheckpoint={_PATIENT_CARRIED_OVER_AFTER if _patient else _CARRIED_OVER_AFTER}",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if is_sqlite(connection):
        if _writing.get():
            _take_write_lock(connection)
        else:
            connection.exec_driver_sql("BEGIN")


def _take_write_lock(connection: Connection) -> None:
    """Begin as the one writer, looking every millisecond whether it is our turn. Raises OperationalError.

    SQLite's own waiting sleeps up to 100 ms between two looks, and by then a busy worker has begun anew: beside one
    that held the lock for 6 ms of every 10, a webhook waited for more than a second.
    """
    raw = cast("sqlite3.Connection", connection.connection.driver_connection)
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as trouble:
                if not _is_busy(trouble):
                    break
                time.sleep(_PATIENT_LOOK_SECONDS if _patient else _LOOK_SECONDS)
            else:
                return
        # The last try, so that what is wrong is told as SQLAlchemy tells everything.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _is_busy(trouble: sqlite3.OperationalError) -> bool:
    # The low byte is the kind of trouble; the rest tells apart kinds of busy.
    return trouble.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
