"""The contact itself: a person or an organisation, and what only some of them have."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.contacts.rules import ContactKind, OrganisationKind, Salutation
from fundraising.contacts.rules.organisations import Channel, Denomination, SchoolLevel
from fundraising.db import NUMBERED_ONCE, Model, RowId, word

_MERGED, _STANDING = text("merged_into_id IS NOT NULL"), text("merged_into_id IS NULL")


class Contact(Model):
    """A person or an organisation. After a merge it points to the one that it became part of."""

    __tablename__ = "contact"
    __table_args__ = (
        CheckConstraint("(kind = 'organisation') = (organisation_kind IS NOT NULL)", name="organisation_has_kind"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_merged_into_itself"),
        # Few are merged. Were all in it, SQLite would look up the rest there and then put them in order by hand.
        Index("ix_contact_merged_into_id", "merged_into_id", sqlite_where=_MERGED, postgresql_where=_MERGED),
        # The list of contacts in its order, with what it is filtered by: it is leafed and counted without the table.
        Index(
            "ix_contact_listed",
            "match_name",
            "id",
            "kind",
            "organisation_kind",
            "language",
            "do_not_contact",
            "deceased_on",
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
        NUMBERED_ONCE,
    )

    id: Mapped[RowId]
    kind: Mapped[ContactKind] = mapped_column(word(ContactKind))
    organisation_kind: Mapped[OrganisationKind | None] = mapped_column(word(OrganisationKind))
    organisation_name: Mapped[str] = mapped_column(String(200), default="")
    salutation: Mapped[Salutation] = mapped_column(word(Salutation), default=Salutation.UNKNOWN)
    # What stood in the one field "initials or first name": an initial with a dot, or a whole name.
    given_name: Mapped[str] = mapped_column(String(100), default="")
    name_prefix: Mapped[str] = mapped_column(String(40), default="")
    surname: Mapped[str] = mapped_column(String(120), default="")
    # The surname or the organisation's name, folded for comparison (rules.match_name).
    match_name: Mapped[str] = mapped_column(String(200), index=True)
    language: Mapped[str] = mapped_column(String(2), default="nl")
    source: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    kvk: Mapped[str] = mapped_column(String(8), default="", server_default="", index=True)
    rsin: Mapped[str] = mapped_column(String(9), default="", server_default="", index=True)
    preferred_channel: Mapped[Channel | None] = mapped_column(word(Channel))
    deceased_on: Mapped[date | None]
    # Not for mailings nor for calls; what a gift itself asks for (thanks, a statement) still goes.
    do_not_contact: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Counts the changes by staff, so that an edit on a page that is out of date is noticed.
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    changed_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))


class ChurchDetails(Model):
    """What is known of a church. What a person's church is stands in affiliations, never here."""

    __tablename__ = "church_details"
    __table_args__ = (CheckConstraint("members IS NULL OR members >= 0", name="members_counted"),)

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True, autoincrement=False)
    denomination: Mapped[Denomination | None] = mapped_column(word(Denomination), index=True)
    town: Mapped[str] = mapped_column(String(80), default="", index=True)
    members: Mapped[int | None] = mapped_column(Integer)


class SchoolDetails(Model):
    """What is known of a school. BRIN is its number in the register of education."""

    __tablename__ = "school_details"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True, autoincrement=False)
    level: Mapped[SchoolLevel | None] = mapped_column(word(SchoolLevel), index=True)
    brin: Mapped[str] = mapped_column(String(6), default="", index=True)
