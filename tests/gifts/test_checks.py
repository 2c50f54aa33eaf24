"""The ledger check finds what no trigger should ever have let through."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from fundraising.clock import standing_still
from fundraising.db import db, session, transaction
from fundraising.gifts.checks import findings
from fundraising.gifts.queries import gift_by_source
from fundraising.gifts.rules import Correction, EntryKind, Reason, Reversal, Source, written_reference
from fundraising.gifts.services import close_year, correct, record_reversal
from fundraising.money import Euro
from tests.factories.contacts import person
from tests.factories.gifts import gift

pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.broken_ledger]

TRIGGERS = {
    "sqlite": "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT 'ALTER TABLE ' || tablename || ' DISABLE TRIGGER USER' FROM pg_tables"
    " WHERE schemaname = 'public'",
}


def undo(kind: EntryKind, ref: str, of: str, euros: int) -> None:
    record_reversal(
        Reversal(
            reverses=Source("test", of),
            amount=Euro.of(euros),
            kind=kind,
            source=Source("test", ref),
            occurred_on=date(2026, 4, 1),
            recorded_by="test",
        ),
    )


@pytest.fixture
def loose(app_context, database) -> None:
    """A closed year with gifts, refunds and corrections, in tables that have lost all that guards them."""
    with standing_still(datetime(2026, 11, 1, tzinfo=UTC)), transaction():
        donor = person()
        for ref in ("plain", "refunded", "corrected"):
            gift(source=Source("test", ref), amount=Euro.of(100), contact_id=donor)
        for ref in ("refunded", "corrected"):
            undo(EntryKind.REFUNDED, f"{ref}:refund", ref, 60)
            undo(EntryKind.REFUND_FAILED, f"{ref}:failed", f"{ref}:refund", 60)
            undo(EntryKind.CHARGED_BACK, f"{ref}:chargeback", ref, 100)
        fix = {"gift_id": gift_by_source(Source("test", "corrected")).gift_id, "recorded_by": "test"}
        correct(Correction(reason=Reason.WRONG_METHOD, method="cash", **fix))
        correct(Correction(reason=Reason.WRONG_AMOUNT, amount=Euro.of(120), **fix))
    with standing_still(datetime(2027, 2, 1, tzinfo=UTC)), transaction():
        close_year(2026, "finance")
    take_guards_away(database)
    assert list(findings()) == []
    session().rollback()


def take_guards_away(database: str) -> None:
    """Only somebody with the database in hands could do this."""
    with closing(db.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        if database == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
        for (statement,) in cursor.execute(TRIGGERS[database]).fetchall():
            cursor.execute(statement)
        cursor.execute("CREATE TABLE loose AS SELECT * FROM gift_entry")
        cursor.execute("DROP TABLE gift_entry")
        cursor.execute("ALTER TABLE loose RENAME TO gift_entry")
        connection.commit()
        connection.invalidate()


# Filled in below, so that the statements stay on one line.
PLACES = {
    "PLAIN_GIFT": "(SELECT gift_id FROM gift_entry WHERE source_ref = 'plain')",
    "PLAIN": "(SELECT id FROM gift_entry WHERE source_ref = 'plain')",
    # What came in, as it was booked at first and as it stands: only the latter counts.
    "LESS": "CASE source_ref WHEN 'corrected' THEN 20000 ELSE 9900 END",
    "CORRECTED": "(SELECT id FROM gift_entry WHERE source_ref = 'corrected')",
}


HARMS = [
    ("entry-without-source", "UPDATE gift_entry SET source_ref = '' WHERE source_ref = 'plain'"),
    ("entry-without-source", "UPDATE gift_entry SET source_system = '' WHERE source_ref = 'plain'"),
    ("source-twice", "UPDATE gift_entry SET source_ref = 'refunded' WHERE source_ref = 'plain'"),
    ("gift-without-entry", "DELETE FROM gift_entry WHERE source_ref = 'plain'"),
    ("gift-starts-otherwise", "UPDATE gift_entry SET kind = 'corrected' WHERE source_ref = 'plain'"),
    ("gift-starts-otherwise", "UPDATE gift_entry SET id = 9999 WHERE source_ref = 'refunded'"),
    ("more-went-back-than-came", "UPDATE gift_entry SET amount = 9999 WHERE source_ref = 'refunded'"),
    ("more-went-back-than-came", "UPDATE gift_entry SET amount = -10001 WHERE source_ref = 'refunded:chargeback'"),
    ("more-went-back-than-came", "UPDATE gift_entry SET amount = LESS WHERE source_ref IN ('corrected', '2:2')"),
    ("reversal-does-not-fit", "UPDATE gift_entry SET amount = 10001 WHERE source_ref = 'refunded:failed'"),
    ("reversal-does-not-fit", "UPDATE gift_entry SET amount = 6000 WHERE source_ref = 'refunded:refund'"),
    ("reversal-does-not-fit", "UPDATE gift_entry SET kind = 'charged_back' WHERE source_ref = 'refunded:failed'"),
    ("reversal-does-not-fit", "UPDATE gift_entry SET method = 'x' WHERE source_ref = 'refunded:failed'"),
    ("reversal-does-not-fit", "UPDATE gift_entry SET contact_id = NULL WHERE source_ref = 'refunded:refund'"),
    ("reversal-does-not-fit", "UPDATE gift_entry SET received_on = '2026-01-01' WHERE source_ref = 'refunded'"),
    ("reversal-does-not-fit", "UPDATE gift_entry SET gift_id = PLAIN_GIFT WHERE source_ref = 'refunded:refund'"),
    ("reversal-does-not-fit", "UPDATE gift_entry SET amount = amount + 1 WHERE source_ref = '1:1'"),
    ("undone-more-than-was", "UPDATE gift_entry SET amount = 6001 WHERE source_ref = 'refunded:failed'"),
    ("taken-back-twice", "UPDATE gift_entry SET reverses_id = CORRECTED WHERE source_ref = '1:3'"),
    ("left-behind", "DELETE FROM gift_entry WHERE source_ref = '1:3'"),
    ("correction-unbalanced", "DELETE FROM gift_entry WHERE source_ref = '1:2'"),
    ("correction-unbalanced", "UPDATE gift_entry SET amount = amount + 1 WHERE source_ref = '1:2'"),
    ("correction-unbalanced", "DELETE FROM gift_entry WHERE correction_id = 2"),
    ("correction-unbalanced", "DELETE FROM gift_entry WHERE source_ref = '2:2'"),
    ("correction-unbalanced", "UPDATE gift_entry SET gift_id = PLAIN_GIFT WHERE source_ref = '2:2'"),
    ("replacement-does-not-fit", "UPDATE gift_entry SET kind = 'charged_back' WHERE source_ref = '1:4'"),
    ("replacement-does-not-fit", "UPDATE gift_entry SET replaces_id = PLAIN WHERE source_ref = '1:2'"),
    ("replacement-does-not-fit", "UPDATE gift_entry SET source_ref = '7:2' WHERE source_ref = '1:2'"),
    ("mode-not-fixed", "DELETE FROM ledger"),
    ("entry-in-no-year", "UPDATE gift_entry SET booked_on = '2031-01-01' WHERE source_ref = 'plain'"),
    ("closed-year-changed", "UPDATE gift_entry SET booked_on = '2031-01-01' WHERE source_ref = 'plain'"),
    ("closed-year-changed", "UPDATE gift_entry SET amount = 10001 WHERE source_ref = 'plain'"),
    ("closed-year-changed", "DELETE FROM gift_entry"),
    ("closed-year-changed", "UPDATE financial_year SET total = 0"),
    ("closed-year-changed", "UPDATE financial_year SET entry_count = entry_count + 1"),
]


def test_what_is_broken_is_found(loose):
    """One harm after another, each undone before the next."""
    missed = []
    for check, harm in HARMS:
        statement = re.sub("|".join(PLACES), lambda place: PLACES[place[0]], harm)
        assert session().execute(text(statement)).rowcount > 0, harm
        if check not in {finding.check for finding in findings()}:
            missed.append((check, harm))
        session().rollback()
    assert missed == []


def test_a_finding_names_the_place_and_nothing_personal(loose):
    known = {ref: gift_by_source(Source("test", ref)).reference for ref in ("refunded", "corrected")}
    with transaction():
        session().execute(text("UPDATE gift_entry SET kind = 'corrected' WHERE source_ref = 'corrected'"))
        session().execute(text("UPDATE gift_entry SET amount = 6001 WHERE source_ref = 'refunded:failed'"))
        session().execute(text("DELETE FROM gift_entry WHERE source_ref = 'plain'"))
        session().execute(text("UPDATE gift_entry SET amount = -10001 WHERE source_ref = 'refunded:chargeback'"))
    details = {finding.check: finding.detail for finding in findings()}
    assert details["more-went-back-than-came"] == f"gift {written_reference(known['refunded'])}"
    assert details["gift-starts-otherwise"] == f"gift {written_reference(known['corrected'])}"
    [reference] = session().scalars(text("SELECT reference FROM gift WHERE id NOT IN (SELECT gift_id FROM gift_entry)"))
    assert details["gift-without-entry"] == f"gift {written_reference(reference)}"
    assert details["undone-more-than-was"].endswith("(test:refunded:refund)")
    assert details["closed-year-changed"].startswith("2026 was closed with ")
    session().rollback()
