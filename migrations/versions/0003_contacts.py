"""Contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("organisation_kind", sa.String(length=32), nullable=True),
        sa.Column("organisation_name", sa.String(length=200), nullable=False),
        sa.Column("salutation", sa.String(length=32), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("name_prefix", sa.String(length=40), nullable=False),
        sa.Column("surname", sa.String(length=120), nullable=False),
        sa.Column("match_name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_into_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(kind = 'organisation') = (organisation_kind IS NOT NULL)",
            name=op.f("ck_contact_organisation_has_kind"),
        ),
        sa.CheckConstraint(
            "merged_into_id IS NULL OR merged_into_id <> id", name=op.f("ck_contact_not_merged_into_itself")
        ),
        sa.ForeignKeyConstraint(["merged_into_id"], ["contact.id"], name=op.f("fk_contact_merged_into_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_match_name"), "contact", ["match_name"], unique=False)
    op.create_index(op.f("ix_contact_merged_into_id"), "contact", ["merged_into_id"], unique=False)
    op.create_table(
        "affiliation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["contact.id"], name=op.f("fk_affiliation_organisation_id_contact")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["contact.id"], name=op.f("fk_affiliation_person_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affiliation")),
        sa.UniqueConstraint(
            "person_id", "organisation_id", "role", name=op.f("uq_affiliation_person_id_organisation_id_role")
        ),
    )
    op.create_index(op.f("ix_affiliation_organisation_id"), "affiliation", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_affiliation_person_id"), "affiliation", ["person_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_consent_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint(
            "contact_id",
            "purpose",
            "channel",
            "state",
            "source",
            name=op.f("uq_consent_contact_id_purpose_channel_state_source"),
        ),
    )
    op.create_index("ix_consent_contact_purpose", "consent", ["contact_id", "purpose", "channel"], unique=False)
    op.create_table(
        "contact_email",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("match_address", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_email_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_email")),
        sa.UniqueConstraint("contact_id", "match_address", name=op.f("uq_contact_email_contact_id_match_address")),
    )
    op.create_index(op.f("ix_contact_email_contact_id"), "contact_email", ["contact_id"], unique=False)
    op.create_index(op.f("ix_contact_email_match_address"), "contact_email", ["match_address"], unique=False)
    op.create_table(
        "contact_iban",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("provenance", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_iban_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_iban")),
        sa.UniqueConstraint("contact_id", "iban", name=op.f("uq_contact_iban_contact_id_iban")),
    )
    op.create_index(op.f("ix_contact_iban_contact_id"), "contact_iban", ["contact_id"], unique=False)
    op.create_index(op.f("ix_contact_iban_iban"), "contact_iban", ["iban"], unique=False)
    op.create_table(
        "contact_phone",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_phone_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_phone")),
        sa.UniqueConstraint("contact_id", "number", name=op.f("uq_contact_phone_contact_id_number")),
    )
    op.create_index(op.f("ix_contact_phone_contact_id"), "contact_phone", ["contact_id"], unique=False)
    op.create_table(
        "duplicate_candidate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reasons", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("contact_id < other_id", name=op.f("ck_duplicate_candidate_ordered")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_duplicate_candidate_contact_id_contact")),
        sa.ForeignKeyConstraint(["other_id"], ["contact.id"], name=op.f("fk_duplicate_candidate_other_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_candidate")),
        sa.UniqueConstraint("contact_id", "other_id", name=op.f("uq_duplicate_candidate_contact_id_other_id")),
    )
    op.create_index(op.f("ix_duplicate_candidate_other_id"), "duplicate_candidate", ["other_id"], unique=False)
    op.create_table(
        "postal_address",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("street", sa.String(length=120), nullable=False),
        sa.Column("house_number", sa.String(length=20), nullable=False),
        sa.Column("postcode", sa.String(length=12), nullable=False),
        sa.Column("town", sa.String(length=80), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_postal_address_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postal_address")),
    )
    op.create_index(op.f("ix_postal_address_contact_id"), "postal_address", ["contact_id"], unique=False)
