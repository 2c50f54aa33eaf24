"""What still stands of a donation, by the ledger: of what came in, something may have gone back since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.db import session
from fundraising.gifts.queries import gift_by_reference, gift_by_source
from fundraising.gifts.rules import Source
from fundraising.giving.models import Payment
from fundraising.giving.rules import PROVIDER, PaymentStatus
from fundraising.money import Euro

if TYPE_CHECKING:
    from fundraising.gifts.queries import GiftSummary
    from fundraising.giving.queries import DonationStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """What came in for a donation, what of it stands, and of how many gifts.

    `whole` says that one gift stands as it came in, or that nothing came in of which something could have gone back.
    """

    received: Euro
    stands: Euro
    gifts: int
    whole: bool

    @property
    def returned(self) -> Euro:
        """What was refunded or charged back."""
        return self.received - self.stands


def standing_of(status: DonationStatus) -> Standing:
    """What stands of a donation, every payment of it taken together."""
    found = _gifts(status)
    return Standing(
        received=Euro.sum(gift.received for gift in found),
        stands=Euro.sum(gift.standing for gift in found),
        gifts=sum(1 for gift in found if gift.standing),
        whole=not found or any(gift.standing == gift.received for gift in found),
    )


def _gifts(status: DonationStatus) -> list[GiftSummary]:
    paid = (Payment.donation_id == status.donation_id, Payment.status == PaymentStatus.PAID)
    sources = session().scalars(select(Payment.provider_id).where(*paid)).all()
    # A transfer has no payment here: the bank's line bears the reference.
    found = [gift_by_reference(status.reference), *(gift_by_source(Source(PROVIDER, ref)) for ref in sources if ref)]
    return list({gift.gift_id: gift for gift in found if gift is not None}.values())
