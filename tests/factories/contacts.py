"""People and organisations."""

from __future__ import annotations

from typing import Any

from fundraising.clock import now
from fundraising.contacts.models import Contact, ContactEmail, ContactIban
from fundraising.contacts.queries.likeness import sharing_pairs
from fundraising.contacts.rules import ContactKind, IbanProvenance, OrganisationKind, Salutation
from fundraising.contacts.services.duplicates import note_pairs
from fundraising.db import session


def person(*, email: str = "", proven_iban: str = "", **changes: Any) -> int:
    """The id of a new person, by default the same J. de Vries each time."""
    values = {
        "kind": ContactKind.PERSON,
        "salutation": Salutation.MRS,
        "given_name": "J.",
        "name_prefix": "de",
        "surname": "Vries",
        "match_name": "vries",
    }
    return _contact(values | changes, email=email, proven_iban=proven_iban)


def organisation(*, email: str = "", proven_iban: str = "", **changes: Any) -> int:
    """The id of a new organisation, by default a church."""
    values = {
        "kind": ContactKind.ORGANISATION,
        "organisation_kind": OrganisationKind.CHURCH,
        "organisation_name": "Dorpskerk",
        "match_name": "dorpskerk",
    }
    return _contact(values | changes, email=email, proven_iban=proven_iban)


def note_duplicates() -> int:
    """Note all pairs that look enough alike, as the job does; how many are new."""
    return note_pairs(sorted(sharing_pairs()))


def _contact(values: dict[str, Any], *, email: str, proven_iban: str) -> int:
    contact = Contact(source="test", created_at=now(), **values)
    session().add(contact)
    session().flush()  # its id goes into the rows below
    if email:
        session().add(
            ContactEmail(contact_id=contact.id, address=email, match_address=email.casefold(), created_at=now())
        )
    if proven_iban:
        session().add(
            ContactIban(contact_id=contact.id, iban=proven_iban, provenance=IbanProvenance.BANK, created_at=now())
        )
    session().flush()  # so that a test which reads at once finds them
    return contact.id
