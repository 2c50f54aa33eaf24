"""Postal addresses that came with a gift and are not where its giver's post goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, literal_column, select

from fundraising.contacts.models import Contact, PostalAddress
from fundraising.contacts.queries.letterheads import letterheads
from fundraising.contacts.rules import Address, tidy_postcode
from fundraising.db import session
from fundraising.giving.models import Donation, DonorDetails

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select


@dataclass(frozen=True, slots=True)
class AddressToJudge:
    """An address that was typed with a gift while the contact has another: staff judge which of the two holds."""

    donation_id: int
    reference: str
    contact_id: int
    typed: Address
    typed_at: datetime
    known: Address


def addresses_to_judge(*, most: int) -> list[AddressToJudge]:
    """Addresses that donors typed and that are not where their post goes, the newest gift first; of the living."""
    living = _unknown().join(Contact, Contact.id == Donation.contact_id).where(Contact.deceased_on.is_(None))
    return _to_judge(living.order_by(DonorDetails.donation_id.desc()).limit(most))


def address_to_judge(donation_id: int) -> AddressToJudge | None:
    """The one that was typed with a gift; None where there is none, or somebody has judged it."""
    return next(iter(_to_judge(_unknown().where(Donation.id == donation_id))), None)


def _unknown() -> Select[Donation]:
    same = (
        (PostalAddress.contact_id == Donation.contact_id)
        & (PostalAddress.street == DonorDetails.street)
        & (PostalAddress.house_number == DonorDetails.house_number)
        & (PostalAddress.postcode == DonorDetails.postcode)
        & (PostalAddress.town == DonorDetails.town)
    )
    # Written out, so that the index of those few is used.
    has_address = DonorDetails.street != literal_column("''")
    # One that the contact has or had was judged, or was the first.
    typed = select(Donation).join(DonorDetails).where(has_address, Donation.contact_id.is_not(None))
    return typed.where(~exists().where(same))


def _to_judge(unknown: Select[Donation]) -> list[AddressToJudge]:
    found = [(donation, _typed_address(donation.donor)) for donation in session().scalars(unknown)]
    if not found:
        return []
    heads = letterheads({donation.contact_id for donation, _typed in found if donation.contact_id is not None})
    known = ((donation, typed, heads[donation.contact_id or 0].address) for donation, typed in found)
    return [
        AddressToJudge(donation.id, donation.reference, donation.contact_id or 0, typed, donation.created_at, at)
        for donation, typed, at in known
        if at is not None and at != typed
    ]


def _typed_address(donor: DonorDetails) -> Address:
    return Address(donor.street, donor.house_number, tidy_postcode(donor.postcode), donor.town)
