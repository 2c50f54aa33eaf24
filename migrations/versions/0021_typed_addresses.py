"""An index of the donors who typed a postal address, for the front page of the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    typed = sa.text("street <> ''")
    op.create_index(
        "ix_donor_details_with_address",
        "donor_details",
        ["donation_id"],
        unique=False,
        sqlite_where=typed,
        postgresql_where=typed,
    )
