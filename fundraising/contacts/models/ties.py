"""What ties contacts together: roles in organisations, a diaconie to its church, people of one household."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.db import NUMBERED_ONCE, Model, RowId


class Affiliation(Model):
    """A person's place in an organisation. It may tell of belief: a special category of data, erasable.

    A role that ended stays as history; the same role may begin again.
    """

    __tablename__ = "affiliation"
    __table_args__ = (
        CheckConstraint("person_id <> organisation_id", name="two_sides"),
        CheckConstraint(
            "valid_from IS NULL OR valid_until IS NULL OR valid_from <= valid_until", name="begins_before_it_ends"
        ),
    )

    id: Mapped[RowId]
    person_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    # Whom to turn to first in this organisation.
    is_primary: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class OrganisationLink(Model):
    """To which organisation another one belongs: a diaconie to its church, a school to its board."""

    __tablename__ = "organisation_link"
    __table_args__ = (CheckConstraint("organisation_id <> parent_id", name="not_its_own_parent"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True, autoincrement=False)
    parent_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    created_at: Mapped[datetime]


class Household(Model):
    """People at one address who get one letter, with the salutation that they share."""

    __tablename__ = "household"
    __table_args__ = NUMBERED_ONCE

    id: Mapped[RowId]
    # As on an envelope, `De heer en mevrouw Van der Berg`, and as a letter opens.
    addressee: Mapped[str] = mapped_column(String(200))
    greeting: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class HouseholdMember(Model):
    """That a person lives in a household; in one at most."""

    __tablename__ = "household_member"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True, autoincrement=False)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), index=True)
    created_at: Mapped[datetime]
