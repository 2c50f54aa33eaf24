"""Notes to come back to: on which day, and when somebody was done with it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("contact_note", sa.Column("remind_on", sa.Date()))
    op.add_column("contact_note", sa.Column("done_at", sa.DateTime(timezone=True)))
    op.create_index(op.f("ix_contact_note_remind_on"), "contact_note", ["remind_on"])
