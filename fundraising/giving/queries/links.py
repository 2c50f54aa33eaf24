"""Typed reads of giving links, and of what came through them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select, type_coerce

from fundraising.contacts.rules import full_name
from fundraising.db import EuroCents, session
from fundraising.gifts.queries import standing_of
from fundraising.gifts.queries.sources import standing_from
from fundraising.giving.models import Donation, GivingLink, Payment
from fundraising.giving.rules import PROVIDER, DonationState
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Case, ColumnElement

    from fundraising.giving.rules.links import LinkState


NOTHING = Euro(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """What came through a link: how many promised and how much, and how many of those gave and what stands of it."""

    promised: int = 0
    promised_amount: Euro = NOTHING
    received: int = 0
    received_amount: Euro = NOTHING

    @property
    def percentage(self) -> int | None:
        """How many of a hundred promises became a gift; None without promises."""
        return round(100 * self.received / self.promised) if self.promised else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A giving link, and what came through it."""

    code: str
    programme_id: int
    amount: Euro | None
    contact_id: int | None
    state: LinkState
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    came: Yield


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseThrough:
    """A promise that came through a link."""

    reference: str
    name: str
    amount: Euro
    state: DonationState
    created_at: datetime


class Order(StrEnum):
    """What a list of giving links can be sorted by."""

    MADE = "gemaakt"
    CODE = "code"
    STANDS = "opbrengst"


NEWEST = (Order.MADE, True)


def links(
    *, skipped: int, most: int, state: LinkState | None = None, order: tuple[Order, bool] = NEWEST
) -> list[LinkRow]:
    """Giving links in an order, descending or not; two queries, however many they are."""
    return _read(*([GivingLink.state == state] if state is not None else []), part=(skipped, most), order=order)


def link(code: str) -> LinkRow | None:
    """The link with this code, also an ended one."""
    found = _read(GivingLink.code == code)
    return found[0] if found else None


def promises_through(code: str, *, skipped: int, most: int) -> list[PromiseThrough]:
    """Who came through a link, the newest first."""
    rows = session().scalars(
        select(Donation).where(Donation.source_code == code).order_by(Donation.id.desc()).offset(skipped).limit(most),
    )
    return [
        PromiseThrough(
            reference=row.reference,
            name=row.donor.organisation_name or full_name(row.donor.name),
            amount=row.amount,
            state=row.state,
            created_at=row.created_at,
        )
        for row in rows
    ]


def _read(
    *conditions: ColumnElement[bool], part: tuple[int, int] = (0, 1), order: tuple[Order, bool] = NEWEST
) -> list[LinkRow]:
    skipped, most = part
    ordered = select(GivingLink).where(*conditions).order_by(*_by(order))
    rows = session().scalars(ordered.offset(skipped).limit(most)).all()
    came = _yields([row.code for row in rows])
    return [
        LinkRow(
            code=row.code,
            programme_id=row.programme_id,
            amount=row.amount,
            contact_id=row.contact_id,
            state=row.state,
            created_by=row.created_by,
            created_at=row.created_at,
            ended_at=row.ended_at,
            came=came.get(row.code, Yield()),
        )
        for row in rows
    ]


def _by(order: tuple[Order, bool]) -> list[ColumnElement[Any]]:
    by, descending = order
    through = select(func.coalesce(func.sum(_stands()), 0)).where(Donation.source_code == GivingLink.code)
    keys = {Order.MADE: GivingLink.id, Order.CODE: GivingLink.code, Order.STANDS: through.scalar_subquery()}
    return [column.desc() if descending else column.asc() for column in (keys[by], GivingLink.id)]


def _stands() -> Case[Any]:
    """What stands of a promise; one that was paid twice became two gifts, of which one has a reference of its own."""
    more = func.sum(standing_from(PROVIDER, Payment.provider_id, but_for=Donation.reference))
    of_others = select(more).where(Payment.donation_id == Donation.id).correlate(Donation).scalar_subquery()
    stands = func.coalesce(standing_of(Donation.reference), 0) + func.coalesce(of_others, 0)
    return case((Donation.state == DonationState.RECEIVED, stands), else_=0)


def _yields(codes: Collection[str]) -> dict[str, Yield]:
    received = Donation.state == DonationState.RECEIVED
    sums: Any = select(
        Donation.source_code,
        func.count(),
        func.sum(Donation.amount),
        func.sum(case((received, 1), else_=0)),
        type_coerce(func.sum(_stands()), EuroCents),
    )
    rows = session().execute(sums.where(Donation.source_code.in_(codes)).group_by(Donation.source_code))
    return {
        code: Yield(promised=promised, promised_amount=asked, received=gave, received_amount=came or Euro(0))
        for code, promised, asked, gave, came in rows
    }
