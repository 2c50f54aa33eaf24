"""The hash chain over the audit trail: whatever is changed, removed or put in another order is found, and where."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from fundraising.accounts.models import AuditContent, AuditEntry, AuditSeal
from fundraising.accounts.queries.trail import chain_rows, last_seal
from fundraising.accounts.rules import Subject
from fundraising.accounts.rules.chain import (
    BEGINNING,
    Break,
    Broken,
    Content,
    Entry,
    Head,
    Row,
    Seal,
    digest_of,
    link,
    sealed,
    verify,
)
from fundraising.accounts.services import erase_contents, record
from fundraising.accounts.services.seals import seal_trail
from fundraising.db import session, transaction

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def rows(count):
    """A whole chain of so many entries."""
    contents = [Content(bytes([number]) * 32, f'{{"after": {number}}}') for number in range(count)]
    entries = [
        Entry(n * 2 + 1, BEGAN + timedelta(hours=n), "user", n, "test.done", "test", 7, digest_of(content))
        for n, content in enumerate(contents)
    ]
    return [Row(*each) for each in zip(entries, sealed(BEGINNING, 0, entries), contents, strict=True)]


CHANGES = st.sampled_from(
    [
        lambda row: replace(row, entry=replace(row.entry, at=row.entry.at + timedelta(microseconds=1))),
        lambda row: replace(row, entry=replace(row.entry, actor_id=None)),
        lambda row: replace(row, entry=replace(row.entry, actor_kind="job")),
        lambda row: replace(row, entry=replace(row.entry, action="test.undone")),
        lambda row: replace(row, entry=replace(row.entry, subject_kind="contact")),
        lambda row: replace(row, entry=replace(row.entry, subject_id=8)),
        lambda row: replace(row, entry=replace(row.entry, digest="0" * 64), content=None),
        lambda row: replace(row, entry=None),
        lambda row: replace(row, seal=None),
        lambda row: replace(row, seal=replace(row.seal, hash="0" * 64)),
        lambda row: replace(row, seal=replace(row.seal, id=row.seal.id + 1)),
        lambda row: replace(row, content=replace(row.content, body=row.content.body + " ")),
        lambda row: replace(row, content=replace(row.content, key=b"other")),
    ]
)


class TestLaws:
    @given(st.integers(0, 12), st.data())
    def test_an_untouched_chain_is_whole_whatever_was_erased(self, count, data):
        whole = rows(count)
        erased = [replace(row, content=None) if data.draw(st.booleans()) else row for row in whole]
        verdict = verify(erased)
        assert (verdict.broken, verdict.sealed) == (None, count)
        assert verdict.erased == sum(row.content is None for row in erased)

    @given(st.integers(2, 12), CHANGES, st.data())
    def test_any_change_of_a_row_is_found_and_named(self, count, change, data):
        whole = rows(count)
        place = data.draw(st.integers(0, count - 2))  # the last may be cut off: see below
        broken = verify([*whole[:place], change(whole[place]), *whole[place + 1 :]]).broken
        # Where a seal is gone, the entry after it is the first that stands wrong.
        assert broken.entry_id in {whole[place].entry.id, whole[place + 1].entry.id}

    @given(st.integers(2, 12), st.data())
    def test_a_row_that_was_removed_is_found(self, count, data):
        whole = rows(count)
        place = data.draw(st.integers(0, count - 2))
        broken = verify([*whole[:place], *whole[place + 1 :]]).broken
        assert (broken.entry_id, broken.how) == (whole[place + 1].entry.id, Break.SEAL_MISSING)

    @given(st.integers(2, 12), st.data())
    def test_another_order_is_found(self, count, data):
        whole = rows(count)
        first = data.draw(st.integers(0, count - 2))
        second = data.draw(st.integers(first + 1, count - 1))
        entries = [row.entry for row in whole]
        entries[first], entries[second] = (
            replace(entries[second], id=entries[first].id),
            replace(entries[first], id=entries[second].id),
        )
        mixed = [Row(entry, row.seal, None) for entry, row in zip(entries, whole, strict=True)]
        assert verify(mixed).broken.entry_id == entries[first].id

    def test_an_entry_put_in_between_is_found(self):
        whole = rows(3)
        smuggled = Row(replace(whole[0].entry, id=2), None, None)
        assert verify([whole[0], smuggled, *whole[1:]]).broken.how == Break.ENTRY_UNSEALED

    @given(st.integers(1, 12), st.data())
    def test_a_chain_that_was_cut_off_does_not_hold_what_was_noted(self, count, data):
        whole = rows(count)
        place = data.draw(st.integers(1, count))
        head = Head(place, whole[place - 1].seal.hash)
        assert verify(whole, [head]).broken is None
        last = whole[place - 2].entry.id if place > 1 else 0
        assert verify(whole[: place - 1], [head]).broken == Broken(last, Break.CUT_OFF)
        # Without its seal the newest entry could be changed, and sealed once more.
        unsealed = [*whole[: place - 1], replace(whole[place - 1], seal=None)]
        assert verify(unsealed, [head]).broken == Broken(last, Break.CUT_OFF)

    def test_a_chain_that_was_made_anew_does_not_hold_it_either(self):
        whole, other = rows(3), [replace(row.entry, action="test.other") for row in rows(3)]
        anew = [Row(entry, seal, None) for entry, seal in zip(other, sealed(BEGINNING, 0, other), strict=True)]
        assert verify(anew).broken is None
        assert verify(anew, [Head(2, whole[1].seal.hash)]).broken.how is Break.CUT_OFF

    def test_a_seal_hashes_the_one_before(self):
        entry = rows(1)[0].entry
        assert link(BEGINNING, entry) != link("1" * 64, entry)


@pytest.fixture
def trail(app_context):
    """Three sealed entries about contact 12, and one that is not sealed yet."""
    with transaction():
        numbers = [record("contact.changed", Subject("contact", 12), after={"town": town}) for town in "ABC"]
    with transaction():
        assert seal_trail() == 3
    with transaction():
        numbers.append(record("contact.changed", Subject("contact", 13)))
    return numbers


def found():
    verdict = verify(chain_rows())
    session().rollback()
    return verdict


class TestTables:
    def test_a_trail_is_sealed_once(self, trail):
        assert (found().sealed, found().unsealed) == (3, 1)
        with transaction():
            assert (seal_trail(), seal_trail()) == (1, 0)
        assert (found().sealed, found().unsealed, found().broken) == (4, 0, None)
        assert last_seal() == Seal(4, trail[3], found().head)

    def test_erasing_a_person_leaves_the_chain_whole(self, trail, app):
        with transaction():
            assert erase_contents(Subject("contact", 12)) == 3
        assert session().query(AuditContent).filter(AuditContent.entry_id.in_(trail[:3])).count() == 0
        verdict = found()
        assert (verdict.broken, verdict.erased, verdict.sealed) == (None, 3, 3)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET action = 'contact.seen' WHERE id = {entry}",
            "UPDATE audit_entry SET actor_id = NULL, actor_kind = 'job' WHERE id = {entry}",
            "UPDATE audit_entry SET at = '2026-01-01 00:00:00' WHERE id = {entry}",
            "UPDATE audit_seal SET hash = upper(hash) WHERE entry_id = {entry}",
            "UPDATE audit_content SET body = '{{}}' WHERE entry_id = {entry}",
        ],
    )
    def test_a_row_changed_behind_the_triggers_is_found(self, trail, database, statement):
        change_behind_the_triggers(database, statement.format(entry=trail[1]))
        assert found().broken.entry_id == trail[1]

    def test_the_command_says_so(self, trail, database, runner):
        whole = runner.invoke(args=["audit", "verify"])
        assert (whole.exit_code, "3 entries sealed, 1 not yet; erased: 0" in whole.output) == (0, True)
        assert runner.invoke(args=["audit", "verify", "--head", found().head]).exit_code == 0
        assert runner.invoke(args=["audit", "verify", "--head", "0" * 64]).exit_code == 1
        change_behind_the_triggers(database, f"UPDATE audit_entry SET subject_id = 9 WHERE id = {trail[1]}")  # noqa: S608
        broken = runner.invoke(args=["audit", "verify"])
        assert (broken.exit_code, f"broken at entry {trail[1]}" in broken.output) == (1, True)

    @pytest.mark.parametrize(
        "rest",
        [
            ["DELETE FROM audit_content WHERE entry_id >= {entry}", "DELETE FROM audit_entry WHERE id >= {entry}"],
            ["UPDATE audit_entry SET actor_id = NULL, actor_kind = 'job' WHERE id = {entry}"],
        ],
        ids=["removed", "changed without its seal"],
    )
    def test_a_tail_that_was_cut_off_is_found_and_stays_found(self, trail, database, runner, rest):
        assert told(runner, "seal") == (0, "sealed\n")
        assert "whole" in told(runner, "verify")[1]
        for statement in ["DELETE FROM audit_seal WHERE entry_id >= {entry}", *rest]:
            change_behind_the_triggers(database, statement.format(entry=trail[2]))
        code, words = told(runner, "verify")
        assert (code, f"broken at entry {trail[1]}: sealed entries after it are gone" in words) == (1, True)
        with transaction():
            record("contact.changed", Subject("contact", 14))
        # Neither sealing on nor sealing twice covers it up.
        assert [told(runner, "seal")[0] for _ in range(2)] == [1, 1]
        assert last_seal().id >= 3
        assert told(runner, "verify")[0] == 1


def told(runner, command):
    """How a command ended, and what it said."""
    result = runner.invoke(args=["audit", command])
    session().rollback()
    return result.exit_code, result.output


def change_behind_the_triggers(database, statement):
    """What somebody does who owns the database."""
    with transaction():
        if database == "sqlite":
            names = session().scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
            )
            for name in names.all():
                session().execute(text(f"DROP TRIGGER {name}"))
        else:
            session().execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
            session().execute(text("ALTER TABLE audit_seal DISABLE TRIGGER ALL"))
        session().execute(text(statement))


def test_entries_and_seals_refuse_to_be_deleted(trail):
    for table in (AuditEntry, AuditSeal):
        with pytest.raises(Exception, match="never changed or deleted"), transaction():
            session().query(table).delete()
