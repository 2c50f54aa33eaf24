"""Spreadsheets coming in: files, their rows, what their columns meant, and what a list of contacts will do."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _runs()
    _rows()
    _pieces()
    # By these a list finds organisations.
    op.create_index(op.f("ix_contact_kvk"), "contact", ["kvk"])
    op.create_index(op.f("ix_contact_rsin"), "contact", ["rsin"])


def _runs() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("size", _ID, nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.Column("shape", sa.String(length=64), nullable=False),
        sa.Column("header_line", sa.Integer(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("doubtful", sa.Integer(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=False),
        sa.Column("uploaded_at", _INSTANT, nullable=False),
        sa.Column("uploaded_by", sa.String(length=64), nullable=False),
        sa.Column("check_began_at", _INSTANT, nullable=True),
        sa.Column("accepted_at", _INSTANT, nullable=True),
        sa.Column("accepted_by", sa.String(length=64), nullable=False),
        sa.Column("undone_at", _INSTANT, nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=False),
        sa.Column("unsettled", sa.Boolean(), nullable=False),
        sa.Column("emptied_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    for column in ("digest", "kind", "state"):
        op.create_index(op.f(f"ix_import_run_{column}"), "import_run", [column])
    op.create_table(
        "import_mapping",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("shape", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "shape", name=op.f("pk_import_mapping")),
    )


def _rows() -> None:
    op.create_table(
        "import_row",
        sa.Column("run_id", _ID, autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_row_run_id_import_run")),
        sa.PrimaryKeyConstraint("run_id", "line", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_outcome", "import_row", ["run_id", "outcome", "line"])


def _pieces() -> None:
    op.create_table(
        "contact_import_piece",
        sa.Column("id", _ID, nullable=False),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("ordinal", _ID, nullable=True),
        sa.Column("contact_id", _ID, nullable=True),
        sa.Column("other_ordinal", _ID, nullable=True),
        sa.Column("other_id", _ID, nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("made_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_contact_import_piece_run_id_import_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_import_piece")),
    )
    op.create_index("ix_contact_import_piece_new", "contact_import_piece", ["run_id", "part", "ordinal"])
    op.create_index("ix_contact_import_piece_known", "contact_import_piece", ["run_id", "contact_id"])
    op.create_table(
        "contact_import_key",
        sa.Column("run_id", _ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=254), nullable=False),
        sa.Column("ordinal", _ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_contact_import_key_run_id_import_run")),
        sa.PrimaryKeyConstraint("run_id", "kind", "value", "ordinal", name=op.f("pk_contact_import_key")),
    )
