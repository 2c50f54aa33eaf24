"""Donations, payments and what was seen of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "offered_method",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("description", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("maximum", sa.BigInteger(), nullable=True),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_offered_method")),
    )
    op.create_table(
        "webhook_hint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("first_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_hint")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_webhook_hint_provider_id")),
    )
    op.create_index("ix_webhook_hint_due", "webhook_hint", ["state", "next_try_at"], unique=False)
    op.create_table(
        "donation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("form_nonce", sa.String(length=32), nullable=False),
        sa.Column("submission_key", sa.String(length=64), nullable=False),
        sa.Column("programme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("route", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("source_code", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_donation_positive")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_donation_contact_id_contact")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_donation_programme_id_programme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_donation")),
        sa.UniqueConstraint("reference", name=op.f("uq_donation_reference")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_donation_submission_key")),
    )
    op.create_index(op.f("ix_donation_contact_id"), "donation", ["contact_id"], unique=False)
    op.create_index(op.f("ix_donation_created_at"), "donation", ["created_at"], unique=False)
    op.create_index(op.f("ix_donation_form_nonce"), "donation", ["form_nonce"], unique=False)
    op.create_index(op.f("ix_donation_lapses_at"), "donation", ["lapses_at"], unique=False)
    op.create_index(op.f("ix_donation_programme_id"), "donation", ["programme_id"], unique=False)
    op.create_table(
        "donor_details",
        sa.Column(
            "donation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("organisation_name", sa.String(length=200), nullable=False),
        sa.Column("salutation", sa.String(length=32), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("name_prefix", sa.String(length=40), nullable=False),
        sa.Column("surname", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("message", sa.String(length=2000), nullable=False),
        sa.Column("newsletter", sa.Boolean(), nullable=False),
        sa.Column("street", sa.String(length=120), nullable=False),
        sa.Column("house_number", sa.String(length=20), nullable=False),
        sa.Column("postcode", sa.String(length=12), nullable=False),
        sa.Column("town", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["donation_id"], ["donation.id"], name=op.f("fk_donor_details_donation_id_donation")),
        sa.PrimaryKeyConstraint("donation_id", name=op.f("pk_donor_details")),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("donation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("checkout_url", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_positive")),
        sa.ForeignKeyConstraint(["donation_id"], ["donation.id"], name=op.f("fk_payment_donation_id_donation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("donation_id", "attempt", name=op.f("uq_payment_donation_id_attempt")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payment_idempotency_key")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_payment_provider_id")),
    )
    op.create_index("ix_payment_next_check_at", "payment", ["next_check_at"], unique=False)
    op.create_index(op.f("ix_payment_status"), "payment", ["status"], unique=False)
    op.create_table(
        "submission_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("donation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["donation_id"], ["donation.id"], name=op.f("fk_submission_attempt_donation_id_donation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_attempt")),
    )
    op.create_index("ix_submission_attempt_address_at", "submission_attempt", ["address_digest", "at"], unique=False)
    op.create_index(op.f("ix_submission_attempt_at"), "submission_attempt", ["at"], unique=False)
    op.create_index(op.f("ix_submission_attempt_donation_id"), "submission_attempt", ["donation_id"], unique=False)
    op.create_table(
        "payment_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("provider_ref", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_event_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_event")),
        sa.UniqueConstraint(
            "payment_id",
            "provider_ref",
            "state",
            "amount",
            name=op.f("uq_payment_event_payment_id_provider_ref_state_amount"),
        ),
    )
    op.create_index(op.f("ix_payment_event_payment_id"), "payment_event", ["payment_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER payment_event_no_{verb.lower()} BEFORE {verb} ON payment_event"
                " BEGIN SELECT RAISE(ABORT, 'payment_event: rows are never changed or deleted'); END",
            )
    else:
        for name, event in (("change", "UPDATE OR DELETE"), ("truncate", "TRUNCATE")):
            each = "ROW" if name == "change" else "STATEMENT"
            op.execute(
                f"CREATE TRIGGER payment_event_no_{name} BEFORE {event} ON payment_event"
                f" FOR EACH {each} EXECUTE FUNCTION refuse_change()",
            )
