"""What an entry of the ledger may be: references, sources, what may undo what, and how a correction is built.

Pure rules. A gift's entries form small trees: what was received (or stands in its place after a correction), what was
refunded or charged back of it, and what came back of that. A correction takes back every entry that stands and books
each again as it should have been, so that a later refund, or the failure of an earlier one, always finds its place.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from fundraising.gifts.rules.references import BadReference, new_reference, parse_reference, written_reference
from fundraising.money import Euro

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["BadReference", "new_reference", "parse_reference", "written_reference"]

# As far back as a list of earlier gifts is read.
EARLIEST = date(1950, 1, 1)


class EntryKind(StrEnum):
    """What happened to a gift."""

    RECEIVED = "received"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    CHARGED_BACK = "charged_back"
    CHARGEBACK_REVERSED = "chargeback_reversed"
    # The two halves of a correction: what stood is taken back, what should stand is booked.
    REVERSED = "reversed"
    CORRECTED = "corrected"


class Reason(StrEnum):
    """Why a correction was made; a free note stands apart, since it must be erasable."""

    WRONG_PROGRAMME = "wrong_programme"
    WRONG_CONTACT = "wrong_contact"
    CONTACT_FOUND = "contact_found"
    WRONG_DATE = "wrong_date"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_METHOD = "wrong_method"


class LedgerMode(StrEnum):
    """A ledger holds real money or test money, and never both."""

    LIVE = "live"
    TEST = "test"


class LedgerError(Exception):
    """The ledger refuses; nothing was booked."""


class LedgerModeMismatch(LedgerError):
    """Test money was offered to a live ledger, or real money to a test ledger."""


class NotPositive(LedgerError):
    """What is booked is more than nothing; the kind of the entry says in which direction it goes."""


class FutureDate(LedgerError):
    """A date that is still to come: a clock or a reader of dates is wrong."""


class DistantDate(LedgerError):
    """A date before any gift that is kept here: the year was mistyped, as 0026."""


class UnknownSource(LedgerError):
    """What should be undone does not stand in the ledger."""


class UnknownGift(LedgerError):
    """There is no such gift."""


class Contradiction(LedgerError):
    """The same source was booked before, with another amount or as another kind."""


class NotUndoable(LedgerError):
    """This kind of entry does not undo that kind (see UNDOES)."""


class MoreThanStands(LedgerError):
    """More would be taken back than stands."""


class BadCorrection(LedgerError):
    """A correction changes the one fact that its reason names, and really changes it."""


class StaleGift(LedgerError):
    """Something was booked on the gift since it was looked at."""


class ClosedYear(LedgerError):
    """The year is closed already."""


class YearNotOver(LedgerError):
    """Only a year that is over can be closed."""


class EarlierYearOpen(LedgerError):
    """Years close in order."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """The fact outside the ledger that an entry stands for: a system and that system's own id. Booked at most once."""

    system: str
    ref: str

    def __post_init__(self) -> None:
        if not 0 < len(self.system) <= 32 or not 0 < len(self.ref) <= 96:  # noqa: PLR2004  the columns' lengths
            raise ValueError("a source has a system (at most 32 characters) and a reference (at most 96)")

    def __str__(self) -> str:
        return f"{self.system}:{self.ref}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Money that came in. `received_on` is the tax date in Amsterdam; `reference` the code wanted for the gift."""

    amount: Euro
    contact_id: int | None
    programme_id: int
    method: str
    received_on: date
    source: Source
    mode: LedgerMode
    recorded_by: str
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What a provider or bank undid: a positive amount of the entry whose source is `reverses`.

    Refunds and chargebacks name the source of the gift; their failure or reversal names the source of the refund or
    chargeback.
    """

    reverses: Source
    amount: Euro
    kind: EntryKind
    source: Source
    occurred_on: date
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One fact of a gift that was booked wrongly, and what it should be.

    The reason names which fact (see CORRECTS); the others are left None. `amount` is what was received, before refunds.
    With WRONG_CONTACT a `contact_id` of None means that nobody knows whose gift it is.
    """

    gift_id: int
    reason: Reason
    recorded_by: str
    note: str = ""
    amount: Euro | None = None
    contact_id: int | None = None
    programme_id: int | None = None
    method: str | None = None
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class RecordedGift:
    """Where a booking stands; `created` is False when its source had been booked before."""

    gift_id: int
    entry_id: int
    reference: str
    created: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """An invariant that does not hold, in words for finance and administrators; never with anything personal."""

    check: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry to be booked."""

    gift_id: int
    kind: EntryKind
    amount: Euro
    contact_id: int | None
    programme_id: int
    method: str
    received_on: date
    booked_on: date
    recorded_by: str
    source: Source
    reverses_id: int | None = None
    replaces_id: int | None = None
    correction_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow(Entry):
    """An entry that stands in the ledger."""

    entry_id: int
    recorded_at: datetime


# Which kinds an entry may undo; a kind that is not a key undoes nothing.
UNDOES: dict[EntryKind, frozenset[EntryKind]] = {
    EntryKind.REFUNDED: frozenset({EntryKind.RECEIVED, EntryKind.CORRECTED}),
    EntryKind.CHARGED_BACK: frozenset({EntryKind.RECEIVED, EntryKind.CORRECTED}),
    EntryKind.REFUND_FAILED: frozenset({EntryKind.REFUNDED}),
    EntryKind.CHARGEBACK_REVERSED: frozenset({EntryKind.CHARGED_BACK}),
    EntryKind.REVERSED: frozenset(EntryKind) - {EntryKind.REVERSED},
}

# What a provider or a bank does to a gift, and how each comes back.
WAY_BACK: dict[EntryKind, EntryKind] = {
    EntryKind.REFUNDED: EntryKind.REFUND_FAILED,
    EntryKind.CHARGED_BACK: EntryKind.CHARGEBACK_REVERSED,
}
BY_PROVIDER = frozenset({*WAY_BACK, *WAY_BACK.values()})

# Which fact a correction with this reason changes.
CORRECTS: dict[Reason, str] = {
    Reason.WRONG_PROGRAMME: "programme_id",
    Reason.WRONG_CONTACT: "contact_id",
    Reason.CONTACT_FOUND: "contact_id",
    Reason.WRONG_DATE: "received_on",
    Reason.WRONG_AMOUNT: "amount",
    Reason.WRONG_METHOD: "method",
}

# What a tree of entries begins with.
ROOTS = frozenset({EntryKind.RECEIVED, EntryKind.CORRECTED})

# The source system of the ledger's own corrections.
CORRECTION = "correction"


def can_undo(kind: EntryKind, undone: EntryKind) -> bool:
    """Whether an entry of one kind may undo one of the other."""
    return undone in UNDOES.get(kind, frozenset())


def booking_date(happened_on: date, *, today: date, closed_through: int | None) -> date:
    """The day on which something is booked: when it happened where that year is open, else today.

    Years close in order: one before the last closed year is closed too, whether or not anything stands in it.
    """
    return happened_on if closed_through is None or happened_on.year > closed_through else today


def positive(amount: Euro) -> Euro:
    """The amount itself. Raises NotPositive."""
    if amount <= Euro(0):
        raise NotPositive(f"{amount.value} is not an amount to book")
    return amount


def check_date(happened_on: date, today: date) -> None:
    """Raises FutureDate or DistantDate. A day ahead is allowed: the provider's clock may pass midnight before ours."""
    if happened_on < EARLIEST:
        raise DistantDate(f"{happened_on} lies before {EARLIEST}")
    if happened_on > today + timedelta(days=1):
        raise FutureDate(f"{happened_on} is still to come")


