"""Who is what in which organisation."""

from __future__ import annotations

from sqlalchemy import insert, select

from fundraising.clock import now, today
from fundraising.contacts.models import Affiliation, Contact
from fundraising.contacts.queries import current_id, known_as
from fundraising.contacts.rules import UnknownContact
from fundraising.db import session


def affiliate(person_id: int, organisation_id: int, *, role: str) -> bool:
    """Note that a person has a role in an organisation; False when that was known and has not ended.

    Raises UnknownContact.
    """
    person, organisation = current_id(person_id), current_id(organisation_id)
    # The organisation's row is the one on which two that note the same wait for each other.
    if session().scalar(select(Contact.id).where(Contact.id == organisation).with_for_update(key_share=True)) is None:
        raise UnknownContact(organisation_id)
    standing = select(Affiliation.id).where(
        Affiliation.person_id.in_(known_as(person)),
        Affiliation.organisation_id.in_(known_as(organisation)),
        Affiliation.role == role,
        (Affiliation.valid_until.is_(None)) | (Affiliation.valid_until >= today()),
    )
    if session().scalar(standing.limit(1)) is not None:
        return False
    row = {"person_id": person, "organisation_id": organisation, "role": role, "is_primary": False, "created_at": now()}
    session().execute(insert(Affiliation), [row])
    return True
