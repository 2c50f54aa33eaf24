"""Tables of contacts. Everything here can be erased; the ledger points to a contact's id and holds nothing personal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.contacts.rules import (
    ConsentState,
    ContactKind,
    DuplicateState,
    IbanProvenance,
    OrganisationKind,
    Salutation,
)
from fundraising.db import Model, RowId, word


class Contact(Model):
    """A person or an organisation. After a merge it points to the one that it became part of."""

    __tablename__ = "contact"
    __table_args__ = (
        CheckConstraint("(kind = 'organisation') = (organisation_kind IS NOT NULL)", name="organisation_has_kind"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_merged_into_itself"),
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
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)


class ContactEmail(Model):
    """An e-mail address of a contact. Couples share one, so it is unique per contact only."""

    __tablename__ = "contact_email"
    __table_args__ = (UniqueConstraint("contact_id", "match_address"),)

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    address: Mapped[str] = mapped_column(String(254))
    # Case-folded: `M.Jansen@…` and `m.jansen@…` are one mailbox to everyone but the standard.
    match_address: Mapped[str] = mapped_column(String(254), index=True)
    created_at: Mapped[datetime]


class ContactPhone(Model):
    """A telephone number in E.164."""

    __tablename__ = "contact_phone"
    __table_args__ = (UniqueConstraint("contact_id", "number"),)

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    number: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]


class ContactIban(Model):
    """An account from which a contact gave, with where it was seen."""

    __tablename__ = "contact_iban"
    __table_args__ = (UniqueConstraint("contact_id", "iban"),)

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    iban: Mapped[str] = mapped_column(String(34), index=True)
    provenance: Mapped[IbanProvenance] = mapped_column(word(IbanProvenance))
    created_at: Mapped[datetime]


class PostalAddress(Model):
    """Where a yearly statement goes by post."""

    __tablename__ = "postal_address"

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    street: Mapped[str] = mapped_column(String(120))
    house_number: Mapped[str] = mapped_column(String(20))
    postcode: Mapped[str] = mapped_column(String(12))
    town: Mapped[str] = mapped_column(String(80))
    country: Mapped[str] = mapped_column(String(2), default="NL")
    created_at: Mapped[datetime]


class Affiliation(Model):
    """A person's place in an organisation. It may tell of belief: a special category of data, erasable."""

    __tablename__ = "affiliation"
    __table_args__ = (UniqueConstraint("person_id", "organisation_id", "role"),)

    id: Mapped[RowId]
    person_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]


class Consent(Model):
    """One thing that a person said about one purpose through one channel; the newest counts, the older stay."""

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_contact_purpose", "contact_id", "purpose", "channel"),
        UniqueConstraint("contact_id", "purpose", "channel", "state", "source"),
    )

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    purpose: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(16))
    state: Mapped[ConsentState] = mapped_column(word(ConsentState))
    source: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class DuplicateCandidate(Model):
    """Two contacts that may be one, for staff to judge; never merged by a machine."""

    __tablename__ = "duplicate_candidate"
    __table_args__ = (
        UniqueConstraint("contact_id", "other_id"),
        CheckConstraint("contact_id < other_id", name="ordered"),
    )

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    # What they share: a comma-separated list of `email`, `iban`, `name`.
    reasons: Mapped[str] = mapped_column(String(64))
    state: Mapped[DuplicateState] = mapped_column(word(DuplicateState), default=DuplicateState.OPEN)
    found_at: Mapped[datetime]
