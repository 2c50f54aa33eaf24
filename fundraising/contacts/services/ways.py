"""Where a contact's post goes."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from sqlalchemy import insert

from fundraising.clock import now
from fundraising.contacts.models import PostalAddress
from fundraising.contacts.queries import contact
from fundraising.contacts.rules import tidy_postcode
from fundraising.contacts.services.search_index import reindex
from fundraising.db import session

if TYPE_CHECKING:
    from fundraising.contacts.rules import Address


def set_postal_address(contact_id: int, address: Address) -> bool:
    """Note where a contact's post goes from now on; False when that was known. Raises UnknownContact."""
    before = contact(contact_id)
    tidy = replace(address, postcode=tidy_postcode(address.postcode))
    if before.address == tidy:
        return False
    values = asdict(tidy) | {"contact_id": before.contact_id, "created_at": now()}
    session().execute(insert(PostalAddress), [values])
    reindex([before.contact_id])
    return True
