"""Whom we may send what: the one question that letters and mailings ask before anything else."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fundraising.contacts.models import Consent, Contact, ContactEmail, ContactPhone, PostalAddress
from fundraising.contacts.queries import current_ids, numbers_of, post_goes_there, said_when
from fundraising.contacts.queries.listed import matching
from fundraising.contacts.rules import ConsentState, UnknownContact
from fundraising.contacts.rules.mailings import Hindrance, Purpose, Reachability, hindrance
from fundraising.contacts.rules.organisations import Channel
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from fundraising.contacts.queries.listed import ListFilter

# SQLite takes some 30,000 values in a statement; PostgreSQL plans long lists slowly.
_AT_ONCE = 1_000


def may_receive(contact_id: int, purpose: Purpose, channel: Channel) -> bool:
    """Whether a contact may be sent this, through this channel, today. Raises UnknownContact."""
    return why_not(contact_id, purpose, channel) is None


def why_not(contact_id: int, purpose: Purpose, channel: Channel) -> Hindrance | None:
    """What stands in the way of sending this to a contact; None where it may be sent. Raises UnknownContact."""
    answers = hindrances([contact_id], purpose, channel)
    if contact_id not in answers:
        raise UnknownContact(contact_id)
    return answers[contact_id]


def hindrances(contact_ids: Collection[int], purpose: Purpose, channel: Channel) -> dict[int, Hindrance | None]:
    """For each of these contacts that exists, under the id that was asked for, what stands in the way, or None.

    The contact that a merged one became is the one that is judged. Five queries for each thousand.
    """
    answers: dict[int, Hindrance | None] = {}
    asked = list(contact_ids)
    for start in range(0, len(asked), _AT_ONCE):
        answers |= _hindrances(asked[start : start + _AT_ONCE], Purpose(purpose), Channel(channel))
    return answers


def receivers(wanted: ListFilter, purpose: Purpose, channel: Channel) -> frozenset[int]:
    """Of the contacts of a list, those that may be sent this, through this channel, today."""
    asked = session().scalars(matching(wanted).with_only_columns(Contact.id)).all()
    return frozenset(each for each, why in hindrances(asked, purpose, channel).items() if why is None)


def _hindrances(asked: list[int], purpose: Purpose, channel: Channel) -> dict[int, Hindrance | None]:
    now_one = current_ids(asked)
    whose = numbers_of(set(now_one.values()))
    said = _said(whose, purpose, channel)
    ways = _ways(whose, channel)
    found = {}
    # Columns: as objects, the contacts of a mailing to all would take twice the time.
    judged = select(Contact.id, Contact.kind, Contact.deceased_on, Contact.do_not_contact)
    for row in session().execute(judged.where(Contact.id.in_(set(now_one.values())))):
        theirs = Reachability(
            kind=row.kind,
            deceased_on=row.deceased_on,
            do_not_contact=row.do_not_contact,
            said=said.get(row.id),
            ways=sum(ways[row.id].values()),
            working=ways[row.id][True],
        )
        found[row.id] = hindrance(theirs, purpose, channel)
    return {contact_id: found[now] for contact_id, now in now_one.items() if now in found}


def _said(whose: Mapping[int, int], purpose: Purpose, channel: Channel) -> dict[int, ConsentState]:
    rows = session().scalars(
        select(Consent).where(Consent.contact_id.in_(whose), Consent.purpose == purpose, Consent.channel == channel)
    )
    # The last one counts, whichever of the merged contacts said it.
    return {whose[row.contact_id]: row.state for row in sorted(rows, key=said_when)}


def _ways(whose: Mapping[int, int], channel: Channel) -> dict[int, Counter[bool]]:
    """For each contact, how many ways work and how many do not."""
    ways: dict[int, Counter[bool]] = defaultdict(Counter)
    for contact_id, works, number in _counted(whose, channel):
        ways[whose[contact_id]][works] += number
    return ways


def _counted(whose: Iterable[int], channel: Channel) -> list[tuple[int, bool, int]]:
    if channel is Channel.EMAIL:
        works = ContactEmail.undeliverable_at.is_(None)
        query = select(ContactEmail.contact_id, works, func.count()).where(ContactEmail.contact_id.in_(whose))
        rows = session().execute(query.group_by(ContactEmail.contact_id, works))
        return [(contact_id, bool(working), number) for contact_id, working, number in rows]
    table = PostalAddress if channel is Channel.POST else ContactPhone
    query_ids = select(table.contact_id).where(table.contact_id.in_(whose))
    if channel is Channel.POST:
        query_ids = query_ids.where(*post_goes_there())
    return [(contact_id, True, 1) for contact_id in session().scalars(query_ids)]
