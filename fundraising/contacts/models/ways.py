"""Ways to reach a contact, and the accounts from which it gives."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.contacts.rules import IbanProvenance
from fundraising.contacts.rules.organisations import AddressKind
from fundraising.db import Model, RowId, word


class ContactEmail(Model):
    """An e-mail address of a contact. Couples share one, so it is unique per contact only."""

    __tablename__ = "contact_email"
    __table_args__ = (UniqueConstraint("contact_id", "match_address"),)

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    address: Mapped[str] = mapped_column(String(254))
    # Case-folded: `M.Jansen@…` and `m.jansen@…` are one mailbox to everyone but the standard.
    match_address: Mapped[str] = mapped_column(String(254), index=True)
    # Where mail goes; without one, to the oldest.
    is_primary: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Since when mail to it comes back, and with what words.
    undeliverable_at: Mapped[datetime | None] = mapped_column(index=True)
    undeliverable_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
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
    # Whose name the account bears, where that is not the contact's own.
    holder: Mapped[str] = mapped_column(String(140), default="", server_default="")
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    created_at: Mapped[datetime]


class PostalAddress(Model):
    """Where a contact's post goes, or where it is found; the newest that is valid counts, the older stay."""

    __tablename__ = "postal_address"
    # Neighbours and duplicates are found by these two.
    __table_args__ = (Index("ix_postal_address_postcode", "postcode", "house_number"),)

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    street: Mapped[str] = mapped_column(String(120))
    house_number: Mapped[str] = mapped_column(String(20))
    postcode: Mapped[str] = mapped_column(String(12))
    town: Mapped[str] = mapped_column(String(80), index=True)
    country: Mapped[str] = mapped_column(String(2), default="NL")
    kind: Mapped[AddressKind] = mapped_column(
        word(AddressKind), default=AddressKind.POSTAL, server_default=AddressKind.POSTAL.value
    )
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    created_at: Mapped[datetime]
