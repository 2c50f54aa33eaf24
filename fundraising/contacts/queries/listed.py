"""The list of contacts: filtered by what is not personal, in a stable order, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, union

from fundraising.contacts.models import ChurchDetails, Contact, ContactEmail, PostalAddress, SchoolDetails
from fundraising.contacts.queries import current_ids, display_name, display_names, first_rows, numbers_of, survivors
from fundraising.contacts.rules import match_address
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select, Subquery

    from fundraising.contacts.rules import ContactKind, OrganisationKind
    from fundraising.contacts.rules.organisations import Denomination, SchoolLevel

# Nobody reads a number beyond it, and to count further would cost more than the page itself.
MOST_COUNTED = 10_000


class Mailbox(StrEnum):
    """Whether a contact can be reached by e-mail."""

    SOME = "some"
    NONE = "none"
    UNDELIVERABLE = "undeliverable"


class Order(StrEnum):
    """By what a list of contacts can be ordered."""

    NAME = "naam"
    SINCE = "sinds"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """Which contacts to list; what is left None does not matter."""

    kind: ContactKind | None = None
    organisation_kind: OrganisationKind | None = None
    denomination: Denomination | None = None
    level: SchoolLevel | None = None
    town: str | None = None
    language: str | None = None
    mailbox: Mailbox | None = None
    deceased: bool | None = None
    do_not_contact: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedContact:
    """A contact in a list; `email` is where mail goes, `town` that of the newest postal address."""

    contact_id: int
    kind: ContactKind
    organisation_kind: OrganisationKind | None
    name: str
    town: str
    email: str
    undeliverable: bool
    deceased: bool
    do_not_contact: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LostMailbox:
    """An e-mail address from which mail comes back, and what the mail server said."""

    contact_id: int
    name: str
    address: str
    since: datetime
    reason: str


def lost_mailboxes(*, most: int) -> list[LostMailbox]:
    """Addresses to be mended, the latest first."""
    rows = (
        session()
        .scalars(
            select(ContactEmail)
            .where(ContactEmail.undeliverable_at.is_not(None))
            .order_by(ContactEmail.undeliverable_at.desc(), ContactEmail.id.desc())
            .limit(most),
        )
        .all()
    )
    owners = [row.contact_id for row in rows]
    now_are, names = current_ids(owners), display_names(owners)
    return [
        LostMailbox(
            now_are[row.contact_id],
            names[row.contact_id],
            row.address,
            row.undeliverable_at,
            row.undeliverable_reason,
        )
        for row in rows
        if row.undeliverable_at is not None
    ]


@dataclass(frozen=True, slots=True)
class NewAddress:
    """An address of e-mail that came lately, and whose it is."""

    contact_id: int
    address: str
    created_at: datetime


def newest_addresses(*, since: datetime, most: int) -> list[NewAddress]:
    """Addresses of e-mail that came since then, of the living, the latest first."""
    rows = session().execute(
        select(ContactEmail.contact_id, ContactEmail.address, ContactEmail.created_at)
        .join(Contact, Contact.id == ContactEmail.contact_id)
        .where(Contact.deceased_on.is_(None))
        .order_by(ContactEmail.id.desc())
        .limit(most)
    )
    recent = [row for row in rows if row.created_at >= since]
    now_are = current_ids({row.contact_id for row in recent})
    return [NewAddress(now_are[row.contact_id], row.address, row.created_at) for row in recent]


def owners_of(addresses: Collection[str]) -> dict[str, int]:
    """Whose e-mail addresses these are, by the address as it is given; of several the one who had it first."""
    keys = {address: match_address(address) for address in addresses}
    bearers = select(ContactEmail.contact_id, ContactEmail.match_address)
    found = bearers.where(ContactEmail.match_address.in_(keys.values())).order_by(ContactEmail.id.desc())
    first = {mailbox: contact_id for contact_id, mailbox in session().execute(found)}
    now_are = current_ids(first.values())
    return {address: now_are[first[key]] for address, key in keys.items() if key in first}


def listed_contacts(
    wanted: ListFilter, *, order: Order = Order.NAME, descending: bool = False, skip: int = 0, limit: int
) -> list[ListedContact]:
    """A part of the list, those that were merged into another left out; five queries, however long it is."""
    page = _ordered(matching(wanted), order, descending=descending).with_only_columns(Contact.id)
    shown = page.offset(skip).limit(limit).subquery()
    # What only the shown contacts need is fetched for them alone: all before them are passed over in the index.
    whole = select(Contact).join(shown, shown.c.id == Contact.id)
    rows = session().scalars(_ordered(whole, order, descending=descending)).all()
    whose = numbers_of([row.id for row in rows])
    emails = first_rows(ContactEmail, whose, ContactEmail.is_primary.desc(), ContactEmail.id)
    # The newest address counts; a church without one has the town where it stands.
    places = first_rows(ChurchDetails, whose) | first_rows(PostalAddress, whose, PostalAddress.id.desc())
    return [
        ListedContact(
            contact_id=row.id,
            kind=row.kind,
            organisation_kind=row.organisation_kind,
            name=display_name(row),
            town=places[row.id].town if row.id in places else "",
            email=emails[row.id].address if row.id in emails else "",
            undeliverable=row.id in emails and emails[row.id].undeliverable_at is not None,
            deceased=row.deceased_on is not None,
            do_not_contact=row.do_not_contact,
            created_at=row.created_at,
        )
        for row in rows
    ]


def count_listed(wanted: ListFilter) -> int:
    """How many contacts match, counted no further than `MOST_COUNTED`."""
    some = matching(wanted).with_only_columns(Contact.id).limit(MOST_COUNTED).subquery()
    return session().scalar(select(func.count()).select_from(some)) or 0


def matching(wanted: ListFilter) -> Select[Any]:
    """The contacts that match, those that were merged into another left out; for whoever reads them its own way."""
    return select(Contact).where(Contact.merged_into_id.is_(None), *_conditions(wanted))


def _ordered(matching: Select[Any], order: Order, *, descending: bool) -> Select[Any]:
    by = [Contact.match_name, Contact.id] if order is Order.NAME else [Contact.id]
    return matching.order_by(*(column.desc() for column in by) if descending else by)


def _conditions(wanted: ListFilter) -> Iterator[ColumnElement[bool]]:
    # One for all conditions: two of a name cannot stand in one statement.
    merged = survivors()
    if wanted.kind is not None:
        yield Contact.kind == wanted.kind
    if wanted.organisation_kind is not None:
        yield Contact.organisation_kind == wanted.organisation_kind
    if wanted.denomination is not None:
        yield _whose(merged, select(ChurchDetails.contact_id).where(ChurchDetails.denomination == wanted.denomination))
    if wanted.level is not None:
        yield _whose(merged, select(SchoolDetails.contact_id).where(SchoolDetails.level == wanted.level))
    if wanted.language is not None:
        yield Contact.language == wanted.language
    if wanted.deceased is not None:
        yield Contact.deceased_on.is_not(None) if wanted.deceased else Contact.deceased_on.is_(None)
    if wanted.do_not_contact is not None:
        yield Contact.do_not_contact.is_(wanted.do_not_contact)
    if wanted.town:
        yield _in_town(merged, wanted.town)
    if wanted.mailbox is not None:
        yield _reachable(merged, wanted.mailbox)


def _in_town(merged: Subquery, town: str) -> ColumnElement[bool]:
    """In a town as it was typed, or in capitals, as some keep them."""
    spellings = {town, town.upper(), town.title()}
    return _whose(
        merged,
        select(PostalAddress.contact_id).where(PostalAddress.town.in_(spellings)),
        select(ChurchDetails.contact_id).where(ChurchDetails.town.in_(spellings)),
    )


def _reachable(merged: Subquery, mailbox: Mailbox) -> ColumnElement[bool]:
    if mailbox is Mailbox.UNDELIVERABLE:
        return _whose(merged, select(ContactEmail.contact_id).where(ContactEmail.undeliverable_at.is_not(None)))
    own = select(ContactEmail.id).where(ContactEmail.contact_id == Contact.id)
    through_merge = Contact.id.in_(
        select(merged.c.survivor_id).join(ContactEmail, ContactEmail.contact_id == merged.c.id),
    )
    if mailbox is Mailbox.NONE:
        return and_(~own.exists(), ~through_merge)
    # Most have one, so that looking is soon done; of EXISTS in an OR PostgreSQL makes a list of all addresses first.
    return or_(own.limit(1).scalar_subquery().is_not(None), through_merge)


def _whose(merged: Subquery, *owners: Select[Any]) -> ColumnElement[bool]:
    """Whose these rows are, or were before a merge."""
    owner = union(*owners).subquery()
    column = next(iter(owner.c))
    through_merge = select(merged.c.survivor_id).join(owner, column == merged.c.id)
    return Contact.id.in_(union(select(column), through_merge).subquery().select())
