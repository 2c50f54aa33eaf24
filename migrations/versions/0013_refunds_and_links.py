"""Refunds that staff ask for, and giving links with a source code of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def _number() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "refund_request",
        sa.Column("id", _number(), nullable=False),
        sa.Column("payment_id", _number(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("provider_ref", sa.String(length=64), nullable=True),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("requested_by_id", _number(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_by_id", _number(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("mail_id", _number(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_request_positive")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_request_payment_id_payment")),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["staff_user.id"], name=op.f("fk_refund_request_requested_by_id_staff_user")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["staff_user.id"], name=op.f("fk_refund_request_decided_by_id_staff_user")
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["outgoing_mail.id"], name=op.f("fk_refund_request_mail_id_outgoing_mail")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_request")),
        sa.UniqueConstraint("form_key", name=op.f("uq_refund_request_form_key")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_refund_request_idempotency_key")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_refund_request_provider_ref")),
    )
    op.create_index(op.f("ix_refund_request_payment_id"), "refund_request", ["payment_id"], unique=False)
    op.create_index(op.f("ix_refund_request_mail_id"), "refund_request", ["mail_id"], unique=False)
    op.create_index("ix_refund_request_due", "refund_request", ["state", "next_try_at"], unique=False)
    op.create_table(
        "giving_link",
        sa.Column("id", _number(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("programme_id", _number(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", _number(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_giving_link_positive")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_giving_link_programme_id_programme")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_giving_link_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_giving_link")),
        sa.UniqueConstraint("code", name=op.f("uq_giving_link_code")),
    )
    op.create_index(op.f("ix_giving_link_contact_id"), "giving_link", ["contact_id"], unique=False)
    op.create_index(op.f("ix_donation_source_code"), "donation", ["source_code"], unique=False)