def received_entry(booking: Booking, gift_id: int, booked_on: date) -> Entry:
    """The entry with which a gift begins."""
    return Entry(
        gift_id=gift_id,
        kind=EntryKind.RECEIVED,
        amount=booking.amount,
        contact_id=booking.contact_id,
        programme_id=booking.programme_id,
        method=booking.method,
        received_on=booking.received_on,
        booked_on=booked_on,
        recorded_by=booking.recorded_by,
        source=booking.source,
    )


def standing(entries: Sequence[EntryRow]) -> list[EntryRow]:
    """The entries of a gift that no correction took back, in the order of booking."""
    taken_back = {entry.reverses_id for entry in entries if entry.kind is EntryKind.REVERSED}
    return [entry for entry in entries if entry.kind is not EntryKind.REVERSED and entry.entry_id not in taken_back]


def root_of(entries: Sequence[EntryRow]) -> EntryRow:
    """What was received, as it stands by now, given all entries of a gift."""
    return next(entry for entry in standing(entries) if entry.kind in ROOTS)


def in_its_place(entry_id: int, entries: Sequence[EntryRow]) -> EntryRow:
    """The entry that stands in the place of one after all corrections, itself where there were none."""
    replacement = {entry.replaces_id: entry.entry_id for entry in entries if entry.replaces_id is not None}
    while entry_id in replacement:
        entry_id = replacement[entry_id]
    return next(entry for entry in entries if entry.entry_id == entry_id)


def went_back(kind: EntryKind, entries: Sequence[EntryRow]) -> Euro:
    """What went back of a gift in one way, refunds or chargebacks, less what came back of that: a positive amount."""
    both_ways = {kind, WAY_BACK[kind]}
    return -Euro.sum(entry.amount for entry in standing(entries) if entry.kind in both_ways)


def still_undoable(undone: EntryRow, kind: EntryKind, entries: Sequence[EntryRow]) -> Euro:
    """How much an entry of this kind can undo of one, given all entries of its gift: a positive amount, or nothing.

    A refund and a chargeback of the same money both happen; what the provider did is a fact, and such a gift stands
    below nothing. So all refunds together, and all chargebacks together, can each take back what came in.
    """
    if undone.kind in ROOTS:
        return undone.amount - went_back(kind, entries)
    came_back = [each.amount for each in standing(entries) if each.reverses_id == undone.entry_id]
    return -undone.amount - Euro.sum(came_back)


def reversal_entry(reversal: Reversal, entries: Sequence[EntryRow], booked_on: date) -> Entry:
    """The entry for what was undone; it bears the tax date and the rest of what it undoes.

    `entries` are all of the gift's. Raises NotUndoable, MoreThanStands, NotPositive.
    """
    named = next(entry for entry in entries if entry.source == reversal.reverses)
    undone = in_its_place(named.entry_id, entries)
    if reversal.kind not in BY_PROVIDER or not can_undo(reversal.kind, undone.kind):
        raise NotUndoable(f"{reversal.kind} cannot undo {undone.kind} ({reversal.reverses})")
    left = still_undoable(undone, reversal.kind, entries)
    if positive(reversal.amount) > left:
        raise MoreThanStands(f"{reversal.source}: {reversal.amount.value} of {reversal.reverses}, {left.value} stands")
    return replace(
        again(undone),
        kind=reversal.kind,
        amount=-reversal.amount if undone.amount > Euro(0) else reversal.amount,
        booked_on=booked_on,
        recorded_by=reversal.recorded_by,
        source=reversal.source,
        reverses_id=undone.entry_id,
    )


def again(entry: EntryRow) -> Entry:
    """An entry to be booked with the amount and the facts of one that stands."""
    facts = {field.name: getattr(entry, field.name) for field in fields(Entry)}
    return Entry(**facts | {"reverses_id": None, "replaces_id": None, "correction_id": None})
