"""Keeping the index by which contacts are found: rewritten with a contact, in the transaction that changes it.

Only who came with a gift is written a moment later: nobody waits on the other side of the desk, and whoever wants to
write on SQLite waits for as long as the booking of a gift takes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import delete, exists, func, select, tuple_

from fundraising.contacts.models import Contact, SearchDue, SearchKey, SearchPart, SearchTerm
from fundraising.contacts.queries.findable import terms_due, terms_kept
from fundraising.contacts.rules.words import TermKind, inner_parts, mistake_keys, worth_a_key
from fundraising.db import after_commit, insert_many, is_sqlite, session
from fundraising.tasks import nudge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sqlalchemy import CursorResult

# Kinds whose terms are words of people, with mistakes in them.
_WORDS = (TermKind.NAME, TermKind.PLACE)
# The job that writes what is due.
JOB = "search-index"
_DUE_AT_ONCE = 20
_CHUNK = 2_000
_FEW = 500
# The lock, in PostgreSQL's own space of pairs, that those who add words share and who drops words holds alone.
_WORDS_LOCK = (4711, 2)


def reindex(contact_ids: Iterable[int]) -> int:
    """Let these contacts be found under what they are called now; how many terms changed.

    To be called in the transaction that changes, makes, merges or erases a contact, its e-mail addresses, telephone
    numbers, IBANs, addresses or registers' numbers. Thousands at once are welcome.
    """
    session().flush()  # what was changed through the session is read below
    ids, changed = sorted(set(contact_ids)), 0
    for start in range(0, len(ids), _CHUNK):
        changed += _reindex(ids[start : start + _CHUNK])
    return changed


def reindex_soon(contact_id: int) -> None:
    """Let a contact be found a moment after the caller's transaction, as `reindex` does within it."""
    session().add(SearchDue(contact_id=contact_id))
    after_commit(partial(nudge, JOB))


def any_due() -> bool:
    """Whether contacts wait for their terms to be written."""
    return session().scalar(select(SearchDue.id).limit(1)) is not None


def reindex_due() -> None:
    """Write the terms of some contacts that wait for it."""
    due = session().execute(select(SearchDue.id, SearchDue.contact_id).order_by(SearchDue.id).limit(_DUE_AT_ONCE)).all()
    session().execute(delete(SearchDue).where(SearchDue.id.in_([row.id for row in due])))
    reindex(row.contact_id for row in due)


def batches() -> Iterator[list[int]]:
    """The numbers of all contacts and of all that the index knows, in order, some thousand at a time."""
    after = 0
    while ids := _next_ids(after):
        yield ids
        after = ids[-1]


def drifted() -> Iterator[int]:
    """The contacts whose terms in the index are neither what they should be nor due; numbers without a contact too."""
    for ids in batches():
        kept, due = terms_kept(ids), terms_due(ids)
        soon = set(session().scalars(select(SearchDue.contact_id).where(SearchDue.contact_id.in_(ids))))
        yield from (each for each in ids if each not in soon and kept.get(each, set()) != due.get(each, set()))


def drop_unused_words() -> int:
    """Forget the words that nobody bears any more; how many rows that were. Short, and others wait for it."""
    if not is_sqlite(session().connection()):
        session().execute(select(func.pg_advisory_xact_lock(*_WORDS_LOCK)))
    dropped = 0
    for table in (SearchKey, SearchPart):
        borne = exists().where(SearchTerm.kind.in_(_WORDS), SearchTerm.term == table.word)
        dropped += cast("CursorResult[Any]", session().execute(delete(table).where(~borne))).rowcount
    return dropped


def _next_ids(after: int) -> list[int]:
    there = select(Contact.id).where(Contact.id > after).order_by(Contact.id).limit(_CHUNK)
    indexed = select(SearchTerm.contact_id).where(SearchTerm.contact_id > after).distinct()
    indexed = indexed.order_by(SearchTerm.contact_id).limit(_CHUNK)
    return sorted({*session().scalars(there), *session().scalars(indexed)})[:_CHUNK]


def _reindex(ids: list[int]) -> int:
    # Two that change one contact take turns, in order of number.
    session().execute(
        select(Contact.id).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update(key_share=True)
    )
    kept, due = terms_kept(ids), terms_due(ids)
    gone = [(*term, each) for each in ids for term in kept.get(each, set()) - due.get(each, set())]
    new = [(*term, each) for each in ids for term in due.get(each, set()) - kept.get(each, set())]
    _forget(gone)
    if new:
        _add_words({term for kind, term, _ in new if kind in _WORDS and worth_a_key(term)})
        _add_terms(new)
    return len(gone) + len(new)


def _forget(gone: list[tuple[TermKind, str, int]]) -> None:
    key = tuple_(SearchTerm.kind, SearchTerm.term, SearchTerm.contact_id)
    for start in range(0, len(gone), _FEW):
        some = gone[start : start + _FEW]
        # SQLite finds no index for rows of values; by the contact it does.
        whose = SearchTerm.contact_id.in_({contact_id for _, _, contact_id in some})
        session().execute(delete(SearchTerm).where(whose, key.in_(some)))


def _add_terms(new: list[tuple[TermKind, str, int]]) -> None:
    insert_many(
        SearchTerm, ("kind", "term", "contact_id"), sorted((kind.value, term, each) for kind, term, each in new)
    )


def _add_words(words: set[str]) -> None:
    """Add what is needed to find these words by a part or with a mistake, where it is not there."""
    if not is_sqlite(session().connection()):
        session().execute(select(func.pg_advisory_xact_lock_shared(*_WORDS_LOCK)))
    unknown = sorted(words - _known(words))
    if not unknown:
        return
    insert_many(SearchKey, ("key", "word"), ((key, word) for word in unknown for key in sorted(mistake_keys(word))))
    insert_many(SearchPart, ("part", "word"), ((part, word) for word in unknown for part in inner_parts(word)))


def _known(words: Collection[str]) -> set[str]:
    listed, known = list(words), set[str]()
    for start in range(0, len(listed), _FEW):
        some = listed[start : start + _FEW]
        known.update(session().scalars(select(SearchKey.word).where(SearchKey.word.in_(some)).distinct()))
    return known
