"""The few payments that cannot be booked, found without reading all others."""

from alembic import op
from sqlalchemy import text

revision = "0017"
down_revision = "0016"

FAILING = text("error <> ''")


def upgrade() -> None:
    op.create_index("ix_payment_failing", "payment", ["id"], sqlite_where=FAILING, postgresql_where=FAILING)
