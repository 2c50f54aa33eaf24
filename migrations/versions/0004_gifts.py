"""The ledger, and the triggers that keep it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Rows of these are facts: nobody updates or deletes them, not even by hand in the database.
IMMUTABLE = ("ledger", "gift", "gift_correction", "gift_entry")

SQLITE_YEARS = (
    """
    CREATE TRIGGER financial_year_no_reopening BEFORE UPDATE ON financial_year WHEN OLD.closed_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a closed year stays closed'); END
    """,
    """
    CREATE TRIGGER financial_year_no_delete BEFORE DELETE ON financial_year
    BEGIN SELECT RAISE(ABORT, 'financial_year: rows are never deleted'); END
    """,
    """
    CREATE TRIGGER gift_entry_open_year BEFORE INSERT ON gift_entry
    WHEN NOT EXISTS (
        SELECT 1 FROM financial_year
        WHERE year = CAST(strftime('%Y', NEW.booked_on) AS INTEGER) AND closed_at IS NULL
    )
    BEGIN SELECT RAISE(ABORT, 'a gift entry is booked in an open year'); END
    """,
)

# The year's row is locked in share mode, so that a booking and the closing of its year wait for each other.
POSTGRESQL_YEARS = (
    """
    CREATE FUNCTION financial_year_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION 'financial_year: rows are never deleted'; END IF;
        IF OLD.closed_at IS NOT NULL THEN RAISE EXCEPTION 'a closed year stays closed'; END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER financial_year_no_reopening BEFORE UPDATE OR DELETE ON financial_year
    FOR EACH ROW EXECUTE FUNCTION financial_year_guard()
    """,
    """
    CREATE TRIGGER financial_year_no_truncate BEFORE TRUNCATE ON financial_year
    FOR EACH STATEMENT EXECUTE FUNCTION financial_year_guard()
    """,
    """
    CREATE FUNCTION gift_entry_open_year() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM financial_year
        WHERE year = EXTRACT(YEAR FROM NEW.booked_on) AND closed_at IS NULL FOR SHARE;
        IF NOT FOUND THEN RAISE EXCEPTION 'a gift entry is booked in an open year'; END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER gift_entry_open_year BEFORE INSERT ON gift_entry
    FOR EACH ROW EXECUTE FUNCTION gift_entry_open_year()
    """,
)


def _make_immutable(table: str, dialect: str) -> None:
    if dialect == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table}: rows are never changed or deleted'); END",
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    )


def upgrade() -> None:
    op.create_table(
        "financial_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("entry_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (entry_count IS NULL)"
            " AND (closed_at IS NULL) = (total IS NULL)",
            name=op.f("ck_financial_year_closed_whole"),
        ),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_financial_year")),
    )
    op.create_table(
        "gift",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift")),
        sa.UniqueConstraint("reference", name=op.f("uq_gift_reference")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    op.create_table(
        "gift_correction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gift_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_gift_correction_gift_id_gift")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_correction")),
    )
    op.create_index(op.f("ix_gift_correction_gift_id"), "gift_correction", ["gift_id"], unique=False)
    op.create_table(
        "gift_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gift_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("programme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("replaces_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("correction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source_system", sa.String(length=32), nullable=False),
        sa.Column("source_ref", sa.String(length=96), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('received', 'corrected')) = (reverses_id IS NULL)",
            name=op.f("ck_gift_entry_reversal_names_what"),
        ),
        sa.CheckConstraint(
            "kind = 'reversed'"
            " OR (kind IN ('received', 'corrected', 'refund_failed', 'chargeback_reversed')) = (amount > 0)",
            name=op.f("ck_gift_entry_sign_fits_kind"),
        ),
        sa.CheckConstraint(
            "(correction_id IS NOT NULL) = (kind = 'reversed' OR replaces_id IS NOT NULL)"
            " AND (correction_id IS NOT NULL) = (source_system = 'correction')"
            " AND (kind <> 'reversed' OR replaces_id IS NULL)"
            " AND (kind <> 'corrected' OR replaces_id IS NOT NULL)",
            name=op.f("ck_gift_entry_correction_whole"),
        ),
        sa.CheckConstraint("source_system <> '' AND source_ref <> ''", name=op.f("ck_gift_entry_has_source")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_gift_entry_not_nothing")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_gift_entry_contact_id_contact")),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_gift_entry_gift_id_gift")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_gift_entry_programme_id_programme")),
        sa.ForeignKeyConstraint(["reverses_id"], ["gift_entry.id"], name=op.f("fk_gift_entry_reverses_id_gift_entry")),
        sa.ForeignKeyConstraint(["replaces_id"], ["gift_entry.id"], name=op.f("fk_gift_entry_replaces_id_gift_entry")),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["gift_correction.id"], name=op.f("fk_gift_entry_correction_id_gift_correction")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_entry")),
        sa.UniqueConstraint("source_system", "source_ref", name=op.f("uq_gift_entry_source_system_source_ref")),
    )
    op.create_index("ix_gift_entry_booked_on", "gift_entry", ["booked_on", "amount"], unique=False)
    op.create_index("ix_gift_entry_contact_received", "gift_entry", ["contact_id", "received_on"], unique=False)
    op.create_index(op.f("ix_gift_entry_gift_id"), "gift_entry", ["gift_id"], unique=False)
    op.create_index("ix_gift_entry_received_on", "gift_entry", ["received_on", "gift_id"], unique=False)
    for column in ("reverses_id", "replaces_id", "correction_id"):
        present = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_gift_entry_{column}",
            "gift_entry",
            [column],
            unique=False,
            sqlite_where=present,
            postgresql_where=present,
        )
    op.create_index(
        "uq_gift_entry_reversed_once",
        "gift_entry",
        ["reverses_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'reversed'"),
        postgresql_where=sa.text("kind = 'reversed'"),
    )
    op.create_table(
        "gift_correction_note",
        sa.Column(
            "correction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["gift_correction.id"],
            name=op.f("fk_gift_correction_note_correction_id_gift_correction"),
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_gift_correction_note")),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gift_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_acknowledgement_gift_id_gift")),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["outgoing_mail.id"], name=op.f("fk_acknowledgement_mail_id_outgoing_mail")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("gift_id", "kind", name=op.f("uq_acknowledgement_gift_id_kind")),
    )
    op.create_index(op.f("ix_acknowledgement_mail_id"), "acknowledgement", ["mail_id"], unique=False)
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION '%: rows are never changed or deleted', TG_TABLE_NAME; END $$",
        )
    for table in IMMUTABLE:
        _make_immutable(table, dialect)
    for statement in SQLITE_YEARS if dialect == "sqlite" else POSTGRESQL_YEARS:
        op.execute(statement)
