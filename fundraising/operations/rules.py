"""What a backup holds, and how a row is written in it: pure rules.

A backup is a zip file with one file of JSON lines per table, the stored files, and `manifest.json` with a hash of each.
Nothing in it depends on the kind of database, so that it can be restored into the other kind, and read without us.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT = "fundraising-backup"
VERSION = 1
MANIFEST = "manifest.json"
_LONGEST_NAME = 200


class BadBackup(ValueError):
    """A file that is no backup of ours, or is not what it was when it was made."""


@dataclass(frozen=True, slots=True)
class TableMember:
    """A table in a backup: `sha256` is of the lines uncompressed, `last_number` perhaps of a row that is gone."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str
    last_number: int = 0

    @property
    def path(self) -> str:
        """Where it stands in the archive."""
        return f"tables/{self.name}.jsonl"


@dataclass(frozen=True, slots=True)
class FileMember:
    """A stored file in a backup; `name` is its path below the data folder."""

    name: str
    size: int
    sha256: str

    @property
    def path(self) -> str:
        """Where it stands in the archive."""
        return f"files/{self.name}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `revision` is the migration that its tables have."""

    made_at: str
    database: str
    revision: str
    tables: tuple[TableMember, ...]
    files: tuple[FileMember, ...]

    @property
    def rows(self) -> int:
        """How many rows it holds in all."""
        return sum(table.rows for table in self.tables)


def write_manifest(manifest: Manifest) -> bytes:
    """The manifest as it stands in the archive."""
    return json.dumps({"format": FORMAT, "version": VERSION, **asdict(manifest)}, indent=2).encode()


def read_manifest(text: bytes) -> Manifest:
    """Read a manifest. Raises BadBackup."""
    try:
        told = json.loads(text)
        if (told["format"], told["version"]) != (FORMAT, VERSION):
            raise BadBackup(f"this is {told['format']} version {told['version']}, not {FORMAT} version {VERSION}")
        return Manifest(
            made_at=str(told["made_at"]),
            database=str(told["database"]),
            revision=str(told["revision"]),
            tables=tuple(TableMember(**{**table, "columns": tuple(table["columns"])}) for table in told["tables"]),
            files=tuple(FileMember(**_inside(file)) for file in told["files"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise error if isinstance(error, BadBackup) else BadBackup(f"{MANIFEST} cannot be read: {error!r}") from error


def row_as_json(row: Sequence[object]) -> bytes:
    """One row as one line. Raises TypeError for a kind of value that no column of ours has."""
    return json.dumps(list(row), default=_plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        # SQLite forgets the zone: there it is UTC, always.
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    raise TypeError(f"a backup has no way to write a {type(value).__name__}")


def _inside(file: dict[str, Any]) -> dict[str, Any]:
    path = PurePosixPath(file["name"])
    if path.is_absolute() or ".." in path.parts or not path.parts or len(file["name"]) > _LONGEST_NAME:
        raise BadBackup(f"a file that would be written outside the data folder: {file['name']!r}")
    return file
