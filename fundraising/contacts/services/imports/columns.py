"""Which columns of which tables an import writes, and how facts become them and come out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fundraising.contacts.rules import ContactKind, OrganisationKind, PersonName, Salutation, match_name
from fundraising.contacts.rules.organisations import Denomination, SchoolLevel
from fundraising.contacts.rules.sheets.matching import Part
from fundraising.contacts.rules.sheets.rows import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Row

# What an import makes or changes in the tables of which a contact has one row.
SCALARS: dict[Part, tuple[str, ...]] = {
    Part.CONTACT: (
        "kind",
        "organisation_kind",
        "organisation_name",
        "salutation",
        "given_name",
        "name_prefix",
        "surname",
        "match_name",
        "kvk",
        "rsin",
    ),
    Part.CHURCH: ("denomination", "town", "members"),
    Part.SCHOOL: ("level", "brin"),
}


def scalars_of(part: Part, row: Row[Any]) -> dict[str, Any]:
    """The columns of a row, as JSON keeps them."""
    return {name: getattr(row, name) for name in SCALARS[part]}


def rows_of(facts: Facts) -> dict[Part, dict[str, Any]]:
    """The rows that a new contact with these facts has."""
    rows: dict[Part, dict[str, Any]] = {
        Part.CONTACT: {
            "kind": facts.kind.value,
            "organisation_kind": facts.organisation_kind and facts.organisation_kind.value,
            "organisation_name": facts.organisation_name,
            **facts.name.columns,
            "match_name": match_name(facts.organisation_name or facts.name.surname),
            "kvk": facts.kvk,
            "rsin": facts.rsin,
        }
    }
    if facts.denomination or facts.town or facts.members is not None:
        church = {"denomination": facts.denomination and facts.denomination.value, "town": facts.town}
        rows[Part.CHURCH] = church | {"members": facts.members}
    if facts.level or facts.brin:
        rows[Part.SCHOOL] = {"level": facts.level and facts.level.value, "brin": facts.brin}
    return rows


def facts_from(contact: Mapping[str, Any], church: Mapping[str, Any], school: Mapping[str, Any]) -> Facts:
    """What such rows say."""
    organisation_kind, denomination = contact["organisation_kind"], church.get("denomination")
    level = school.get("level")
    return Facts(
        kind=ContactKind(contact["kind"]),
        organisation_kind=OrganisationKind(organisation_kind) if organisation_kind else None,
        organisation_name=contact["organisation_name"],
        name=PersonName(
            Salutation(contact["salutation"]), contact["given_name"], contact["name_prefix"], contact["surname"]
        ),
        kvk=contact["kvk"],
        rsin=contact["rsin"],
        brin=school.get("brin", ""),
        denomination=Denomination(denomination) if denomination else None,
        level=SchoolLevel(level) if level else None,
        members=church.get("members"),
        town=church.get("town", ""),
    )
