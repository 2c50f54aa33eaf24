"""Which e-mail address comes first, when something was said, and how a mail is stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("contact_email", sa.Column("is_primary", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("consent", sa.Column("said_on", sa.Date(), nullable=True))
    op.add_column(
        "outgoing_mail", sa.Column("unsubscribe_url", sa.String(length=500), nullable=False, server_default="")
    )
