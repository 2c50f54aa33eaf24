"""All gifts of a list, to be taken along: read some hundreds at a time, so that memory does not grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import tuple_

from fundraising.contacts.queries import current_ids
from fundraising.db import session
from fundraising.gifts.models import Gift, GiftEntry
from fundraising.gifts.queries.listing import Order, candidates, entries_of, listed, thanked_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundraising.gifts.queries.listing import ListedGift, ListFilter

_AT_ONCE = 500


def exported_gifts(wanted: ListFilter) -> Iterator[ListedGift]:
    """The gifts that match, newest first."""
    matching = candidates(wanted, Order.DATE).join(Gift, Gift.id == GiftEntry.gift_id)
    matching = matching.add_columns(Gift.reference, Gift.created_at)
    newest_first = matching.order_by(GiftEntry.received_on.desc(), GiftEntry.gift_id.desc())
    following = newest_first
    while rows := session().execute(following.limit(_AT_ONCE)).all():
        ids = [row.gift_id for row in rows]
        entries, thanked = entries_of(ids), thanked_at(ids)
        current = current_ids({row.contact_id for row in rows} - {None})
        yield from [listed(row, entries[row.gift_id], thanked.get(row.gift_id), current) for row in rows]
        last = rows[-1]
        following = newest_first.where(
            tuple_(GiftEntry.received_on, GiftEntry.gift_id) < tuple_(last.received_on, last.gift_id)
        )
        # What was read is done with.
        session().expunge_all()
