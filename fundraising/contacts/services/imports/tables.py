"""How the pieces of an import are read as the rows of tables: each column taken out of JSON by the database itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, and_, case, cast, func, literal, select
from sqlalchemy.orm import aliased

from fundraising.clock import now
from fundraising.contacts.models import (
    Affiliation,
    ChurchDetails,
    Consent,
    Contact,
    ContactEmail,
    ContactIban,
    ContactPhone,
    DuplicateCandidate,
    OrganisationLink,
    PostalAddress,
    SchoolDetails,
)
from fundraising.contacts.models.imports import ImportPiece
from fundraising.contacts.rules import DuplicateState, IbanProvenance
from fundraising.contacts.rules.organisations import AddressKind
from fundraising.contacts.rules.sheets.matching import Part
from fundraising.contacts.services.imports.columns import SCALARS
from fundraising.contacts.services.imports.known import CONSENT_CHANNEL, CONSENT_PURPOSE
from fundraising.db import Instant, is_sqlite, session

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from fundraising.db import Base

    Rows = Select[*tuple[Any, ...]]
    Columns = dict[str, Any]
    # Which pieces are meant.
    Some = ColumnElement[bool]

OWNER, OTHER = aliased(ImportPiece, name="owner"), aliased(ImportPiece, name="other")
# The contact to which a piece belongs, and the one on its other side, once the new ones have their numbers.
OWNER_ID: ColumnElement[int] = func.coalesce(ImportPiece.contact_id, OWNER.made_id)
OTHER_ID: ColumnElement[int] = func.coalesce(ImportPiece.other_id, OTHER.made_id)
_NUMBERS = frozenset({"members", "score"})
_DAYS = frozenset({"valid_from", "valid_until"})


@dataclass(frozen=True, slots=True)
class Target:
    """A table that an import adds rows to. `key` is None where a contact has one row, under its own number."""

    part: Part
    table: type[Base]
    key: str | None
    owner: str
    fields: tuple[str, ...]


# In the order in which rows are made; they are taken back the other way round.
TARGETS = (
    Target(Part.CONTACT, Contact, "id", "id", SCALARS[Part.CONTACT]),
    Target(Part.CHURCH, ChurchDetails, None, "contact_id", SCALARS[Part.CHURCH]),
    Target(Part.SCHOOL, SchoolDetails, None, "contact_id", SCALARS[Part.SCHOOL]),
    Target(Part.EMAIL, ContactEmail, "id", "contact_id", ("address", "match_address")),
    Target(Part.PHONE, ContactPhone, "id", "contact_id", ("number",)),
    Target(Part.IBAN, ContactIban, "id", "contact_id", ("iban",)),
    Target(Part.ADDRESS, PostalAddress, "id", "contact_id", ("street", "house_number", "postcode", "town", "country")),
    Target(Part.AFFILIATION, Affiliation, "id", "person_id", ("role", "valid_from", "valid_until")),
    Target(Part.LINK, OrganisationLink, None, "organisation_id", ()),
    Target(Part.CONSENT, Consent, "id", "contact_id", ("state", "source")),
    Target(Part.DUPLICATE, DuplicateCandidate, "id", "contact_id", ("reasons", "score")),
)
BY_PART = {target.part: target for target in TARGETS}


def field(name: str, of: Any = ImportPiece.fields) -> Any:  # noqa: ANN401  each column has its own type
    """A column of a piece as it will be, or `of` what it was before."""
    value = of[name]
    if name in _DAYS and not is_sqlite(session().connection()):
        return cast(value.as_string(), Date)
    return value.as_integer() if name in _NUMBERS else value.as_string()


def of_run(run_id: int) -> Some:
    """All pieces of an import."""
    return ImportPiece.run_id == run_id


def pieces(some: Some, target: Target, *, made: bool = True) -> Some:
    """Those of these pieces that make rows of a table, or else change them."""
    whole = and_(some, ImportPiece.part == target.part)
    if target.part is Part.CONTACT:
        return and_(whole, ImportPiece.ordinal.is_not(None) if made else ImportPiece.ordinal.is_(None))
    if target.key is None:
        return and_(whole, ImportPiece.before.is_(None) if made else ImportPiece.before.is_not(None))
    return whole


def staged_rows(target: Target) -> Columns:
    """The columns of a table as an import makes them by which a row is known later to stand still as it was made."""
    columns: Columns = {name: field(name) for name in target.fields}
    if target.key is not None:
        columns["id"] = ImportPiece.made_id
    if target.part is Part.CONTACT:
        return columns
    if target.part is Part.DUPLICATE:
        first = case((OWNER_ID < OTHER_ID, OWNER_ID), else_=OTHER_ID)
        second = case((OWNER_ID < OTHER_ID, OTHER_ID), else_=OWNER_ID)
        return columns | {"contact_id": first, "other_id": second, "state": literal(DuplicateState.OPEN.value)}
    columns[target.owner] = OWNER_ID
    if target.part is Part.AFFILIATION:
        columns["organisation_id"] = OTHER_ID
    if target.part is Part.LINK:
        columns["parent_id"] = OTHER_ID
    if target.part is Part.IBAN:
        columns["provenance"] = literal(IbanProvenance.TYPED.value)
    return columns


def other_columns(run_id: int, target: Target) -> Columns:
    """The columns that a new row has besides."""
    at = literal(now(), Instant())
    found: dict[Part, Columns] = {
        Part.CONTACT: {
            "language": literal("nl"),
            "source": literal(source_of(run_id)),
            "version": literal(1),
            "do_not_contact": literal(value=False),
            "created_at": at,
        },
        Part.EMAIL: {"undeliverable_reason": literal(""), "is_primary": literal(value=False), "created_at": at},
        Part.PHONE: {"created_at": at},
        Part.IBAN: {"holder": literal(""), "created_at": at},
        Part.ADDRESS: {"kind": literal(AddressKind.POSTAL.value), "created_at": at},
        Part.AFFILIATION: {"is_primary": literal(value=False), "created_at": at},
        Part.LINK: {"created_at": at},
        Part.CONSENT: {
            "purpose": literal(CONSENT_PURPOSE),
            "channel": literal(CONSENT_CHANNEL),
            "recorded_at": at,
        },
        Part.DUPLICATE: {"found_at": at, "judged_by": literal("")},
    }
    return found.get(target.part, {})


def selected(some: Some, target: Target, columns: Columns) -> Rows:
    """Columns of the rows that pieces make in a table."""
    rows = select(*(column.label(name) for name, column in columns.items())).select_from(ImportPiece)
    if target.part is not Part.CONTACT:
        rows = with_owner(rows)
    if target.part in {Part.AFFILIATION, Part.LINK, Part.DUPLICATE}:
        rows = rows.outerjoin(OTHER, and_(*_is_contact(OTHER, ImportPiece.other_ordinal)))
    return rows.where(pieces(some, target))


def with_owner(rows: Rows) -> Rows:
    """Rows of pieces with `OWNER` beside each: the piece that makes its contact, where the import makes it."""
    return rows.outerjoin(OWNER, and_(*_is_contact(OWNER, ImportPiece.ordinal)))


def _is_contact(piece: Any, ordinal: Any) -> tuple[Some, ...]:  # noqa: ANN401  an alias, and a column
    return piece.run_id == ImportPiece.run_id, piece.part == Part.CONTACT, piece.ordinal == ordinal


def source_of(run_id: int) -> str:
    """The source that a contact from an import bears."""
    return f"import:{run_id}"
