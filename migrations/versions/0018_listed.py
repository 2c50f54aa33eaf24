"""What Mollie's lists told of a payment and could not be booked."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("payment", sa.Column("listed", sa.Text(), nullable=False, server_default=""))
