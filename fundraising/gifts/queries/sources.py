"""Gifts by what they came from, many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from fundraising.db import session
from fundraising.gifts.models import Gift, GiftEntry, Ledger
from fundraising.gifts.rules import EntryKind
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, ScalarSelect, Subquery
    from sqlalchemy.orm import InstrumentedAttribute


def source_lines(system: str) -> Subquery:
    """The entries that came from one system, for another slice's comparison in SQL with what that system said.

    Columns: source_ref, kind and amount.
    """
    lines = select(GiftEntry.source_ref, GiftEntry.kind, GiftEntry.amount)
    return lines.where(GiftEntry.source_system == system).subquery("source_lines")


def received_lines(system: str) -> Subquery:
    """What came in from one system as it was first booked, for another slice's comparison in SQL.

    Columns: source_ref, gift_id, amount, contact_id, programme_id, received_on, and the mode of the ledger.
    """
    mode = select(Ledger.mode).scalar_subquery().label("mode")
    facts = (
        GiftEntry.gift_id,
        GiftEntry.amount,
        GiftEntry.contact_id,
        GiftEntry.programme_id,
        GiftEntry.received_on,
        mode,
    )
    came = (GiftEntry.source_system == system, GiftEntry.kind == EntryKind.RECEIVED)
    return select(GiftEntry.source_ref, *facts).where(*came).subquery("received_lines")


def was_of(
    contact_id: ColumnElement[int | None], reference: InstrumentedAttribute[str], *, but_for: ColumnElement[int]
) -> ColumnElement[bool]:
    """The condition that the gift with a reference was ever of a contact, or of nobody; not of the gift `but_for`."""
    entry = aliased(GiftEntry)
    of_gift = select(entry.id).join(Gift, Gift.id == entry.gift_id).where(Gift.reference == reference)
    return of_gift.where(entry.contact_id.is_not_distinct_from(contact_id), Gift.id != but_for).exists()


def references_from(system: str, refs: Collection[str]) -> dict[str, str]:
    """The references of the gifts that came from a system, by their names there; what is no gift is left out."""
    came = (GiftEntry.source_system == system, GiftEntry.source_ref.in_(refs), GiftEntry.kind == EntryKind.RECEIVED)
    rows = session().execute(
        select(GiftEntry.source_ref, Gift.reference).join(Gift, Gift.id == GiftEntry.gift_id).where(*came)
    )
    return {row.source_ref: row.reference for row in rows}


def standing_from(
    system: str, ref: InstrumentedAttribute[str | None], *, but_for: InstrumentedAttribute[str]
) -> ScalarSelect[Euro | None]:
    """What stands of the gift that came from a system under a name in another slice's column, for a sum in SQL.

    NULL without a gift, or where it has the reference `but_for`.
    """
    first, each = aliased(GiftEntry), aliased(GiftEntry)
    return (
        select(func.sum(each.amount))
        .join(first, first.gift_id == each.gift_id)
        .join(Gift, Gift.id == first.gift_id)
        .where(first.source_system == system, first.source_ref == ref, Gift.reference != but_for)
        .correlate(ref.class_, but_for.class_)
        .scalar_subquery()
    )


def gone_sources(system: str, refs: Collection[str]) -> set[str]:
    """Of gifts that came from a system under these names, those of which nothing stands any more."""
    first, each = aliased(GiftEntry), aliased(GiftEntry)
    came = (first.source_system == system, first.source_ref.in_(refs), first.kind == EntryKind.RECEIVED)
    sums = select(first.source_ref).join(each, each.gift_id == first.gift_id).where(*came).group_by(first.source_ref)
    return set(session().scalars(sums.having(func.sum(each.amount) <= Euro(0))))
