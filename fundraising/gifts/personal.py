"""The personal data of gifts: entries bear a contact's number and nothing else; the words with a correction go."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from fundraising.contacts.queries import current_ids
from fundraising.db import session
from fundraising.gifts.models import Gift, GiftCorrection, GiftCorrectionNote, GiftEntry
from fundraising.personal import PersonalData, erase_nothing
from fundraising.programmes.queries import programme_names
from fundraising.web.locale import current_language
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Select

    from fundraising.personal import Afterwards, Degree, Person, Told

# General Tax Act (AWR), article 52: whoever keeps accounts keeps them for seven years.
YEARS_KEPT = 7


def last_gifts(numbers: Sequence[int]) -> Mapping[int, date]:
    """When something was last booked for these contacts, each under the number that it is now."""
    if not numbers:
        return {}
    last = func.max(GiftEntry.booked_on)
    theirs = select(GiftEntry.contact_id, last).where(GiftEntry.contact_id.in_(numbers))
    rows = session().execute(theirs.group_by(GiftEntry.contact_id))
    found = [(number, day) for number, day in rows if number is not None]
    now_are = current_ids([number for number, _day in found])
    newest: dict[int, date] = {}
    for number, day in found:
        newest[now_are[number]] = max(day, newest.get(now_are[number], day))
    return newest


def needed_until(numbers: Sequence[int]) -> Mapping[int, date]:
    """Up to what day the tax office may ask who gave: the end of the seventh year after the last booking."""
    return {number: date(day.year + YEARS_KEPT, 12, 31) for number, day in last_gifts(numbers).items()}


def _entries(person: Person) -> Iterator[Told]:
    names = programme_names(current_language())
    theirs = select(GiftEntry, Gift.reference).join(Gift, Gift.id == GiftEntry.gift_id)
    for row in session().execute(theirs.where(GiftEntry.contact_id.in_(person.numbers)).order_by(GiftEntry.id)):
        entry = row.GiftEntry
        yield {
            "reference": row.reference,
            "entry": entry.kind,
            "amount": entry.amount,
            "programme": names[entry.programme_id].name if entry.programme_id in names else "",
            "method": entry.method,
            "received_on": entry.received_on,
            "booked_on": entry.booked_on,
        }


def _notes(person: Person) -> Iterator[Told]:
    noted = select(GiftCorrectionNote.note, GiftCorrection.reason, GiftCorrection.recorded_at, Gift.reference)
    noted = noted.join(GiftCorrection, GiftCorrection.id == GiftCorrectionNote.correction_id)
    noted = noted.join(Gift, Gift.id == GiftCorrection.gift_id).where(GiftCorrection.gift_id.in_(_gifts(person)))
    return (row._asdict() for row in session().execute(noted.order_by(GiftCorrection.id)))


def _erase_notes(person: Person, _degree: Degree) -> tuple[Afterwards, ...]:
    corrections = select(GiftCorrection.id).where(GiftCorrection.gift_id.in_(_gifts(person)))
    session().execute(delete(GiftCorrectionNote).where(GiftCorrectionNote.correction_id.in_(corrections)))
    return ()


def _gifts(person: Person) -> Select[int]:
    return select(GiftEntry.gift_id).where(GiftEntry.contact_id.in_(person.numbers))


SOURCES = (
    PersonalData(
        name="gifts",
        tables=frozenset({"gift", "gift_entry", "gift_correction", "acknowledgement", "ledger", "financial_year"}),
        title=_("Gifts"),
        purpose=_("To account for what was received."),
        ground=_("The law on taxes (AWR, article 52)."),
        retention=_("Entries stay for good, with a number only; who it was is kept for seven years."),
        ending=_("Nothing is erased: an entry holds no name. Once the name is gone the number tells nothing."),
        read=_entries,
        erase=erase_nothing,
        needed_until=needed_until,
    ),
    PersonalData(
        name="correction_notes",
        tables=frozenset({"gift_correction_note"}),
        title=_("Notes with corrections of gifts"),
        purpose=_("To explain why a gift was corrected."),
        ground=_("Legitimate interest: proper books."),
        retention=_("As long as the gift's donor is known."),
        ending=_("Erased at once; the reason of the correction stays as a word."),
        read=_notes,
        erase=_erase_notes,
    ),
)
