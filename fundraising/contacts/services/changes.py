"""What every change by staff has in common: one at a time, seen by who changes next, and written down.

A page says of which version it was made. Who saves a page that is out of date changes nothing and learns what stands
now.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record as write_down
from fundraising.clock import now
from fundraising.contacts.models import Contact
from fundraising.contacts.queries import current_id, known_as
from fundraising.contacts.queries.record import record
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.services.search_index import reindex
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundraising.contacts.queries.record import ContactRecord


class StaleRecord(Exception):
    """Somebody changed or merged the contact since the page was made; `now` is what stands. Nothing was changed."""

    def __init__(self, standing: ContactRecord) -> None:
        super().__init__(f"contact {standing.contact_id} is at version {standing.version}")
        self.now = standing


def new_contact(**columns: Any) -> Contact:  # noqa: ANN401  each column has its own type
    """The row of a new contact, with its number."""
    row = Contact(created_at=now(), **columns)
    session().add(row)
    session().flush()
    return row


def locked(contact_id: int, version: int | None = None) -> Contact:
    """A contact's row, ours until the transaction ends. Raises UnknownContact, and StaleRecord where `version` is old.

    Without a version whatever stands is changed: for what adds something and overwrites nothing.
    """
    whose = current_id(contact_id)
    row = session().scalar(
        select(Contact).where(Contact.id == whose).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise UnknownContact(contact_id)
    # What was merged meanwhile has another's version, which says nothing of the page that was seen.
    if version is not None and (row.version != version or whose != contact_id):
        raise StaleRecord(record(whose))
    return row


def current_version(contact_id: int) -> int:
    """At which version a contact stands, for who changed it a moment ago. Raises UnknownContact."""
    return locked(contact_id).version


def note_change(
    row: Contact, action: str, *, before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None
) -> bool:
    """Count and write down a change of a contact: only what differs between `before` and `after`. False without any."""
    old, new = _plain(before or {}), _plain(after or {})
    differing = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not differing:
        return False
    row.version += 1
    row.changed_at = now()
    # What was changed may stand under a number that was merged into this one.
    reindex(known_as(row.id))
    write_down(
        action,
        Subject("contact", row.id),
        before={name: old[name] for name in differing if old.get(name) not in _NOTHING},
        after={name: new[name] for name in differing if new.get(name) not in _NOTHING},
    )
    return True


_NOTHING = (None, "")


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _word(value) for name, value in values.items()}


def _word(value: Any) -> Any:  # noqa: ANN401  whatever stands in a column
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
