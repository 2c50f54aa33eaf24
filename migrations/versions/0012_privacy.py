"""Who was erased, and who is due for it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", _ID, nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("degree", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("erased_at", _INSTANT, nullable=False),
        sa.Column("erased_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_erasure_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_contact_id"), "erasure", ["contact_id"])
    op.create_table(
        "erasure_proposal",
        sa.Column("contact_id", _ID, autoincrement=False, nullable=False),
        sa.Column("degree", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("found_at", _INSTANT, nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=True),
        sa.Column("kept_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_erasure_proposal_contact_id_contact")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_erasure_proposal")),
    )
    op.create_index("ix_erasure_proposal_open", "erasure_proposal", ["kept_until", "due_on"])
