"""Who is what in which organisation, and which organisation belongs to which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, or_, select, update

from fundraising.clock import now, today
from fundraising.contacts.models import Affiliation, Contact, OrganisationLink
from fundraising.contacts.queries import current_id, holds_today, known_as
from fundraising.contacts.queries.merges import line_above
from fundraising.contacts.rules import ContactKind, OrganisationKind, UnknownContact
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.rules.terms import check_likely
from fundraising.contacts.services.changes import locked, note_change
from fundraising.db import one_at_a_time, session

if TYPE_CHECKING:
    from fundraising.contacts.rules.details import RoleEntry


# Two links that are right each on its own may make a circle together: whoever links or merges waits for this.
LINKING = "organisation links"


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


def begin_role(person_id: int, organisation_id: int, entry: RoleEntry) -> int:
    """Note a person's role in an organisation; its row's id. Raises Refusal, UnknownContact."""
    organisation, person = _both(organisation_id, person_id)
    _check(entry)
    _refuse_overlap(person.id, organisation.id, entry)
    row = Affiliation(person_id=person.id, organisation_id=organisation.id, created_at=now(), **_columns(entry))
    session().add(row)
    session().flush()  # its number is what was asked for
    _one_primary(row)
    _note(organisation, person, "affiliation.begun", after=_told(row))
    return row.id


def change_role(contact_id: int, row_id: int, entry: RoleEntry, *, version: int) -> bool:
    """Put a role right, or end it. Raises StaleRecord, Refusal.

    The version is that of the contact on whose page it stands.
    """
    row, organisation, person = _seen_from(contact_id, row_id, version)
    _check(entry)
    _refuse_overlap(person.id, organisation.id, entry, but=row.id)
    before = _told(row)
    for column, value in _columns(entry).items():
        setattr(row, column, value)
    _one_primary(row)
    return _note(organisation, person, "affiliation.changed", before=before, after=_told(row))


def remove_role(contact_id: int, row_id: int, *, version: int) -> None:
    """Forget a role that never was. One that was ends. Raises StaleRecord."""
    row, organisation, person = _seen_from(contact_id, row_id, version)
    session().delete(row)
    _note(organisation, person, "affiliation.removed", before=_told(row))


def link_organisation(organisation_id: int, parent_id: int | None, *, version: int) -> bool:
    """Note to which organisation another belongs, or with None that it belongs to none; False where that was known.

    A diaconie belongs to a church. Raises StaleRecord, UnknownContact, and Refusal for what would go round in a circle.
    """
    one_at_a_time(LINKING)
    row = locked(organisation_id, version)
    before = (
        session().scalars(select(OrganisationLink).where(OrganisationLink.organisation_id.in_(known_as(row.id)))).all()
    )
    old = current_id(before[0].parent_id) if before else None
    new = None if parent_id is None else _fit_parent(row, parent_id)
    if new == old:
        return False
    for link in before:
        session().delete(link)
    session().flush()  # the key is free before it is taken again
    if new is not None:
        session().add(OrganisationLink(organisation_id=row.id, parent_id=new, created_at=now()))
    return note_change(row, "contact.link", before={"belongs_to": old}, after={"belongs_to": new})


def _fit_parent(row: Contact, parent_id: int) -> int:
    parent = session().get(Contact, current_id(parent_id), populate_existing=True)
    if parent is None:
        raise UnknownContact(parent_id)
    if row.kind is not ContactKind.ORGANISATION or parent.kind is not ContactKind.ORGANISATION:
        raise Refusal(Reason.NOT_AN_ORGANISATION)
    if row.organisation_kind is OrganisationKind.DIACONIE and parent.organisation_kind is not OrganisationKind.CHURCH:
        raise Refusal(Reason.NOT_A_CHURCH)
    if row.id in line_above(parent.id):
        raise Refusal(Reason.CIRCULAR)
    return parent.id


def _both(organisation_id: int, person_id: int) -> tuple[Contact, Contact]:
    """The organisation first, always: so that two who change roles never wait for each other crosswise."""
    organisation, person = locked(organisation_id), locked(person_id)
    if organisation.kind is not ContactKind.ORGANISATION:
        raise Refusal(Reason.NOT_AN_ORGANISATION)
    if person.kind is not ContactKind.PERSON:
        raise Refusal(Reason.NOT_A_PERSON)
    return organisation, person


def _seen_from(contact_id: int, row_id: int, version: int) -> tuple[Affiliation, Contact, Contact]:
    row = session().get(Affiliation, row_id, populate_existing=True)
    if row is None or not {row.person_id, row.organisation_id} & set(known_as(contact_id)):
        raise UnknownContact(contact_id)
    organisation, person = _both(row.organisation_id, row.person_id)
    # Both are ours by now; this looks at the version of the one that was seen.
    locked(contact_id, version)
    return row, organisation, person


def _check(entry: RoleEntry) -> None:
    check_likely((entry.term.valid_from, entry.term.valid_until), today())


def _columns(entry: RoleEntry) -> dict[str, Any]:
    begins, ends = entry.term.valid_from, entry.term.valid_until
    # Nobody turns first to somebody who left.
    primary = entry.is_primary and not entry.term.ended_by(today())
    return {"role": entry.role.value, "valid_from": begins, "valid_until": ends, "is_primary": primary}


def _refuse_overlap(person_id: int, organisation_id: int, entry: RoleEntry, *, but: int | None = None) -> None:
    """The same role twice at one time is a slip; after it ended it may begin again."""
    if entry.term.ended_by(today()):
        return
    same = select(Affiliation.id).where(
        Affiliation.person_id.in_(known_as(person_id)),
        Affiliation.organisation_id.in_(known_as(organisation_id)),
        Affiliation.role == entry.role.value,
        *holds_today(Affiliation),
    )
    if but is not None:
        same = same.where(Affiliation.id != but)
    if session().scalar(same.limit(1)) is not None:
        raise Refusal(Reason.KNOWN)


def _one_primary(row: Affiliation) -> None:
    """Of an organisation's people one comes first; its row is locked, so that there are never two at one time."""
    if not row.is_primary:
        return
    others = update(Affiliation).where(
        Affiliation.organisation_id.in_(known_as(row.organisation_id)), Affiliation.id != row.id
    )
    if row.valid_from is not None:
        # Who begins next month leaves it till then to who goes.
        others = others.where(or_(Affiliation.valid_until.is_(None), Affiliation.valid_until >= row.valid_from))
    session().execute(others.values(is_primary=False).execution_options(synchronize_session="fetch"))


def _note(
    organisation: Contact,
    person: Contact,
    action: str,
    **change: dict[str, Any],
) -> bool:
    """Write it down with both: it belongs to the history of either."""
    noted = note_change(organisation, action, **change)
    return note_change(person, action, **change) or noted


def _told(row: Affiliation) -> dict[str, Any]:
    # Numbers, no names: erasing one of the two need not look through what was written down of the other.
    return {
        "person": row.person_id,
        "organisation": row.organisation_id,
        "role": row.role,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "is_primary": row.is_primary,
    }
