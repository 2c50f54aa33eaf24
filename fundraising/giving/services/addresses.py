"""Postal addresses that came with a gift, once staff judged them."""

from __future__ import annotations

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.db import session
from fundraising.giving.models import DonorDetails
from fundraising.giving.queries.addresses import address_to_judge


def leave_address(donation_id: int) -> bool:
    """Forget an address that was typed with a gift, since the one that we know holds; False where it was judged before.

    That it was typed stays in the audit trail, for as long as that tells of its contact.
    """
    donor = session().get(DonorDetails, donation_id, with_for_update=True, populate_existing=True)
    found = address_to_judge(donation_id)
    if donor is None or found is None:
        return False
    donor.street = donor.house_number = donor.postcode = donor.town = ""
    typed = found.typed
    written = f"{typed.street} {typed.house_number}, {typed.postcode} {typed.town}"
    record("contact.address_left", Subject("contact", found.contact_id), before={"typed": written})
    return True
