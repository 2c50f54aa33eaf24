"""Reading all that is kept of a contact, for a person's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, tuple_

from fundraising.contacts.models import (
    Affiliation,
    Consent,
    Contact,
    ContactDocument,
    ContactEmail,
    ContactIban,
    ContactMerge,
    ContactNote,
    ContactPhone,
    DuplicateCandidate,
    Household,
    HouseholdMember,
    ImportPiece,
    PostalAddress,
)
from fundraising.contacts.queries import display_name, display_names, known_as
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.rules.sheets.matching import Part
from fundraising.db import session
from fundraising.personal import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fundraising.personal import Told

# What stands where a name was: it tells two apart, and nothing more.
ERASED_NAME = "Gewist"


def person_of(contact_id: int) -> Person:
    """Somebody as all parts of the house know them. Raises UnknownContact."""
    numbers = tuple(known_as(contact_id))
    rows = session().scalars(select(Contact).where(Contact.id.in_(numbers))).all()
    if not rows:
        raise UnknownContact(contact_id)
    return Person(
        numbers=numbers,
        names=tuple(dict.fromkeys(display_name(row) for row in rows)),
        mailboxes=_column(ContactEmail, ContactEmail.match_address, numbers),
        phones=_column(ContactPhone, ContactPhone.number, numbers),
        ibans=_column(ContactIban, ContactIban.iban, numbers),
    )


def is_erased(contact_id: int) -> bool:
    """Whether nothing tells any more who this was."""
    row = session().get(Contact, contact_id)
    return row is not None and row.match_name == erased_match_name(contact_id)


def read_who(person: Person) -> Iterator[Told]:
    """Who somebody is, under each number."""
    for row in rows_of(person):
        yield {
            "number": row.id,
            "kind": row.kind,
            "name": display_name(row),
            "salutation": row.salutation,
            "language": row.language,
            "kvk": row.kvk,
            "rsin": row.rsin,
            "preferred_channel": row.preferred_channel,
            "do_not_contact": row.do_not_contact,
            "deceased_on": row.deceased_on,
            "source": row.source,
            "created_at": row.created_at,
            "changed_at": row.changed_at,
        }


def read_ways(person: Person) -> Iterator[Told]:
    """How somebody is reached, and from which accounts they gave."""
    numbers = person.numbers
    yield from _told(
        select(ContactEmail.address, ContactEmail.undeliverable_at, ContactEmail.created_at), ContactEmail, numbers
    )
    yield from _told(select(ContactPhone.number.label("phone"), ContactPhone.created_at), ContactPhone, numbers)
    iban = select(
        ContactIban.iban,
        ContactIban.provenance,
        ContactIban.holder,
        ContactIban.valid_from,
        ContactIban.valid_until,
        ContactIban.created_at,
    )
    yield from _told(iban, ContactIban, numbers)


def read_addresses(person: Person) -> Iterator[Told]:
    """Where post goes and went."""
    address = select(
        PostalAddress.kind.label("address_kind"),
        PostalAddress.street,
        PostalAddress.house_number,
        PostalAddress.postcode,
        PostalAddress.town,
        PostalAddress.country,
        PostalAddress.valid_from,
        PostalAddress.valid_until,
        PostalAddress.created_at,
    )
    yield from _told(address, PostalAddress, person.numbers)


def read_ties(person: Person) -> Iterator[Told]:
    """Roles, and the household."""
    either = or_(Affiliation.person_id.in_(person.numbers), Affiliation.organisation_id.in_(person.numbers))
    rows = session().scalars(select(Affiliation).where(either).order_by(Affiliation.id)).all()
    others = [row.organisation_id if row.person_id in person.numbers else row.person_id for row in rows]
    names = display_names(others)
    for row, other in zip(rows, others, strict=True):
        yield {
            "role": row.role,
            "with": names.get(other, ""),
            "valid_from": row.valid_from,
            "valid_until": row.valid_until,
            "created_at": row.created_at,
        }
    living = select(Household).join(HouseholdMember, HouseholdMember.household_id == Household.id)
    for home in session().scalars(living.where(HouseholdMember.contact_id.in_(person.numbers))):
        yield {"household": home.addressee, "greeting": home.greeting, "created_at": home.created_at}


def read_consents(person: Person) -> Iterator[Told]:
    """What somebody agreed to or withdrew."""
    said = select(Consent.purpose, Consent.channel, Consent.state, Consent.source, Consent.said_on, Consent.recorded_at)
    yield from _told(said, Consent, person.numbers)


def read_notes(person: Person) -> Iterator[Told]:
    """What colleagues wrote down."""
    note = select(
        ContactNote.text, ContactNote.written_at, ContactNote.written_by, ContactNote.remind_on, ContactNote.done_at
    )
    yield from _told(note, ContactNote, person.numbers)


def read_documents(person: Person) -> Iterator[Told]:
    """Which documents are kept; the files themselves are handed over beside the list."""
    kept = select(
        ContactDocument.filename,
        ContactDocument.description,
        ContactDocument.size,
        ContactDocument.added_at,
        ContactDocument.added_by,
    )
    yield from _told(kept, ContactDocument, person.numbers)


def read_doubles(person: Person) -> Iterator[Told]:
    """What was made one, and what looks alike."""
    pair = or_(ContactMerge.loser_id.in_(person.numbers), ContactMerge.survivor_id.in_(person.numbers))
    for row in session().scalars(select(ContactMerge).where(pair).order_by(ContactMerge.id)):
        yield {"merged": f"{row.loser_id} → {row.survivor_id}", "merged_at": row.merged_at, "undone_at": row.undone_at}
    for pair_of in session().scalars(select(DuplicateCandidate).where(alike(person))):
        both = f"{pair_of.contact_id} ~ {pair_of.other_id}"
        yield {"alike": both, "reasons": pair_of.reasons, "found_at": pair_of.found_at}


def read_imports(person: Person) -> Iterator[Told]:
    """What an import brought."""
    for row in session().scalars(select(ImportPiece).where(brought(person)).order_by(ImportPiece.id)):
        yield {"part": row.part, "fields": row.fields, "before": row.before}


def rows_of(person: Person) -> list[Contact]:
    """The contact's rows, the standing one and those merged into it."""
    return list(session().scalars(select(Contact).where(Contact.id.in_(person.numbers)).order_by(Contact.id)))


