"""Indexes for the desk: contacts in a list, where they live, and transfers that may still come."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

LISTED = ["match_name", "id", "kind", "organisation_kind", "language", "do_not_contact", "deceased_on"]


def _partly(name: str, table: str, columns: list[str], condition: str) -> None:
    rows = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=rows, postgresql_where=rows)


def upgrade() -> None:
    op.drop_index(op.f("ix_contact_merged_into_id"), table_name="contact")
    _partly("ix_contact_merged_into_id", "contact", ["merged_into_id"], "merged_into_id IS NOT NULL")
    _partly("ix_contact_listed", "contact", LISTED, "merged_into_id IS NULL")
    op.create_index(op.f("ix_postal_address_town"), "postal_address", ["town"], unique=False)
    _partly("ix_donation_open_transfer", "donation", ["lapses_at"], "state = 'promised' AND route = 'transfer'")
