"""What a contact said about a purpose through a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.clock import now, today
from fundraising.contacts.models import Consent, Contact
from fundraising.contacts.queries import consent_state, current_id, known_as
from fundraising.contacts.rules import ConsentState, UnknownContact, consent_may_follow
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.rules.terms import check_likely
from fundraising.contacts.services.changes import locked, note_change
from fundraising.db import insert_new, session

if TYPE_CHECKING:
    from fundraising.contacts.rules.details import Saying


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


def unsubscribe(contact_id: int, *, purpose: str, channel: str) -> bool:
    """Note that somebody followed the link in a mailing; False when that was known. Raises UnknownContact.

    It can be done again after agreeing again: each time counts, unlike what a confirmation's token grants.
    """
    source = f"unsubscribe:{_next_number(contact_id)}"
    if not withdraw_consent(contact_id, purpose=purpose, channel=channel, source=source):
        return False
    subject = Subject("contact", current_id(contact_id))
    record("consent.withdrawn", subject, after={"purpose": purpose, "channel": channel, "source": "unsubscribe"})
    return True


def write_down_saying(contact_id: int, saying: Saying) -> None:
    """Keep what somebody told staff. Raises UnknownContact, and Refusal where it changes nothing or lies ahead."""
    row = locked(contact_id)
    if saying.said_on > today():
        raise Refusal(Reason.IN_THE_FUTURE)
    check_likely([saying.said_on], today())
    state = ConsentState.GRANTED if saying.agrees else ConsentState.WITHDRAWN
    if not consent_may_follow(consent_state(row.id, saying.purpose, saying.channel), state):
        raise Refusal(Reason.SAID_BEFORE)
    consent = Consent(
        contact_id=row.id,
        purpose=saying.purpose,
        channel=saying.channel,
        state=state,
        source=f"{saying.how.value}:{_next_number(row.id)}",
        said_on=saying.said_on,
        recorded_at=now(),
    )
    session().add(consent)
    told = {"purpose": consent.purpose, "channel": consent.channel, "source": consent.source}
    note_change(row, f"consent.{state.value}", after={**told, "said_on": saying.said_on})


def _next_number(contact_id: int) -> int:
    """What tells apart two sources that are alike: beyond all that this contact said, also once merges are undone."""
    theirs = select(func.max(Consent.id)).where(Consent.contact_id.in_(known_as(contact_id)))
    return (session().scalar(theirs) or 0) + 1


def _say(contact_id: int, said: ConsentState, purpose: str, channel: str, source: str) -> bool:
    whose = current_id(contact_id)
    if session().scalar(select(Contact.id).where(Contact.id == whose).with_for_update(key_share=True)) is None:
        raise UnknownContact(contact_id)
    if not consent_may_follow(consent_state(whose, purpose, channel), said):
        return False
    row = insert_new(Consent).values(
        # Under the number that said it: should a merge be undone, it stays with whom it is of.
        contact_id=contact_id,
        purpose=purpose,
        channel=channel,
        state=said,
        source=source,
        recorded_at=now(),
    )
    return session().scalar(row.returning(Consent.id)) is not None
