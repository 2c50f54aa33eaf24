"""Gifts of a period and of a contact: filtered and added up from the index alone."""

from alembic import op
from sqlalchemy import text

revision = "0016"
down_revision = "0015"

LISTED = ["received_on", "gift_id", "kind", "amount", "programme_id", "method", "contact_id", "id"]
LATER = text("kind <> 'received'")


GIVEN = ["contact_id", "received_on", "programme_id", "amount"]


def upgrade() -> None:
    op.drop_index("ix_gift_entry_contact_received", table_name="gift_entry")
    op.create_index("ix_gift_entry_contact_received", "gift_entry", GIVEN)
    op.drop_index("ix_gift_entry_received_on", table_name="gift_entry")
    op.create_index("ix_gift_entry_received_on", "gift_entry", LISTED)
    op.create_index("ix_gift_entry_later", "gift_entry", ["received_on"], sqlite_where=LATER, postgresql_where=LATER)
