"""One story of a contact: gifts, mails, changes and notes, newest first.

Each kind is a source that is asked for its newest; a further kind is one more source in `SOURCES`, and a template of
its name in `desk/moments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import groupby
from typing import TYPE_CHECKING

from fundraising.accounts.queries.trail import deeds_about
from fundraising.accounts.rules import Permission
from fundraising.clock import date_of
from fundraising.gifts.queries import GiftFilter, gift_page
from fundraising.mailer import mails_to
from fundraising.web.lists import page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from fundraising.accounts.queries.trail import Deed
    from fundraising.contacts.queries.record import ContactRecord
    from fundraising.web.lists import Page, Wanted

_MERGING = ("contact.merged", "contact.unmerged")


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: on which day, and at what instant where that is known. `what` is the kind's own row."""

    kind: str
    on: date
    at: datetime | None
    what: object

    @property
    def order(self) -> tuple[date, datetime]:
        """Its place in the story. What has a date alone counts as the end of its day."""
        return self.on, self.at or datetime.combine(self.on, time.max, UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """Where moments of a kind come from: the newest of them, so many at most, newest first."""

    kind: str
    permission: Permission
    newest: Callable[[ContactRecord, int], Iterator[Moment]]


def timeline(contact: ContactRecord, asked: Wanted, permissions: frozenset[Permission]) -> Page[Moment]:
    """A page of what happened with a contact, as far as these permissions let see it."""
    most = asked.skipped + asked.size + 1
    found = [
        moment for source in SOURCES if source.permission in permissions for moment in source.newest(contact, most)
    ]
    newest_first = sorted(found, key=lambda moment: moment.order, reverse=True)
    return page_of(newest_first[asked.skipped : most], asked)


def by_day(moments: Sequence[Moment]) -> list[tuple[date, list[Moment]]]:
    """Moments under the day on which they happened, in the order in which they come."""
    return [(day, list(group)) for day, group in groupby(moments, key=lambda moment: moment.on)]


def _gifts(contact: ContactRecord, most: int) -> Iterator[Moment]:
    for gift in gift_page(GiftFilter(contact_ids=contact.numbers), limit=most):
        yield Moment("gift", gift.received_on, None, gift)


def _mails(contact: ContactRecord, most: int) -> Iterator[Moment]:
    for mail in mails_to([email.address for email in contact.emails], most=most):
        yield _at("mail", mail.created_at, mail)


def _changes(contact: ContactRecord, most: int) -> Iterator[Moment]:
    asked = most
    entries = deeds_about("contact", contact.numbers, most=asked)
    while len(_told_once(entries)) < most and len(entries) == asked:
        asked *= 2
        entries = deeds_about("contact", contact.numbers, most=asked)
    for entry in _told_once(entries)[:most]:
        yield _at("change", entry.at, entry)


def _told_once(entries: list[Deed]) -> list[Deed]:
    return [
        entry
        for later, entry in zip([None, *entries], entries, strict=False)
        if not (_is_a_note(entry) or (later is not None and _is_one_merge(later, entry)))
    ]


def _is_a_note(entry: Deed) -> bool:
    """A note that was written stands in the story itself."""
    return entry.action == "contact.note" and not entry.before


def _is_one_merge(entry: Deed, other: Deed) -> bool:
    """A merge is written down with both contacts, and both are this one now."""
    across = (entry.after.get("other"), other.after.get("other"))
    return entry.action == other.action in _MERGING and across == (other.subject_id, entry.subject_id)


def _notes(contact: ContactRecord, most: int) -> Iterator[Moment]:
    for note in sorted(contact.notes, key=lambda note: note.written_at, reverse=True)[:most]:
        yield _at("note", note.written_at, note)


def _at(kind: str, at: datetime, what: object) -> Moment:
    return Moment(kind, date_of(at), at, what)


SOURCES = (
    Source("gift", Permission.SEE_GIFTS, _gifts),
    Source("mail", Permission.SEE_CONTACTS, _mails),
    Source("change", Permission.SEE_CONTACTS, _changes),
    Source("note", Permission.SEE_CONTACTS, _notes),
)
