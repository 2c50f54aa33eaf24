"""Contacts that came with a gift: their words are written after it, and not while it is booked."""

import sqlalchemy as sa
from alembic import op

from fundraising.db import BigId

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "search_due",
        sa.Column("id", BigId, nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_due")),
    )
