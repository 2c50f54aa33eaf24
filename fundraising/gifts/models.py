"""Tables of the ledger.

Rows of `ledger`, `gift`, `gift_correction` and `gift_entry` are never updated or deleted: triggers refuse it. What
stands of a gift is the sum of its entries; no column says otherwise. Nothing personal stands here: what must be
erasable stands in other tables.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.db import Model, RowId, word
from fundraising.gifts.rules import EntryKind, LedgerMode, Reason
from fundraising.money import Euro


class Ledger(Model):
    """The one row that says whether this ledger holds real or test money; set by the first booking, fixed after it."""

    __tablename__ = "ledger"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    mode: Mapped[LedgerMode] = mapped_column(word(LedgerMode))


class FinancialYear(Model):
    """A financial year; once closed it takes no booking. The figures at closing prove later that nothing moved."""

    __tablename__ = "financial_year"
    __table_args__ = (
        CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (entry_count IS NULL)"
            " AND (closed_at IS NULL) = (total IS NULL)",
            name="closed_whole",
        ),
    )

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(64))
    entry_count: Mapped[int | None]
    total: Mapped[Euro | None]


class Gift(Model):
    """Groups what was received once with everything that happened to it afterwards."""

    __tablename__ = "gift"

    id: Mapped[RowId]
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    created_at: Mapped[datetime]


class GiftCorrection(Model):
    """One act of correcting: who, when and why. Its entries bear its number in their source."""

    __tablename__ = "gift_correction"

    id: Mapped[RowId]
    gift_id: Mapped[int] = mapped_column(ForeignKey("gift.id"), index=True)
    reason: Mapped[Reason] = mapped_column(word(Reason))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))


class GiftCorrectionNote(Model):
    """The free words with a correction, kept apart from it because they must be erasable."""

    __tablename__ = "gift_correction_note"

    correction_id: Mapped[int] = mapped_column(ForeignKey("gift_correction.id"), primary_key=True, autoincrement=False)
    note: Mapped[str] = mapped_column(String(2000))


def _where(name: str, condition: str, *columns: str) -> Index:
    present = text(condition)
    return Index(f"ix_gift_entry_{name}", *columns, sqlite_where=present, postgresql_where=present)


def _where_present(column: str) -> Index:
    return _where(column, f"{column} IS NOT NULL", column)


class GiftEntry(Model):
    """One immutable line of the ledger."""

    __tablename__ = "gift_entry"
    __table_args__ = (
        UniqueConstraint("source_system", "source_ref"),
        CheckConstraint("amount <> 0", name="not_nothing"),
        CheckConstraint("source_system <> '' AND source_ref <> ''", name="has_source"),
        CheckConstraint("(kind IN ('received', 'corrected')) = (reverses_id IS NULL)", name="reversal_names_what"),
        CheckConstraint(
            "kind = 'reversed'"
            " OR (kind IN ('received', 'corrected', 'refund_failed', 'chargeback_reversed')) = (amount > 0)",
            name="sign_fits_kind",
        ),
        # A correction's entries either take something back or stand in its place; nothing else does either.
        CheckConstraint(
            "(correction_id IS NOT NULL) = (kind = 'reversed' OR replaces_id IS NOT NULL)"
            " AND (correction_id IS NOT NULL) = (source_system = 'correction')"
            " AND (kind <> 'reversed' OR replaces_id IS NULL)"
            " AND (kind <> 'corrected' OR replaces_id IS NOT NULL)",
            name="correction_whole",
        ),
        # With what somebody's giving per year and programme is added up from.
        Index("ix_gift_entry_contact_received", "contact_id", "received_on", "programme_id", "amount"),
        # With the amounts, so that a year is added up from the index alone.
        Index("ix_gift_entry_booked_on", "booked_on", "amount"),
        # With all that lists ask of each entry, so that a year is filtered and added up from the index alone.
        Index(
            "ix_gift_entry_received_on",
            "received_on",
            "gift_id",
            "kind",
            "amount",
            "programme_id",
            "method",
            "contact_id",
            "id",
        ),
        _where("later", "kind <> 'received'", "received_on"),
        # For lists: by amount and by method, and what is rare enough to be found by itself.
        _where("amount", "kind IN ('received', 'corrected')", "amount", "gift_id"),
        _where("method", "kind IN ('received', 'corrected')", "method", "received_on"),
        _where("no_contact", "contact_id IS NULL", "received_on", "gift_id"),
        _where("went_back", "kind IN ('refunded', 'charged_back')", "kind", "gift_id"),
        # Few entries undo or replace another, and the others should not pay for it.
        *(_where_present(column) for column in ("reverses_id", "replaces_id", "correction_id")),
        # What was taken back by one correction is not taken back by another.
        Index(
            "uq_gift_entry_reversed_once",
            "reverses_id",
            unique=True,
            sqlite_where=text("kind = 'reversed'"),
            postgresql_where=text("kind = 'reversed'"),
        ),
    )

    id: Mapped[RowId]
    gift_id: Mapped[int] = mapped_column(ForeignKey("gift.id"), index=True)
    kind: Mapped[EntryKind] = mapped_column(word(EntryKind))
    amount: Mapped[Euro]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    method: Mapped[str] = mapped_column(String(32))
    # The tax date, in Amsterdam. What undoes a gift bears the gift's date: it lowers that year's statement.
    received_on: Mapped[date]
    # The ledger date, in a year that is open.
    booked_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("gift_entry.id"))
    # In a correction: the entry in whose place this one stands.
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("gift_entry.id"))
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("gift_correction.id"))
    source_system: Mapped[str] = mapped_column(String(32))
    source_ref: Mapped[str] = mapped_column(String(96))


class Acknowledgement(Model):
    """That a gift was thanked, and by which mail: once per kind, whatever is repeated."""

    __tablename__ = "acknowledgement"
    __table_args__ = (UniqueConstraint("gift_id", "kind"),)

    id: Mapped[RowId]
    gift_id: Mapped[int] = mapped_column(ForeignKey("gift.id"))
    kind: Mapped[str] = mapped_column(String(32))
    mail_id: Mapped[int] = mapped_column(ForeignKey("outgoing_mail.id"), index=True)
    recorded_at: Mapped[datetime]
