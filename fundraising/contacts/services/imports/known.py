"""What is known of contacts while rows are checked: those that stand, and those that the same file makes further up.

Everything is read for some hundreds of rows at once, by a number of queries that does not depend on how many there are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from fundraising.clock import today
from fundraising.contacts.models import (
    Affiliation,
    ChurchDetails,
    Consent,
    Contact,
    ContactEmail,
    ContactIban,
    ContactPhone,
    OrganisationLink,
    PostalAddress,
    SchoolDetails,
)
from fundraising.contacts.models.imports import ImportKey, ImportPiece
from fundraising.contacts.queries import address_of, current_ids, numbers_of
from fundraising.contacts.rules import Address, ContactKind
from fundraising.contacts.rules.folding import folded
from fundraising.contacts.rules.sheets.matching import Key, KeyKind, Part, Ref, place
from fundraising.contacts.services.imports.columns import SCALARS, facts_from, scalars_of
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Select

    from fundraising.contacts.rules.sheets.rows import Facts

CONSENT_PURPOSE, CONSENT_CHANNEL = "newsletter", "email"


@dataclass(slots=True)
class Known:
    """A contact as it is, or will be after the rows above.

    `standing` are its rows as they are in the tables, `staged` as this import leaves them so far; of a row that is in
    neither there is none yet.
    """

    ref: Ref
    standing: dict[Part, dict[str, Any]] = field(default_factory=dict)
    staged: dict[Part, dict[str, Any]] = field(default_factory=dict)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    ibans: set[str] = field(default_factory=set)
    # The newest is the last.
    addresses: list[Address] = field(default_factory=list)
    # The organisation, the role, and the day on which it ended, empty where it still holds.
    affiliations: set[tuple[Ref, str, str]] = field(default_factory=set)
    # To which organisations it belongs, and whether others belong to it.
    parents: set[Ref] = field(default_factory=set)
    is_parent: bool = False
    spoke: bool = False
    # Under which number it was first on a row of this file.
    line: int = 0

    def row(self, part: Part) -> Mapping[str, Any]:
        """One of its rows as it will be."""
        return self.staged.get(part) or self.standing.get(part) or {}

    @property
    def facts(self) -> Facts:
        """What identifies it."""
        facts = facts_from(self.row(Part.CONTACT), self.row(Part.CHURCH), self.row(Part.SCHOOL))
        return replace(facts, address=self.addresses[-1] if self.addresses else None)


def found_in_tables(keys: Collection[Key]) -> dict[Key, set[int]]:
    """The contacts, by their own numbers also when they were merged, that have these keys."""
    by_kind: dict[KeyKind, set[str]] = defaultdict(set)
    for key in keys:
        by_kind[key.kind].add(key.value)
    found: dict[Key, set[int]] = defaultdict(set)
    for kind, column, owner in (
        (KeyKind.EMAIL, ContactEmail.match_address, ContactEmail.contact_id),
        (KeyKind.IBAN, ContactIban.iban, ContactIban.contact_id),
        (KeyKind.KVK, Contact.kvk, Contact.id),
        (KeyKind.RSIN, Contact.rsin, Contact.id),
        (KeyKind.BRIN, SchoolDetails.brin, SchoolDetails.contact_id),
    ):
        if values := by_kind[kind]:
            for value, contact_id in session().execute(select(column, owner).where(column.in_(values))):
                found[Key(kind, value)].add(contact_id)
    _found_by_name(by_kind[KeyKind.NAME], found)
    _found_by_place(by_kind[KeyKind.PLACE], found)
    return found


def _found_by_name(names: set[str], found: dict[Key, set[int]]) -> None:
    if names:
        named = select(Contact.match_name, Contact.id).where(Contact.match_name.in_(names))
        for name, contact_id in session().execute(named.where(Contact.kind == ContactKind.ORGANISATION)):
            found[Key(KeyKind.NAME, name)].add(contact_id)


def _found_by_place(places: set[str], found: dict[Key, set[int]]) -> None:
    if not places:
        return
    # As kept: `1234 AB` in the Netherlands; elsewhere as it was typed.
    postcodes = {each.split(" ")[0] for each in places}
    written = (
        {f"{each[:4]} {each[4:].upper()}" for each in postcodes} | postcodes | {each.upper() for each in postcodes}
    )
    columns = select(PostalAddress.contact_id, PostalAddress.postcode, PostalAddress.house_number)
    for contact_id, postcode, number in session().execute(columns.where(PostalAddress.postcode.in_(written))):
        here = f"{folded(postcode)} {folded(number)}"
        if here in places:
            found[Key(KeyKind.PLACE, here)].add(contact_id)


def found_in_file(run_id: int, keys: Collection[Key]) -> dict[Key, set[int]]:
    """The contacts, by ordinal, that rows further up make and that have these keys."""
    found: dict[Key, set[int]] = defaultdict(set)
    by_kind: dict[KeyKind, set[str]] = defaultdict(set)
    for key in keys:
        by_kind[key.kind].add(key.value)
    for kind, values in by_kind.items():
        wanted = select(ImportKey.value, ImportKey.ordinal).where(ImportKey.run_id == run_id, ImportKey.kind == kind)
        for value, ordinal in session().execute(wanted.where(ImportKey.value.in_(values))):
            found[Key(kind, value)].add(ordinal)
    return found


def standing_contacts(run_id: int, contact_ids: Collection[int]) -> dict[Ref, Known]:
    """These contacts, which no merge has ended, with all that was merged into them and what rows further up change."""
    known = {number: Known(Ref(new=False, number=number)) for number in contact_ids}
    if not known:
        return {}
    owner = numbers_of(known)
    _read_rows(known)
    _read_ways(known, owner)
    _read_ties(known, owner)
    _read_staged(select(ImportPiece).where(ImportPiece.run_id == run_id, ImportPiece.contact_id.in_(known)), known)
    return {each.ref: each for each in known.values() if Part.CONTACT in each.standing}


def staged_contacts(run_id: int, ordinals: Collection[int]) -> dict[Ref, Known]:
    """These contacts that rows further up make."""
    known = {number: Known(Ref(new=True, number=number)) for number in ordinals}
    if known:
        pieces = select(ImportPiece).where(ImportPiece.run_id == run_id, ImportPiece.ordinal.in_(known))
        _read_staged(pieces, known)
    return {each.ref: each for each in known.values()}


def _read_rows(known: Mapping[int, Known]) -> None:
    for part, table, key in (
        (Part.CONTACT, Contact, Contact.id),
        (Part.CHURCH, ChurchDetails, ChurchDetails.contact_id),
        (Part.SCHOOL, SchoolDetails, SchoolDetails.contact_id),
    ):
        columns = [getattr(table, name) for name in SCALARS[part]]
        for row in session().execute(select(key.label("owner"), *columns).where(key.in_(known))):
            known[row.owner].standing[part] = scalars_of(part, row)


def _read_ways(known: Mapping[int, Known], owner: Mapping[int, int]) -> None:
    for table, column, attribute in (
        (ContactEmail, ContactEmail.match_address, "emails"),
        (ContactPhone, ContactPhone.number, "phones"),
        (ContactIban, ContactIban.iban, "ibans"),
    ):
        for contact_id, value in session().execute(
            select(table.contact_id, column).where(table.contact_id.in_(owner)),
        ):
            getattr(known[owner[contact_id]], attribute).add(value)
    addresses = select(PostalAddress).where(PostalAddress.contact_id.in_(owner)).order_by(PostalAddress.id)
    for row in session().scalars(addresses):
        known[owner[row.contact_id]].addresses.append(address_of(row))


def _read_ties(known: Mapping[int, Known], owner: Mapping[int, int]) -> None:
    roles = select(Affiliation.person_id, Affiliation.organisation_id, Affiliation.role, Affiliation.valid_until)
    rows = session().execute(roles.where(Affiliation.person_id.in_(owner))).all()
    now_at = current_ids({row.organisation_id for row in rows})
    for row in rows:
        place_of_work = Ref(new=False, number=now_at[row.organisation_id])
        known[owner[row.person_id]].affiliations.add((place_of_work, row.role, ended(row.valid_until)))
    _read_links(known, owner)
    said = select(Consent.contact_id).where(Consent.contact_id.in_(owner))
    for contact_id in session().scalars(
        said.where(Consent.purpose == CONSENT_PURPOSE, Consent.channel == CONSENT_CHANNEL),
    ):
        known[owner[contact_id]].spoke = True


def _read_links(known: Mapping[int, Known], owner: Mapping[int, int]) -> None:
    touching = or_(OrganisationLink.organisation_id.in_(owner), OrganisationLink.parent_id.in_(owner))
    links = (
        session().execute(select(OrganisationLink.organisation_id, OrganisationLink.parent_id).where(touching)).all()
    )
    now_at = current_ids({link.parent_id for link in links})
    for link in links:
        if link.organisation_id in owner:
            known[owner[link.organisation_id]].parents.add(Ref(new=False, number=now_at[link.parent_id]))
        if link.parent_id in owner:
            known[owner[link.parent_id]].is_parent = True


def ended(valid_until: date | None) -> str:
    """The last day of what is over, as it is written; empty for what still holds."""
    return valid_until.isoformat() if valid_until is not None and valid_until < today() else ""


def _read_staged(pieces: Select[ImportPiece], known: Mapping[int, Known]) -> None:
    for piece in session().scalars(pieces.order_by(ImportPiece.id)):
        owner = known[piece.ordinal if piece.contact_id is None else piece.contact_id]  # type: ignore[index]
        note(owner, piece.part, piece.fields, _other(piece))


def _other(piece: ImportPiece) -> Ref | None:
    if piece.other_ordinal is not None:
        return Ref(new=True, number=piece.other_ordinal)
    return Ref(new=False, number=piece.other_id) if piece.other_id is not None else None


def note(known: Known, part: Part, fields: Mapping[str, Any], other: Ref | None = None) -> None:
    """Let what an import will do to a contact count as known from here on."""
    match part:
        case Part.CONTACT | Part.CHURCH | Part.SCHOOL:
            known.staged[part] = dict(fields)
        case Part.EMAIL:
            known.emails.add(fields["match_address"])
        case Part.PHONE:
            known.phones.add(fields["number"])
        case Part.IBAN:
            known.ibans.add(fields["iban"])
        case Part.ADDRESS:
            known.addresses.append(Address(**fields))
        case Part.AFFILIATION if other is not None:
            until = fields.get("valid_until")
            known.affiliations.add((other, fields["role"], ended(date.fromisoformat(until) if until else None)))
        case Part.LINK if other is not None:
            known.parents.add(other)
        case Part.CONSENT:
            known.spoke = True
        case _:
            return


def has_place(known: Known, address: Address) -> bool:
    """Whether a contact is known at this postcode and number, or where these lack, at this very address."""
    here = place(address)
    if here:
        return any(place(each) == here for each in known.addresses)
    return address in known.addresses
