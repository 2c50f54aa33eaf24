"""Numbers that people see or that stand in the audit trail are given out once, on SQLite too."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

# Tables of which rows go, and whose numbers stand in addresses or in the trail; none of them has a trigger.
_TABLES = ("contact", "contact_document", "contact_note", "duplicate_candidate", "household")


def upgrade() -> None:
    # By it what an import ties to a contact is found when the contact goes.
    op.create_index("ix_contact_import_piece_other", "contact_import_piece", ["run_id", "other_ordinal"])
    if op.get_bind().dialect.name != "sqlite":
        return
    # Other rows refer to these meanwhile: looked at when all is done.
    op.execute("PRAGMA defer_foreign_keys = ON")
    for table in _TABLES:
        _number_once(table)
    _go_on_behind_the_trail()


def _number_once(table: str) -> None:
    """Make a table anew with AUTOINCREMENT, which SQLite cannot add; under its own name, which others refer to."""
    parts = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL ORDER BY rowid")
    made, *indexes = op.get_bind().scalars(parts, {"table": table}).all()
    key = f"CONSTRAINT pk_{table} PRIMARY KEY"
    again = made.replace("id INTEGER NOT NULL", f"id INTEGER NOT NULL {key} AUTOINCREMENT", 1)
    again = again.replace(f", \n\t{key} (id)", "", 1)
    op.execute(f"CREATE TABLE _kept AS SELECT * FROM {table}")  # noqa: S608  a name from above
    op.execute(f"DROP TABLE {table}")
    # The indexes first: for each row that comes back SQLite looks who refers to it, in this very table too.
    for statement in (again, *indexes):
        op.execute(sa.text(statement.replace(":", r"\:")))
    op.execute(f"INSERT INTO {table} SELECT * FROM _kept")  # noqa: S608  the same
    op.execute("DROP TABLE _kept")


def _go_on_behind_the_trail() -> None:
    """Do not give out again what contacts were called that are gone by now."""
    op.execute("INSERT INTO sqlite_sequence (name, seq) SELECT 'contact', 0 WHERE NOT EXISTS (SELECT * FROM contact)")
    op.execute(
        "UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT max(subject_id) FROM audit_entry"
        " WHERE subject_kind = 'contact'), 0)) WHERE name = 'contact'"
    )
