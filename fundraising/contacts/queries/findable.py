"""Under which terms contacts should be found, as their names and numbers stand."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import literal_column, select, union_all

from fundraising.contacts.models import (
    ChurchDetails,
    Contact,
    ContactEmail,
    ContactIban,
    ContactPhone,
    PostalAddress,
    SchoolDetails,
    SearchTerm,
)
from fundraising.contacts.queries import person_name
from fundraising.contacts.rules.words import (
    TermKind,
    email_terms,
    iban_term,
    name_terms,
    phone_terms,
    place_terms,
)
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, CompoundSelect

Term = tuple[TermKind, str]


def terms_due(contact_ids: Collection[int]) -> dict[int, set[Term]]:
    """The terms that each of these should have; none for one that is not there."""
    due: dict[int, set[Term]] = defaultdict(set)
    # As it stands in the table: a session may hold what was read before.
    fresh = select(Contact).where(Contact.id.in_(contact_ids)).execution_options(populate_existing=True)
    for row in session().scalars(fresh):
        names = name_terms(person_name(row), row.organisation_name)
        due[row.id] |= {(TermKind.NAME, term) for term in names}
        due[row.id] |= {(TermKind.NUMBER, number) for number in (row.kvk, row.rsin) if number}
    for contact_id, what, first, second in session().execute(_ways(contact_ids)):
        due[contact_id] |= _way_terms(what, first, second)
    return due


def terms_kept(contact_ids: Collection[int]) -> dict[int, set[Term]]:
    """The terms that each of these has in the index."""
    kept: dict[int, set[Term]] = defaultdict(set)
    theirs = select(SearchTerm.contact_id, SearchTerm.kind, SearchTerm.term)
    for contact_id, kind, term in session().execute(theirs.where(SearchTerm.contact_id.in_(contact_ids))):
        kept[contact_id].add((kind, term))
    return kept


def _way_terms(what: str, first: str, second: str) -> set[Term]:
    match what:
        case "email":
            return {(TermKind.EMAIL, term) for term in email_terms(first)}
        case "phone":
            return {(TermKind.PHONE, term) for term in phone_terms(first)}
        case "iban":
            return {(TermKind.IBAN, iban_term(first))}
        case "number":
            return {(TermKind.NUMBER, first.lower())} if first else set()
        case _:
            return {(TermKind.PLACE, term) for term in place_terms(first, second)}


def _ways(contact_ids: Collection[int]) -> CompoundSelect[int, str, str, str]:
    """All in one question, since it is asked whenever a giver is new."""
    none: ColumnElement[str] = literal_column("''")
    sources = (
        (ContactEmail.contact_id, "email", ContactEmail.match_address, none),
        (ContactPhone.contact_id, "phone", ContactPhone.number, none),
        (ContactIban.contact_id, "iban", ContactIban.iban, none),
        (PostalAddress.contact_id, "place", PostalAddress.town, PostalAddress.postcode),
        (ChurchDetails.contact_id, "place", ChurchDetails.town, none),
        (SchoolDetails.contact_id, "number", SchoolDetails.brin, none),
    )
    return union_all(
        *(
            select(contact_id, literal_column(f"'{what}'"), first, second).where(contact_id.in_(contact_ids))
            for contact_id, what, first, second in sources
        )
    )
