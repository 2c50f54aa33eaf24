"""The index by which contacts are found; `fundraising contacts reindex` fills it from what stands already."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BYTEWISE = sa.String(length=254).with_variant(sa.String(length=254, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "search_term",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("term", _BYTEWISE, nullable=False),
        sa.Column("contact_id", _ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kind", "term", "contact_id", name=op.f("pk_search_term")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_term_contact", "search_term", ["contact_id", "kind", "term"])
    for table, column in (("search_part", "part"), ("search_key", "key")):
        op.create_table(
            table,
            sa.Column("id", _ID, nullable=False),
            sa.Column(column, _BYTEWISE, nullable=False),
            sa.Column("word", _BYTEWISE, nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_{column}", table, [column, "word"])
        op.create_index(op.f(f"ix_{table}_word"), table, ["word"])
