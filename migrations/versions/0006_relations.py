"""What staff know of contacts: organisations, roles with terms, households, notes, documents, merges."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _more_of_contacts()
    _more_of_ways()
    _roles_with_terms()
    _kinds_of_organisation()
    _households()
    _file()


def _add(table: str, *columns: sa.Column) -> None:
    for column in columns:
        op.add_column(table, column)


def _more_of_contacts() -> None:
    _add(
        "contact",
        sa.Column("kvk", sa.String(length=8), nullable=False, server_default=""),
        sa.Column("rsin", sa.String(length=9), nullable=False, server_default=""),
        sa.Column("preferred_channel", sa.String(length=32), nullable=True),
        sa.Column("deceased_on", sa.Date(), nullable=True),
        sa.Column("do_not_contact", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("changed_at", _INSTANT, nullable=True),
    )
    _add(
        "duplicate_candidate",
        sa.Column("score", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("judged_at", _INSTANT, nullable=True),
        sa.Column("judged_by", sa.String(length=64), nullable=False, server_default=""),
    )


def _more_of_ways() -> None:
    _add(
        "contact_email",
        sa.Column("undeliverable_at", _INSTANT, nullable=True),
        sa.Column("undeliverable_reason", sa.String(length=300), nullable=False, server_default=""),
    )
    op.create_index(op.f("ix_contact_email_undeliverable_at"), "contact_email", ["undeliverable_at"])
    _add(
        "contact_iban",
        sa.Column("holder", sa.String(length=140), nullable=False, server_default=""),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
    )
    _add(
        "postal_address",
        sa.Column("kind", sa.String(length=32), nullable=False, server_default="postal"),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
    )
    op.create_index("ix_postal_address_postcode", "postal_address", ["postcode", "house_number"])


def _roles_with_terms() -> None:
    # A new table instead of a changed one: SQLite cannot drop a constraint, and nothing refers to this table.
    op.rename_table("affiliation", "affiliation_before")
    for side in ("organisation", "person"):
        op.drop_index(f"ix_affiliation_{side}_id", table_name="affiliation_before")
    if op.get_bind().dialect.name == "postgresql":
        # There a constraint's name stays taken when its table is renamed.
        for name in (
            "fk_affiliation_organisation_id_contact",
            "fk_affiliation_person_id_contact",
            "uq_affiliation_person_id_organisation_id_role",
            "pk_affiliation",
        ):
            op.drop_constraint(name, "affiliation_before")
    op.create_table(
        "affiliation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("person_id <> organisation_id", name=op.f("ck_affiliation_two_sides")),
        sa.CheckConstraint(
            "valid_from IS NULL OR valid_until IS NULL OR valid_from <= valid_until",
            name=op.f("ck_affiliation_begins_before_it_ends"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["contact.id"], name=op.f("fk_affiliation_organisation_id_contact")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["contact.id"], name=op.f("fk_affiliation_person_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affiliation")),
    )
    op.execute(
        "INSERT INTO affiliation (person_id, organisation_id, role, is_primary, created_at)"
        " SELECT person_id, organisation_id, role, false, created_at FROM affiliation_before ORDER BY id",
    )
    op.drop_table("affiliation_before")
    op.create_index(op.f("ix_affiliation_organisation_id"), "affiliation", ["organisation_id"])
    op.create_index(op.f("ix_affiliation_person_id"), "affiliation", ["person_id"])


def _kinds_of_organisation() -> None:
    op.create_table(
        "church_details",
        sa.Column("contact_id", _ID, autoincrement=False, nullable=False),
        sa.Column("denomination", sa.String(length=32), nullable=True),
        sa.Column("town", sa.String(length=80), nullable=False),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.CheckConstraint("members IS NULL OR members >= 0", name=op.f("ck_church_details_members_counted")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_church_details_contact_id_contact")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_church_details")),
    )
    op.create_index(op.f("ix_church_details_denomination"), "church_details", ["denomination"])
    op.create_index(op.f("ix_church_details_town"), "church_details", ["town"])
    op.create_table(
        "school_details",
        sa.Column("contact_id", _ID, autoincrement=False, nullable=False),
        sa.Column("level", sa.String(length=32), nullable=True),
        sa.Column("brin", sa.String(length=6), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_school_details_contact_id_contact")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_school_details")),
    )
    op.create_index(op.f("ix_school_details_brin"), "school_details", ["brin"])
    op.create_index(op.f("ix_school_details_level"), "school_details", ["level"])
    op.create_table(
        "organisation_link",
        sa.Column("organisation_id", _ID, autoincrement=False, nullable=False),
        sa.Column("parent_id", _ID, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("organisation_id <> parent_id", name=op.f("ck_organisation_link_not_its_own_parent")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["contact.id"], name=op.f("fk_organisation_link_organisation_id_contact")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["contact.id"], name=op.f("fk_organisation_link_parent_id_contact")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_organisation_link")),
    )
    op.create_index(op.f("ix_organisation_link_parent_id"), "organisation_link", ["parent_id"])


def _households() -> None:
    op.create_table(
        "household",
        sa.Column("id", _ID, nullable=False),
        sa.Column("addressee", sa.String(length=200), nullable=False),
        sa.Column("greeting", sa.String(length=200), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
    )
    op.create_table(
        "household_member",
        sa.Column("contact_id", _ID, autoincrement=False, nullable=False),
        sa.Column("household_id", _ID, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_household_member_contact_id_contact")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_member_household_id_household")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_household_member")),
    )
    op.create_index(op.f("ix_household_member_household_id"), "household_member", ["household_id"])


def _file() -> None:
    op.create_table(
        "contact_merge",
        sa.Column("id", _ID, nullable=False),
        sa.Column("loser_id", _ID, nullable=False),
        sa.Column("survivor_id", _ID, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("merged_at", _INSTANT, nullable=False),
        sa.Column("merged_by", sa.String(length=64), nullable=False),
        sa.Column("undone_at", _INSTANT, nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint("loser_id <> survivor_id", name=op.f("ck_contact_merge_two_contacts")),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_contact_merge_undone_whole")),
        sa.ForeignKeyConstraint(["loser_id"], ["contact.id"], name=op.f("fk_contact_merge_loser_id_contact")),
        sa.ForeignKeyConstraint(["survivor_id"], ["contact.id"], name=op.f("fk_contact_merge_survivor_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_merge")),
    )
    op.create_index(op.f("ix_contact_merge_loser_id"), "contact_merge", ["loser_id"])
    op.create_index(op.f("ix_contact_merge_survivor_id"), "contact_merge", ["survivor_id"])
    op.create_table(
        "contact_note",
        sa.Column("id", _ID, nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("written_at", _INSTANT, nullable=False),
        sa.Column("written_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_note_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_note")),
    )
    op.create_index(op.f("ix_contact_note_contact_id"), "contact_note", ["contact_id"])
    op.create_table(
        "contact_document",
        sa.Column("id", _ID, nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", _ID, nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_document_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_document")),
    )
    op.create_index(op.f("ix_contact_document_contact_id"), "contact_document", ["contact_id"])
    op.create_index(op.f("ix_contact_document_digest"), "contact_document", ["digest"])
