"""How a correction is built: every entry that stands is taken back and booked again as it should have been."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fundraising.gifts.rules import (
    CORRECTION,
    CORRECTS,
    ROOTS,
    WAY_BACK,
    BadCorrection,
    Correction,
    Entry,
    EntryKind,
    EntryRow,
    MoreThanStands,
    Reason,
    Source,
    again,
    positive,
    root_of,
    went_back,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


@dataclass(frozen=True, slots=True)
class Act:
    """One act of correcting: its number, the day on which it is booked and who did it."""

    correction_id: int
    booked_on: date
    recorded_by: str

    def source(self, line: int) -> Source:
        """The source of one of its entries, numbered from 1."""
        return Source(CORRECTION, f"{self.correction_id}:{line}")


def check_correction(correction: Correction, entries: Sequence[EntryRow]) -> None:
    """See that a correction changes the one fact of its reason, and leaves no less than what went back already.

    `entries` are all of the gift's. Raises BadCorrection, NotPositive, MoreThanStands.
    """
    fact = CORRECTS[correction.reason]
    if any(getattr(correction, other) is not None for other in set(CORRECTS.values()) - {fact}):
        raise BadCorrection(f"{correction.reason} changes {fact} and nothing else")
    value = getattr(correction, fact)
    if value is None and correction.reason is not Reason.WRONG_CONTACT:
        raise BadCorrection(f"{correction.reason} needs a new {fact}")
    root = root_of(entries)
    if value == getattr(root, fact):
        raise BadCorrection(f"{fact} is that already")
    if correction.reason is Reason.CONTACT_FOUND and root.contact_id is not None:
        raise BadCorrection("the gift has a contact; if it is the wrong one, the reason is wrong_contact")
    if correction.amount is not None:
        most = max(went_back(kind, entries) for kind in WAY_BACK)
        if positive(correction.amount) < most:
            raise MoreThanStands(f"{most.value} of this gift went back already")


def undoing(correction_id: int, entries: Sequence[EntryRow], actor: str) -> Correction:
    """The correction that takes another back. Raises BadCorrection where there is none, or something followed on it."""
    booked = [entry for entry in entries if entry.correction_id == correction_id]
    if not booked or booked[-1] is not entries[-1]:
        raise BadCorrection("something was booked after this correction")
    now = next(entry for entry in booked if entry.kind in ROOTS)
    before = next(entry for entry in entries if entry.entry_id == now.replaces_id)
    for reason in (each for each in Reason if each is not Reason.CONTACT_FOUND):
        fact = CORRECTS[reason]
        if getattr(now, fact) != getattr(before, fact):
            facts = {fact: getattr(before, fact)}
            return Correction(gift_id=now.gift_id, reason=reason, recorded_by=actor, **facts)
    raise BadCorrection("this correction changed nothing")


def take_back(entry: EntryRow, act: Act, line: int) -> Entry:
    """The half of a correction that takes an entry back."""
    return replace(
        again(entry),
        kind=EntryKind.REVERSED,
        amount=-entry.amount,
        booked_on=act.booked_on,
        recorded_by=act.recorded_by,
        source=act.source(line),
        reverses_id=entry.entry_id,
        correction_id=act.correction_id,
    )


def book_again(entry: EntryRow, act: Act, line: int, correction: Correction, reverses_id: int | None) -> Entry:
    """The half that books an entry as it should have been; what went back of a gift moves along with it.

    `reverses_id` is what stands in the place of the entry that this one undoes.
    """
    fact = CORRECTS[correction.reason]
    root = entry.kind in ROOTS
    facts = {fact: getattr(correction, fact)} if root or fact != "amount" else {}
    return replace(
        again(entry),
        kind=EntryKind.CORRECTED if root else entry.kind,
        booked_on=act.booked_on,
        recorded_by=act.recorded_by,
        source=act.source(line),
        reverses_id=reverses_id,
        replaces_id=entry.entry_id,
        correction_id=act.correction_id,
        **facts,
    )
