"""Handing over: in one step somebody's role in an organisation ends and another's begins, and its account changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising.contacts.models import Affiliation, ContactIban
from fundraising.contacts.queries import known_as
from fundraising.contacts.queries.record import role_of
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.rules.details import Account, RoleEntry
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.rules.terms import Term, day_before
from fundraising.contacts.services.changes import locked
from fundraising.contacts.services.keeping import create_person
from fundraising.contacts.services.ties import begin_role, change_role
from fundraising.contacts.services.ways import add_account, change_account
from fundraising.db import session

if TYPE_CHECKING:
    from fundraising.contacts.models import Contact
    from fundraising.contacts.rules.details import Handover


def hand_over(organisation_id: int, handover: Handover, *, version: int) -> int:
    """Hand a role over, all of it or nothing; the successor's contact id. Raises StaleRecord, UnknownContact, Refusal.

    The old role and account hold up to the day before, the new from the day on. Who came first as the organisation's
    person hands that over too.
    """
    organisation = locked(organisation_id, version)
    old = session().get(Affiliation, handover.affiliation_id, populate_existing=True)
    if old is None or old.organisation_id not in known_as(organisation.id):
        raise UnknownContact(organisation_id)
    last_day = day_before(handover.day)
    ended = RoleEntry(role_of(old), Term(old.valid_from, old.valid_until).ending(last_day), old.is_primary)
    begun = RoleEntry(ended.role, Term(handover.day), old.is_primary)
    change_role(organisation.id, old.id, ended, version=organisation.version)
    successor = handover.successor if isinstance(handover.successor, int) else create_person(handover.successor)
    if successor in known_as(old.person_id):
        raise Refusal(Reason.KNOWN)
    begin_role(successor, organisation.id, begun)
    if handover.new_account is not None:
        _change_account(organisation, handover, handover.new_account)
    return successor


def _change_account(organisation: Contact, handover: Handover, new: Account) -> None:
    """End the old account where one is named, and begin the new one unless it is the same."""
    last_day = day_before(handover.day)
    if handover.old_iban_id is not None:
        theirs = select(ContactIban).where(ContactIban.contact_id.in_(known_as(organisation.id)))
        old = session().scalar(theirs.where(ContactIban.id == handover.old_iban_id))
        if old is None:
            raise UnknownContact(organisation.id)
        if old.iban == new.iban:
            return
        until = Term(old.valid_from, old.valid_until).ending(last_day)
        change_account(organisation.id, old.id, Account(old.iban, old.holder, until), version=organisation.version)
    add_account(organisation.id, Account(new.iban, new.holder, Term(handover.day)))