def brought(person: Person) -> Any:  # noqa: ANN401  a condition
    """What an import does to this contact; of one that it made, the pieces bear that one's place in the file."""
    made = select(ImportPiece.run_id, ImportPiece.ordinal).where(
        ImportPiece.part == Part.CONTACT, ImportPiece.made_id.in_(person.numbers)
    )
    return or_(ImportPiece.contact_id.in_(person.numbers), tuple_(ImportPiece.run_id, ImportPiece.ordinal).in_(made))


def alike(person: Person) -> Any:  # noqa: ANN401  a condition
    """Pairs of which one is this contact."""
    return or_(DuplicateCandidate.contact_id.in_(person.numbers), DuplicateCandidate.other_id.in_(person.numbers))


def _column(table: Any, column: Any, numbers: Iterable[int]) -> tuple[str, ...]:  # noqa: ANN401  any table and column
    rows = session().scalars(select(column).where(table.contact_id.in_(numbers)).order_by(table.id))
    return tuple(dict.fromkeys(rows))


def _told(columns: Any, table: Any, numbers: Iterable[int]) -> Iterator[Told]:  # noqa: ANN401  any table
    rows = session().execute(columns.where(table.contact_id.in_(numbers)).order_by(table.id))
    return (row._asdict() for row in rows)


def erased_match_name(contact_id: int) -> str:
    """By what an erased contact is compared: nobody else is called so."""
    return f"{ERASED_NAME.lower()} {contact_id}"
