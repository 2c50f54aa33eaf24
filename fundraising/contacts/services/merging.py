"""Making two contacts one, and two again.

The one becomes part of the other by a pointer: gifts, statements, roles and all ways to reach it stay where they were
written and are read through it. So nothing is lost, old numbers lead on, and undoing is taking the pointer away.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from fundraising.accounts.rules import Subject
from fundraising.accounts.services.audit import record, who_acts
from fundraising.clock import now
from fundraising.contacts.models import ChurchDetails, Contact, ContactMerge, DuplicateCandidate, SchoolDetails
from fundraising.contacts.queries.merges import (
    CHURCH_FIELDS,
    CONTACT_FIELDS,
    SCHOOL_FIELDS,
    from_plain,
    linked,
    mergeable,
    plain,
    undoable,
)
from fundraising.contacts.rules import DuplicateState, UnknownContact, match_name
from fundraising.contacts.rules.merging import (
    MergeFault,
    MergeRefused,
    Side,
    merged_fields,
    refuse_unlike,
    restored_fields,
)
from fundraising.contacts.services.search_index import reindex
from fundraising.contacts.services.ties import LINKING
from fundraising.db import one_at_a_time, session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundraising.contacts.rules.merging import Mergeable


def merge(survivor_id: int, loser_id: int, *, chosen: Mapping[str, Side], versions: tuple[int, int] | None) -> int:
    """Make `loser` part of `survivor`, whose fields become those that were chosen; the number of the merge.

    `versions` are those of survivor and loser on the page on which somebody chose. Raises UnknownContact and
    MergeRefused, with nothing changed.
    """
    # A link that is being made elsewhere may put one below the other.
    one_at_a_time(LINKING)
    _lock(survivor_id, loser_id)
    survivor, loser = mergeable(survivor_id), mergeable(loser_id)
    _refuse(survivor, loser, versions)
    fields = merged_fields(survivor, loser, chosen)
    row = ContactMerge(
        loser_id=loser_id,
        survivor_id=survivor_id,
        before=json.dumps({"survivor": plain(survivor.fields), "merged": plain(fields)}, sort_keys=True),
        merged_at=now(),
        merged_by=who_acts().signature,
    )
    session().add(row)
    session().flush()  # its number is what is returned
    _write(survivor, fields)
    _point(loser_id, survivor_id)
    _judge(survivor_id, loser_id, DuplicateState.SAME)
    _tell("contact.merged", survivor_id, loser_id, survivor.fields, fields)
    reindex([survivor_id, loser_id])
    return row.id


def undo_merge(merge_id: int) -> int:
    """Make them two again, each as it was; the number of the one that had stayed.

    What staff changed of that one since then stays as it is, and what was added to it stays with it. Raises
    MergeRefused and UnknownContact.
    """
    row = session().get(ContactMerge, merge_id)
    if row is None:
        raise UnknownContact(merge_id)
    _lock(row.survivor_id, row.loser_id)
    session().refresh(row)
    if row.undone_at is not None:
        raise MergeRefused(MergeFault.UNDONE_ALREADY)
    if not undoable(merge_id):
        raise MergeRefused(MergeFault.MERGED_ON)
    survivor = mergeable(row.survivor_id)
    before = json.loads(row.before)
    if not before:
        # One of the two was erased since, and with it what it was.
        raise MergeRefused(MergeFault.ERASED)
    fields = restored_fields(from_plain(before["survivor"]), from_plain(before["merged"]), survivor.fields)
    _write(survivor, fields)
    _point(row.loser_id, None)
    _judge(row.survivor_id, row.loser_id, DuplicateState.OPEN)
    row.undone_at, row.undone_by = now(), who_acts().signature
    _tell("contact.unmerged", row.survivor_id, row.loser_id, survivor.fields, fields)
    reindex([row.survivor_id, row.loser_id])
    return row.survivor_id


def _lock(*contact_ids: int) -> None:
    rows = select(Contact.id).where(Contact.id.in_(contact_ids)).order_by(Contact.id).with_for_update()
    found = set(session().scalars(rows))
    for contact_id in contact_ids:
        if contact_id not in found:
            raise UnknownContact(contact_id)


def _refuse(survivor: Mergeable, loser: Mergeable, versions: tuple[int, int] | None) -> None:
    refuse_unlike(survivor, loser)
    pointers = select(Contact.id).where(
        Contact.id.in_((survivor.contact_id, loser.contact_id)), Contact.merged_into_id.is_not(None)
    )
    if session().scalar(pointers.limit(1)) is not None:
        raise MergeRefused(MergeFault.MERGED_ALREADY)
    if versions is not None and versions != (survivor.version, loser.version):
        raise MergeRefused(MergeFault.CHANGED)
    if linked(survivor.contact_id, loser.contact_id):
        raise MergeRefused(MergeFault.LINKED)


def _write(contact: Mergeable, fields: Mapping[str, Any]) -> None:
    own = {name: fields[name] for name in CONTACT_FIELDS}
    named = match_name(fields["organisation_name"] or fields["surname"])
    values = own | {"match_name": named, "version": contact.version + 1, "changed_at": now()}
    session().execute(update(Contact).where(Contact.id == contact.contact_id).values(values))
    _write_details(ChurchDetails, contact.contact_id, {name: fields[name] for name in CHURCH_FIELDS})
    _write_details(SchoolDetails, contact.contact_id, {name: fields[name] for name in SCHOOL_FIELDS})


def _write_details(table: type[ChurchDetails | SchoolDetails], contact_id: int, values: Mapping[str, Any]) -> None:
    known = session().get(table, contact_id)
    if not any(value not in {"", None} for value in values.values()):
        session().execute(delete(table).where(table.contact_id == contact_id))
    elif known is None:
        session().add(table(contact_id=contact_id, **values))
        session().flush()  # before whoever reads the row
    else:
        session().execute(update(table).where(table.contact_id == contact_id).values(**values))


def _point(loser_id: int, survivor_id: int | None) -> None:
    pointer = update(Contact).where(Contact.id == loser_id)
    session().execute(pointer.values(merged_into_id=survivor_id, version=Contact.version + 1, changed_at=now()))


def _judge(one: int, other: int, state: DuplicateState) -> None:
    pair = (DuplicateCandidate.contact_id == min(one, other), DuplicateCandidate.other_id == max(one, other))
    judged = {"judged_at": now(), "judged_by": who_acts().signature}
    session().execute(update(DuplicateCandidate).where(*pair).values(state=state, **judged))


def _tell(action: str, survivor_id: int, loser_id: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    changed = [name for name in after if before[name] != after[name]]
    told = [plain({name: fields[name] for name in changed}) for fields in (before, after)]
    record(action, Subject("contact", survivor_id), before=told[0], after=told[1] | {"other": loser_id})
    record(action, Subject("contact", loser_id), after={"other": survivor_id})
