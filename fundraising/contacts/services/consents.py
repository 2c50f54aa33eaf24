"""What a contact said about a purpose through a channel."""

from __future__ import annotations

from sqlalchemy import select

from fundraising.clock import now
from fundraising.contacts.models import Consent, Contact
from fundraising.contacts.queries import consent_state, current_id
from fundraising.contacts.rules import ConsentState, UnknownContact, consent_may_follow
from fundraising.db import insert_new, session


def request_consent(contact_id: int, *, purpose: str, channel: str, source: str) -> bool:
    """Note that a contact asked for something, to be confirmed; False when that changes nothing."""
    return _say(contact_id, ConsentState.REQUESTED, purpose, channel, source)


def grant_consent(contact_id: int, *, purpose: str, channel: str, source: str) -> bool:
    """Note that a contact agreed; False when that changes nothing, as when an old link is followed after a withdrawal.

    The source is what proves it, such as the confirmation's token; it grants once.
    """
    return _say(contact_id, ConsentState.GRANTED, purpose, channel, source)


def withdraw_consent(contact_id: int, *, purpose: str, channel: str, source: str) -> bool:
    """Note that a contact wants it no more; False when that was known."""
    return _say(contact_id, ConsentState.WITHDRAWN, purpose, channel, source)


def _say(contact_id: int, said: ConsentState, purpose: str, channel: str, source: str) -> bool:
    whose = current_id(contact_id)
    if session().scalar(select(Contact.id).where(Contact.id == whose).with_for_update(key_share=True)) is None:
        raise UnknownContact(contact_id)
    if not consent_may_follow(consent_state(whose, purpose, channel), said):
        return False
    row = insert_new(Consent).values(
        contact_id=whose,
        purpose=purpose,
        channel=channel,
        state=said,
        source=source,
        recorded_at=now(),
    )
    return session().scalar(row.returning(Consent.id)) is not None
