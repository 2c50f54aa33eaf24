"""Recognising who gave: the contact that has this mailbox or this account and a name that agrees, or a new one.

Works inside the caller's transaction. Nobody is merged here: two contacts that may be one are noted for staff.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from fundraising.clock import now
from fundraising.contacts.models import (
    Contact,
    ContactEmail,
    ContactIban,
    ContactPhone,
    DuplicateCandidate,
)
from fundraising.contacts.queries import current_ids, person_name
from fundraising.contacts.rules import (
    PROVEN,
    ContactKind,
    DuplicateState,
    IbanProvenance,
    Identity,
    NamelessContact,
    PersonName,
    match_address,
    match_name,
    names_compatible,
    refined,
    tidied,
)
from fundraising.contacts.rules.likeness import Likeness, points
from fundraising.contacts.services.changes import new_contact
from fundraising.contacts.services.search_index import reindex_soon
from fundraising.contacts.services.ties import affiliate
from fundraising.db import insert_new, one_at_a_time, session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Select

# Of a mailbox that very many share, the oldest are enough for staff to see that it is shared.
_MOST_DUPLICATES = 20
_CONTACT_PERSON = "contact"


@dataclass(slots=True)
class _Likeness:
    """What a contact that stands shares with somebody who gives now."""

    reasons: set[str] = field(default_factory=set)
    # By a mailbox or a proven account, which is enough where the names agree; a typed IBAN is not.
    recognised: bool = False
    compatible: bool = False


def find_or_create(
    identity: Identity,
    *,
    proven_iban: str | None,
    source: str,
    proven_by: IbanProvenance = IbanProvenance.MOLLIE,
) -> int:
    """The contact whose gift this is: who has this mailbox or this proven account and a name that agrees, or a new one.

    For an organisation that is the organisation; its person is kept as one affiliated to it. What is new (mailbox,
    phone, account, first name behind an initial) is added. Contacts that share a mailbox or an account while their
    names clash are noted as possible duplicates, as are several that all agree, of which the oldest is taken. Raises
    NamelessContact.
    """
    accounts = {identity.typed_iban: IbanProvenance.TYPED} | {proven_iban or "": proven_by}
    accounts.pop("", None)
    for key in (match_address(identity.email), *sorted(accounts)):
        if key:
            one_at_a_time(f"contact {key}")
    if identity.organisation_kind is None:
        return _person(identity, accounts, source)
    organisation_id = _organisation(identity, accounts, source)
    if match_name(identity.name.surname):
        affiliate(_person(identity, {}, source), organisation_id, role=_CONTACT_PERSON)
    return organisation_id


def _person(identity: Identity, accounts: Mapping[str, IbanProvenance], source: str) -> int:
    name = tidied(identity.name)
    if not name.surname:
        raise NamelessContact("a person has a surname")
    alike = _alike(
        select(Contact).where(Contact.kind == ContactKind.PERSON),
        identity.email,
        accounts,
        lambda row: names_compatible(person_name(row), name),
    )
    contact_id, refined_name = _oldest_recognised(alike), False
    if contact_id is None:
        contact_id = new_contact(
            kind=ContactKind.PERSON,
            match_name=match_name(name.surname),
            language=identity.language,
            source=source,
            **name.columns,
        ).id
    else:
        refined_name = _refine_name(contact_id, name)
    _note_duplicates(contact_id, alike)
    if _add_ways(contact_id, identity, accounts) or refined_name or not alike:
        reindex_soon(contact_id)
    return contact_id


def _organisation(identity: Identity, accounts: Mapping[str, IbanProvenance], source: str) -> int:
    name = " ".join(identity.organisation_name.split())
    if not name:
        raise NamelessContact("an organisation has a name")
    # A church and its diaconie may share a name and a mailbox, and are two bodies all the same.
    of_this_kind = select(Contact).where(Contact.organisation_kind == identity.organisation_kind)
    alike = _alike(of_this_kind, identity.email, accounts, lambda row: row.match_name == match_name(name))
    contact_id = _oldest_recognised(alike)
    if contact_id is None:
        contact_id = new_contact(
            kind=ContactKind.ORGANISATION,
            organisation_kind=identity.organisation_kind,
            organisation_name=name,
            match_name=match_name(name),
            language=identity.language,
            source=source,
        ).id
    _note_duplicates(contact_id, alike)
    if _add_ways(contact_id, identity, accounts) or not alike:
        reindex_soon(contact_id)
    return contact_id


def _alike(
    among: Select[Contact],
    email: str,
    accounts: Mapping[str, IbanProvenance],
    agrees: Callable[[Contact], bool],
) -> dict[int, _Likeness]:
    """Who shares a mailbox or an account, under the id that stands after every merge.

    A name agrees when it agrees with the contact's own or with that of one who was merged into it.
    """
    shared = _shared_ways(email, accounts)
    current = current_ids(shared)
    rows = session().scalars(among.where(Contact.id.in_({*current, *current.values()})))
    agreeing = {row.id: agrees(row) for row in rows}
    alike: dict[int, _Likeness] = defaultdict(_Likeness)
    for found_id, likeness in shared.items():
        standing_id = current[found_id]
        if standing_id in agreeing:
            one = alike[standing_id]
            one.reasons |= likeness.reasons
            one.recognised |= likeness.recognised
            one.compatible |= agreeing[standing_id] or agreeing.get(found_id, False)
    return alike


def _shared_ways(email: str, accounts: Mapping[str, IbanProvenance]) -> dict[int, _Likeness]:
    shared: dict[int, _Likeness] = defaultdict(_Likeness)
    if mailbox := match_address(email):
        for found_id in session().scalars(select(ContactEmail.contact_id).where(ContactEmail.match_address == mailbox)):
            shared[found_id].reasons.add("email")
            shared[found_id].recognised = True
    for row in session().scalars(select(ContactIban).where(ContactIban.iban.in_(accounts))):
        likeness = shared[row.contact_id]
        likeness.reasons.add("iban")
        likeness.recognised |= row.provenance in PROVEN and accounts[row.iban] in PROVEN
    return shared


def _oldest_recognised(alike: Mapping[int, _Likeness]) -> int | None:
    return min((each for each, likeness in alike.items() if likeness.recognised and likeness.compatible), default=None)


def _refine_name(contact_id: int, said: PersonName) -> bool:
    """Keep what tells two namesakes apart: the next `Johan` is not the `Jan` whom we knew as `J`."""
    known = person_name(session().get_one(Contact, contact_id, populate_existing=True))
    if not names_compatible(known, said) or (better := refined(known, said)) == known:
        return False
    session().execute(update(Contact).where(Contact.id == contact_id).values(better.columns))
    return True


def _note_duplicates(contact_id: int, alike: Mapping[int, _Likeness]) -> None:
    for other_id in sorted(alike.keys() - {contact_id})[:_MOST_DUPLICATES]:
        likeness = alike[other_id]
        names = Likeness.SAME_NAME if likeness.compatible else Likeness.NAMES_CLASH
        reasons = sorted({*map(Likeness, likeness.reasons), names})
        session().execute(
            insert_new(DuplicateCandidate).values(
                contact_id=min(contact_id, other_id),
                other_id=max(contact_id, other_id),
                score=points(reasons),
                reasons=",".join(reasons),
                state=DuplicateState.OPEN,
                found_at=now(),
            ),
        )


def _add_ways(contact_id: int, identity: Identity, accounts: Mapping[str, IbanProvenance]) -> bool:
    """Keep how to reach a contact and from what it gives; whether anything of it was new."""
    new = False
    if mailbox := match_address(identity.email):
        row = {"contact_id": contact_id, "address": identity.email.strip(), "match_address": mailbox}
        new |= _added(ContactEmail, row)
    if identity.phone:
        new |= _added(ContactPhone, {"contact_id": contact_id, "number": identity.phone})
    for iban, provenance in accounts.items():
        added = _added(ContactIban, {"contact_id": contact_id, "iban": iban, "provenance": provenance})
        new |= added
        if provenance in PROVEN and not added:
            only_typed = (ContactIban.iban == iban, ContactIban.provenance == IbanProvenance.TYPED)
            proven = update(ContactIban).where(ContactIban.contact_id == contact_id, *only_typed)
            session().execute(proven.values(provenance=provenance))
    return new


def _added(way: type[ContactEmail | ContactPhone | ContactIban], row: dict[str, Any]) -> bool:
    added = insert_new(way).values(row | {"created_at": now()}).returning(way.id)
    return session().scalar(added) is not None
