"""Contacts coming in from a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.contacts.rules import OrganisationKind
from fundraising.contacts.rules.sheets.columns import COLUMNS, CONSENT, NAME
from fundraising.contacts.services.imports.activation import activate, settle
from fundraising.contacts.services.imports.pieces import forget_pieces
from fundraising.contacts.services.imports.planning import examine
from fundraising.contacts.services.imports.undoing import built_upon, undo
from fundraising.imports.rules import BadMapping
from fundraising.imports.services.kinds import Kind, register

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_columns(meanings: frozenset[str], choices: Mapping[str, str]) -> None:
    """Raises BadMapping for columns by which nobody is known, or consent of which nobody knows where it was given."""
    if not meanings & {NAME, "surname", "whole_name"}:
        raise BadMapping("needs_name")
    if CONSENT in meanings and not choices.get("consent_source", "").strip():
        raise BadMapping("needs_consent_source", CONSENT)
    if CONSENT in meanings and not meanings & {"surname", "whole_name"}:
        raise BadMapping("needs_person", CONSENT)
    kind = choices.get("kind") or OrganisationKind.OTHER.value
    if kind not in set(OrganisationKind):
        raise BadMapping("unknown", "kind")


CONTACTS = register(
    Kind(
        name="contacts",
        meanings=COLUMNS,
        check_columns=check_columns,
        examine=examine,
        activate=activate,
        forget=forget_pieces,
        built_upon=built_upon,
        undo=undo,
        settle=settle,
    )
)
