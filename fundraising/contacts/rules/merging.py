"""Which of two contacts' fields stand after they became one: pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fundraising.contacts.rules import ContactKind, OrganisationKind, PersonName, Salutation, refined

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Side(StrEnum):
    """Whose value stands: the one whose number stays, or the one that becomes part of it."""

    SURVIVOR = "survivor"
    LOSER = "loser"


class MergeRefused(ValueError):
    """Two contacts that cannot become one; `reason` tells why, and nothing was changed."""

    def __init__(self, reason: MergeFault) -> None:
        super().__init__(reason.value)
        self.reason = reason


class MergeFault(StrEnum):
    """Why a merge, or undoing one, is refused."""

    SAME = "same"
    PERSON_AND_ORGANISATION = "person_and_organisation"
    # A church and its diaconie are two legal bodies, and so are any two kinds.
    TWO_KINDS = "two_kinds"
    # One belongs to the other.
    LINKED = "linked"
    MERGED_ALREADY = "merged_already"
    # Somebody changed one of them since the page was shown.
    CHANGED = "changed"
    UNDONE_ALREADY = "undone_already"
    # It was merged on since: that merge is to be undone first.
    MERGED_ON = "merged_on"
    # One of the two was erased since, and what it was is gone.
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mergeable:
    """A contact's own fields, by name and as they are kept, with what tells which of two is the better known.

    Ways to reach it, roles and gifts are not here: they all stay, whoever's number stands.
    """

    contact_id: int
    version: int
    kind: ContactKind
    organisation_kind: OrganisationKind | None
    confirmed_at: datetime
    fields: Mapping[str, Any]


# Fields that make sense only together are chosen together.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "name": ("salutation", "given_name", "name_prefix", "surname"),
    "organisation_name": ("organisation_name",),
    "language": ("language",),
    "preferred_channel": ("preferred_channel",),
    "kvk": ("kvk",),
    "rsin": ("rsin",),
    "denomination": ("denomination",),
    "town": ("town",),
    "members": ("members",),
    "level": ("level",),
    "brin": ("brin",),
    "deceased_on": ("deceased_on",),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing in which two contacts differ, with the side that is proposed."""

    group: str
    survivor: tuple[Any, ...]
    loser: tuple[Any, ...]
    proposed: Side


def refuse_unlike(survivor: Mergeable, loser: Mergeable) -> None:
    """Raise MergeRefused where two contacts can never be one."""
    if survivor.contact_id == loser.contact_id:
        raise MergeRefused(MergeFault.SAME)
    if survivor.kind is not loser.kind:
        raise MergeRefused(MergeFault.PERSON_AND_ORGANISATION)
    if survivor.organisation_kind is not loser.organisation_kind:
        raise MergeRefused(MergeFault.TWO_KINDS)


def choices(survivor: Mergeable, loser: Mergeable) -> list[Choice]:
    """What they differ in. Proposed is what is filled in, then what tells more, then what was confirmed last."""
    return [
        Choice(group, ours, theirs, _proposed(group, survivor, loser))
        for group, names in GROUPS.items()
        if (ours := _values(survivor, names)) != (theirs := _values(loser, names))
    ]


def merged_fields(survivor: Mergeable, loser: Mergeable, chosen: Mapping[str, Side]) -> dict[str, Any]:
    """The fields that stand, by name: what was chosen, and for the rest what is proposed.

    Who asked not to be written to stays so, whichever of the two said it.
    """
    fields = dict(survivor.fields)
    for choice in choices(survivor, loser):
        if chosen.get(choice.group, choice.proposed) is Side.LOSER:
            fields |= {name: loser.fields[name] for name in GROUPS[choice.group]}
    fields["do_not_contact"] = survivor.fields["do_not_contact"] or loser.fields["do_not_contact"]
    return fields


def restored_fields(before: Mapping[str, Any], after: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What the survivor is after undoing: as it was, save for what staff changed since the merge, which stays.

    Of a name that was put right since nothing comes back: half of the one with half of the other is nobody's.
    """
    changed = {name for name, value in now.items() if value != after[name]}
    stay = changed.union(*(names for names in GROUPS.values() if changed & set(names)))
    return {name: value if name in stay else before[name] for name, value in now.items()}


def _values(contact: Mergeable, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(contact.fields[name] for name in names)


def _proposed(group: str, survivor: Mergeable, loser: Mergeable) -> Side:
    ours, theirs = (_filled(_values(each, GROUPS[group])) for each in (survivor, loser))
    if not (ours and theirs):
        return Side.LOSER if theirs else Side.SURVIVOR
    if group == "name" and (fuller := _fuller(survivor, loser)) is not None:
        return fuller
    return Side.LOSER if loser.confirmed_at > survivor.confirmed_at else Side.SURVIVOR


def _filled(values: tuple[Any, ...]) -> bool:
    return any(value not in {"", None, Salutation.UNKNOWN} for value in values)


def _fuller(survivor: Mergeable, loser: Mergeable) -> Side | None:
    """Which name tells more of the same, `Jan` or `J.`; None where neither does."""
    ours, theirs = _name(survivor), _name(loser)
    if refined(ours, theirs) == theirs != ours:
        return Side.LOSER
    return Side.SURVIVOR if refined(theirs, ours) == ours != theirs else None


def _name(contact: Mergeable) -> PersonName:
    fields = contact.fields
    return PersonName(fields["salutation"], fields["given_name"], fields["name_prefix"], fields["surname"])
