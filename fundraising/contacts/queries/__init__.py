"""Typed reads of contacts. A contact that was merged into another is read as that other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from fundraising.clock import date_of, today
from fundraising.contacts.models import (
    Affiliation,
    Consent,
    Contact,
    ContactEmail,
    ContactIban,
    ContactPhone,
    PostalAddress,
)
from fundraising.contacts.rules import (
    Address,
    ConsentState,
    ContactKind,
    IbanProvenance,
    OrganisationKind,
    PersonName,
    UnknownContact,
    full_name,
    match_address,
    match_name,
)
from fundraising.contacts.rules.organisations import AddressKind
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Subquery


@dataclass(frozen=True, slots=True)
class KnownIban:
    """An account from which a contact gave, and whether that is proven."""

    iban: str
    provenance: IbanProvenance


@dataclass(frozen=True, slots=True)
class AffiliationRow:
    """A person's role in an organisation, seen from either side: `contact_id` is the other."""

    contact_id: int
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """A person or an organisation with all ways to reach it, oldest first, but the chosen e-mail address before all.

    `address` is the newest for post that holds today.
    """

    contact_id: int
    kind: ContactKind
    name: PersonName
    organisation_kind: OrganisationKind | None
    organisation_name: str
    language: str
    deceased_on: date | None
    source: str
    created_at: datetime
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    ibans: tuple[KnownIban, ...]
    address: Address | None
    affiliations: tuple[AffiliationRow, ...]

    @property
    def display_name(self) -> str:
        """Its name in lists and on pages."""
        return self.organisation_name or full_name(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFilter:
    """Which contacts to list; what is left None does not matter. `name` is a whole surname or organisation's name."""

    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSummary:
    """A contact in a list."""

    contact_id: int
    kind: ContactKind
    display_name: str
    language: str
    created_at: datetime


_PAGE = 500


def contact(contact_id: int) -> ContactRow:
    """All that is known of a contact, also under the ids that were merged into it. Raises UnknownContact."""
    ids = known_as(contact_id)
    row = session().get(Contact, ids[0], populate_existing=True)
    if row is None:
        raise UnknownContact(contact_id)
    return ContactRow(
        contact_id=row.id,
        kind=row.kind,
        name=person_name(row),
        organisation_kind=row.organisation_kind,
        organisation_name=row.organisation_name,
        language=row.language,
        deceased_on=row.deceased_on,
        source=row.source,
        created_at=row.created_at,
        emails=_emails(ids),
        phones=_phones(ids),
        ibans=_ibans(ids),
        address=_address(ids),
        affiliations=_affiliations(ids),
    )


def contact_page(wanted: ContactFilter, *, after: int = 0, limit: int = 100) -> list[ContactSummary]:
    """The first contacts that match, in order of number, from behind `after`; those that were merged are left out."""
    matching = select(Contact).where(Contact.merged_into_id.is_(None), Contact.id > after)
    if wanted.name is not None:
        matching = matching.where(Contact.match_name == match_name(wanted.name))
    if wanted.email is not None:
        theirs = select(ContactEmail.contact_id).where(ContactEmail.match_address == match_address(wanted.email))
        matching = matching.where(Contact.id.in_(set(current_ids(session().scalars(theirs).all()).values())))
    rows = session().scalars(matching.order_by(Contact.id).limit(limit))
    return [
        ContactSummary(
            contact_id=row.id,
            kind=row.kind,
            display_name=display_name(row),
            language=row.language,
            created_at=row.created_at,
        )
        for row in rows
    ]


def contacts(wanted: ContactFilter) -> Iterator[ContactSummary]:
    """All contacts that match, read page by page."""
    after = 0
    while page := contact_page(wanted, after=after, limit=_PAGE):
        yield from page
        after = page[-1].contact_id


def display_names(contact_ids: Collection[int]) -> dict[int, str]:
    """The names of contacts, each under the id that was asked for."""
    return {asked: display_name(row) for asked, row in standing_rows(contact_ids).items()}


def standing_rows(contact_ids: Collection[int]) -> dict[int, Contact]:
    """Contacts as they stand after every merge, each under the id that was asked for.

    One query, two more where some of them were merged, and none for nobody.
    """
    rows = rows_by_id(contact_ids)
    merged = current_ids([row.id for row in rows.values() if row.merged_into_id is not None])
    standing = rows | rows_by_id(merged.values())
    now = {each: merged.get(each, each) for each in rows}
    return {asked: standing[survivor] for asked, survivor in now.items() if survivor in standing}


def rows_by_id(contact_ids: Collection[int]) -> dict[int, Contact]:
    """The rows with these ids, also of contacts that were merged into another."""
    if not contact_ids:
        return {}
    return {row.id: row for row in session().scalars(select(Contact).where(Contact.id.in_(contact_ids)))}


def consent_state(contact_id: int, purpose: str, channel: str) -> ConsentState | None:
    """What a contact said last about a purpose through a channel; None where nothing was ever said."""
    said = select(Consent).where(Consent.purpose == purpose, Consent.channel == channel)
    rows = session().scalars(said.where(Consent.contact_id.in_(known_as(contact_id)))).all()
    return max(rows, key=said_when).state if rows else None


def said_when(row: Consent) -> tuple[date, int]:
    """By what sayings are put in order: the day on which it was said, then which was written down last.

    What staff write down afterwards does not undo what somebody said since that day.
    """
    return row.said_on or date_of(row.recorded_at), row.id


def current_ids(contact_ids: Collection[int]) -> dict[int, int]:
    """Which contact each of these is now, after every merge."""
    if not contact_ids:
        return {}
    merged = survivors(contact_ids)
    found = {row.id: row.survivor_id for row in session().execute(select(merged.c.id, merged.c.survivor_id))}
    return {contact_id: found.get(contact_id, contact_id) for contact_id in contact_ids}


def current_id(contact_id: int) -> int:
    """Which contact this is now, after every merge."""
    return current_ids([contact_id])[contact_id]


def known_as(contact_id: int) -> list[int]:
    """The ids that are all one contact now: first the one that stands, then those that were merged into it."""
    return list(numbers_of([current_id(contact_id)]))


def numbers_of(standing: Collection[int]) -> dict[int, int]:
    """All ids of contacts that stand, each with whose it is: first their own, then those merged into them."""
    own = {each: each for each in standing}
    if not own:
        return {}
    first = select(Contact.id, Contact.merged_into_id.label("survivor_id"))
    below = first.where(Contact.merged_into_id.in_(own)).cte("merged_below", recursive=True)
    below = below.union(
        select(Contact.id, below.c.survivor_id).join(below, Contact.merged_into_id == below.c.id),
    )
    merged = session().execute(select(below.c.id, below.c.survivor_id))
    return own | {row.id: row.survivor_id for row in merged}


def first_rows(table: Any, whose: Mapping[int, int], *order: Any, conditions: Sequence[Any] = ()) -> dict[int, Any]:  # noqa: ANN401  any table of a contact's
    """Of each contact the first row in an order; `whose` has all their numbers."""
    found: dict[int, Any] = {}
    rows = select(table).where(table.contact_id.in_(whose), *conditions).order_by(*order)
    for row in session().scalars(rows):
        found.setdefault(whose[row.contact_id], row)
    return found


def survivors(contact_ids: Collection[int] | None = None) -> Subquery:
    """Of merged contacts, all or these: `id`, and `survivor_id` at the end of the chain of merges."""
    steps = select(Contact.id, Contact.merged_into_id.label("survivor_id")).where(Contact.merged_into_id.is_not(None))
    if contact_ids is not None:
        steps = steps.where(Contact.id.in_(contact_ids))
    chain = steps.cte("merge_steps", recursive=True)
    # UNION drops what was seen, so that even a circle, which no merge makes, would come to an end.
    chain = chain.union(
        select(chain.c.id, Contact.merged_into_id)
        .join(Contact, Contact.id == chain.c.survivor_id)
        .where(Contact.merged_into_id.is_not(None)),
    )
    return (
        select(chain.c.id, chain.c.survivor_id)
        .join(Contact, Contact.id == chain.c.survivor_id)
        .where(Contact.merged_into_id.is_(None))
        .subquery("survivors")
    )


def person_name(row: Contact) -> PersonName:
    """The name that stands in a contact's row."""
    return PersonName(row.salutation, row.given_name, row.name_prefix, row.surname)


def address_of(row: PostalAddress) -> Address:
    """The address that stands in a row."""
    return Address(row.street, row.house_number, row.postcode, row.town, row.country)


def post_goes_there() -> tuple[ColumnElement[bool], ...]:
    """That an address is for post and holds today."""
    return PostalAddress.kind == AddressKind.POSTAL, *holds_today(PostalAddress)


def holds_today(table: type[PostalAddress | ContactIban | Affiliation]) -> tuple[ColumnElement[bool], ...]:
    """That a row's term has begun and has not ended."""
    day = today()
    return (
        or_(table.valid_from.is_(None), table.valid_from <= day),
        or_(table.valid_until.is_(None), table.valid_until >= day),
    )


def display_name(row: Contact) -> str:
    """A contact's name in lists and on pages, from its row."""
    return row.organisation_name or full_name(person_name(row))


def _emails(ids: Sequence[int]) -> tuple[str, ...]:
    theirs = select(ContactEmail).where(ContactEmail.contact_id.in_(ids))
    rows = session().scalars(theirs.order_by(ContactEmail.is_primary.desc(), ContactEmail.id))
    by_mailbox: dict[str, str] = {}
    for row in rows:
        by_mailbox.setdefault(row.match_address, row.address)
    return tuple(by_mailbox.values())


def _phones(ids: Sequence[int]) -> tuple[str, ...]:
    rows = session().scalars(select(ContactPhone).where(ContactPhone.contact_id.in_(ids)).order_by(ContactPhone.id))
    return tuple(dict.fromkeys(row.number for row in rows))


def _ibans(ids: Sequence[int]) -> tuple[KnownIban, ...]:
    rows = session().scalars(select(ContactIban).where(ContactIban.contact_id.in_(ids)).order_by(ContactIban.id))
    return tuple(dict.fromkeys(KnownIban(row.iban, row.provenance) for row in rows))


def _address(ids: Sequence[int]) -> Address | None:
    theirs = select(PostalAddress).where(PostalAddress.contact_id.in_(ids), *post_goes_there())
    row = session().scalars(theirs.order_by(PostalAddress.id.desc()).limit(1)).one_or_none()
    return address_of(row) if row is not None else None


def _affiliations(ids: Sequence[int]) -> tuple[AffiliationRow, ...]:
    either = or_(Affiliation.person_id.in_(ids), Affiliation.organisation_id.in_(ids))
    rows = session().scalars(select(Affiliation).where(either).order_by(Affiliation.id)).all()
    others = [(row.organisation_id if row.person_id in ids else row.person_id, row.role) for row in rows]
    current = current_ids({other for other, _ in others})
    return tuple(dict.fromkeys(AffiliationRow(current[other], role) for other, role in others))
