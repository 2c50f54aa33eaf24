"""Indexes for lists of gifts: by amount, by method, without a contact, and what went back."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

INDEXES = {
    "ix_gift_entry_amount": (["amount", "gift_id"], "kind IN ('received', 'corrected')"),
    "ix_gift_entry_method": (["method", "received_on"], "kind IN ('received', 'corrected')"),
    "ix_gift_entry_no_contact": (["received_on", "gift_id"], "contact_id IS NULL"),
    "ix_gift_entry_went_back": (["kind", "gift_id"], "kind IN ('refunded', 'charged_back')"),
}


def upgrade() -> None:
    for name, (columns, condition) in INDEXES.items():
        present = sa.text(condition)
        op.create_index(name, "gift_entry", columns, unique=False, sqlite_where=present, postgresql_where=present)
