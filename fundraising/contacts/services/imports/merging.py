"""What a row adds to a contact that is known, and what it says otherwise."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from fundraising.contacts.rules import ContactKind, match_address, match_name, refined
from fundraising.contacts.rules.sheets.matching import Part
from fundraising.contacts.services.imports.columns import rows_of
from fundraising.contacts.services.imports.known import has_place
from fundraising.imports.rules import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundraising.contacts.rules.sheets import Facts
    from fundraising.contacts.services.imports.known import Known

# What a newer list knows better. A number in a register is never replaced: it would make another body of it.
_REPLACED = frozenset({"denomination", "members", "level", "organisation_name"})
_EMPTY_ROWS: dict[Part, dict[str, Any]] = {
    Part.CHURCH: {"denomination": None, "town": "", "members": None},
    Part.SCHOOL: {"level": None, "brin": ""},
}


class Change(NamedTuple):
    """One fact that changes, as staff are told."""

    what: str
    before: str
    after: str


@dataclass(slots=True)
class Changes:
    """Rows of a contact that come out otherwise, whole, and what of them changes."""

    rows: dict[Part, dict[str, Any]] = field(default_factory=dict)
    told: list[Change] = field(default_factory=list)


def changes_of(known: Known, facts: Facts) -> Changes:
    """What a row says of a contact that is not so yet."""
    changes = Changes()
    for part, said in rows_of(facts).items():
        stands = dict(known.row(part) or _EMPTY_ROWS[part])
        better = _better_contact(known, facts, stands) if part is Part.CONTACT else _better(stands, said)
        if better != stands:
            changes.rows[part] = better
            changes.told += [
                Change(name, _shown(stands[name]), _shown(value))
                for name, value in better.items()
                if value != stands[name] and name != "match_name"
            ]
    return changes


def conflicts(known: Known, facts: Facts) -> list[Reason]:
    """Where a row says otherwise than one further up in the same file: somebody has to say which is right."""
    found = []
    for part, staged in known.staged.items():
        said = rows_of(facts).get(part, {})
        for name in _REPLACED & said.keys():
            earlier = staged.get(name)
            unchanged = name in known.standing.get(part, {}) and known.standing[part][name] == earlier
            if said[name] and earlier and not unchanged and _differs(name, said[name], earlier):
                found.append(Reason("contradicts", name, f"{_shown(earlier)} / {_shown(said[name])}"))
    return found


def new_ways(known: Known, facts: Facts) -> Iterator[tuple[Part, dict[str, Any]]]:
    """Ways to reach a contact that a row tells and that are not known yet."""
    mailbox = match_address(facts.email)
    if mailbox and mailbox not in known.emails:
        yield Part.EMAIL, {"address": facts.email, "match_address": mailbox}
    if facts.phone and facts.phone not in known.phones:
        yield Part.PHONE, {"number": facts.phone}
    if facts.iban and facts.iban not in known.ibans:
        yield Part.IBAN, {"iban": facts.iban}
    if facts.address is not None and not has_place(known, facts.address):
        yield Part.ADDRESS, asdict(facts.address)


def _better(stands: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What stands, with what was empty and with what a newer list knows better."""
    tells = {name: value for name, value in said.items() if value not in {None, ""}}
    return stands | {name: value for name, value in tells.items() if name in _REPLACED or not stands[name]}


def _better_contact(known: Known, facts: Facts, stands: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: value for name, value in (("kvk", facts.kvk), ("rsin", facts.rsin)) if value and not stands[name]}
    if facts.kind is ContactKind.PERSON:
        name = refined(known.facts.name, facts.name)
        return stands | numbers | {"salutation": name.salutation.value, "given_name": name.given_name}
    folded = match_name(facts.organisation_name)
    if folded == stands["match_name"]:
        return stands | numbers
    return stands | numbers | {"organisation_name": facts.organisation_name, "match_name": folded}


def _differs(name: str, said: object, earlier: object) -> bool:
    if name == "organisation_name":
        return match_name(str(said)) != match_name(str(earlier))
    return said != earlier


def _shown(value: object) -> str:
    return "" if value is None else str(value)
