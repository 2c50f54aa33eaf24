"""Migrations: one numbered way forward, no drift from the models, and triggers that are there after every step."""

import re

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, inspect, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DatabaseError

from fundraising.accounts.models import AuditSeal
from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.clock import now
from fundraising.db import db, session, transaction
from fundraising.gifts.rules import LedgerMode
from fundraising.resources import resource
from tests.conftest import running_app
from tests.databases import migrate
from tests.factories.contacts import person
from tests.factories.gifts import gift
from tests.factories.giving import payment

SCRIPTS = ScriptDirectory(str(resource("migrations")))
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]

# Which triggers each revision adds. Alembic's batch mode, which copies a table on SQLite, drops them without a word: a
# revision that does so must make them again, or this table says so.
_IMMUTABLE = ("ledger", "gift", "gift_correction", "gift_entry")
_AUDIT = ("audit_entry", "audit_seal")
ADDED = {
    "sqlite": {
        "0004": {
            *(f"{table}_no_{verb}" for table in _IMMUTABLE for verb in ("update", "delete")),
            "financial_year_no_reopening",
            "financial_year_no_delete",
            "gift_entry_open_year",
        },
        "0005": {"payment_event_no_update", "payment_event_no_delete"},
        "0008": {f"{table}_no_{verb}" for table in _AUDIT for verb in ("update", "delete")},
    },
    "postgresql": {
        "0004": {
            *(f"{table}_no_{verb}" for table in _IMMUTABLE for verb in ("change", "truncate")),
            "financial_year_no_reopening",
            "financial_year_no_truncate",
            "gift_entry_open_year",
        },
        "0005": {"payment_event_no_change", "payment_event_no_truncate"},
        "0008": {f"{table}_no_{verb}" for table in _AUDIT for verb in ("change", "truncate")},
    },
}
LISTED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'",
}


class TestChain:
    def test_revisions_are_numbered_from_one_without_gaps(self):
        numbers = [int(revision) for revision in REVISIONS]
        assert numbers == list(range(1, len(numbers) + 1))
        files = sorted(path.name for path in resource("migrations").glob("versions/*.py"))
        assert [name[:5] for name in files] == [f"{revision}_" for revision in REVISIONS]

    def test_there_is_one_head(self):
        assert SCRIPTS.get_heads() == [REVISIONS[-1]]

    @pytest.mark.parametrize("revision", REVISIONS)
    def test_migrations_go_forward_only(self, revision):
        module = SCRIPTS.get_revision(revision).module
        assert not hasattr(module, "downgrade")
        assert module.__doc__


class TestSteps:
    @pytest.fixture
    def settings(self, empty_database_url):
        return {"DATABASE_URL": empty_database_url}

    def test_every_step_leaves_the_expected_triggers_and_no_table_of_its_own_workings(self, config, database):
        expected: set[str] = set()
        with running_app(config) as app:
            for revision in REVISIONS:
                migrate(app, revision)
                expected |= ADDED[database].get(revision, set())
                with app.app_context():
                    assert set(session().scalars(text(LISTED[database]))) == expected, revision
                    leftovers = [name for name in inspect(db.engine).get_table_names() if name.startswith("_")]
                    assert leftovers == [], revision

    def test_the_command_migrates_and_again_changes_nothing(self, config):
        with running_app(config) as app:
            for _ in range(2):
                result = app.test_cli_runner().invoke(args=["db", "upgrade"])
                assert result.exit_code == 0, result.output
            with app.app_context():
                assert session().scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]


@pytest.mark.sqlite_only  # PostgreSQL never gives a number twice
class TestNumbers:
    @pytest.fixture
    def settings(self, empty_database_url):
        return {"DATABASE_URL": empty_database_url}

    def test_contacts_that_stand_keep_theirs_and_those_of_the_trail_are_not_given_again(self, config):
        named = "organisation_name, salutation, given_name, name_prefix, match_name, language, source, created_at"
        before = (
            (
                f"INSERT INTO contact (id, kind, surname, merged_into_id, {named})"
                " SELECT 3, 'person', 'Vries', NULL, '', '', '', '', '', '', '', :at"
                " UNION SELECT 5, 'person', 'Vries', 3, '', '', '', '', '', '', '', :at"
            ),
            "INSERT INTO contact_note (contact_id, text, written_at, written_by) VALUES (3, 'Belde', :at, '')",
            (
                "INSERT INTO audit_entry (at, actor_kind, action, subject_kind, subject_id, digest)"
                " VALUES (:at, '', '', 'contact', 9, '')"
            ),
        )
        with running_app(config) as app:
            migrate(app, "0021")
            with app.app_context(), transaction():
                for statement in before:
                    session().execute(text(statement), {"at": now().replace(tzinfo=None)})
            migrate(app)
            with app.app_context(), transaction():
                kept = text(
                    "SELECT c.id, merged_into_id, text FROM contact c LEFT JOIN contact_note ON contact_id = c.id"
                )
                assert set(session().execute(kept)) == {(3, None, "Belde"), (5, 3, None)}
                assert session().execute(text("PRAGMA foreign_key_check")).all() == []
                assert person() == 10


class TestDrift:
    def test_a_migrated_database_is_what_the_models_say(self, app_context):
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, db.metadata) == []

    def test_the_command_finds_no_drift_either(self, app_context):
        flask_migrate.check()

    def test_every_constraint_has_the_name_that_the_models_give_it(self, app_context):
        reflected = inspect(db.engine)
        for table in db.metadata.sorted_tables:
            expected = {str(constraint.name) for constraint in table.constraints}
            found = {
                reflected.get_pk_constraint(table.name)["name"],
                *(key["name"] for key in reflected.get_foreign_keys(table.name)),
                *(key["name"] for key in reflected.get_unique_constraints(table.name)),
                *(check["name"] for check in reflected.get_check_constraints(table.name)),
            }
            assert found == expected
            assert all(re.fullmatch(r"(pk|fk|uq|ck)_[a-z_0-9]+", str(name)) for name in found)

    def test_names_fit_postgresql(self, app_context):
        names = [str(c.name) for table in db.metadata.tables.values() for c in (*table.constraints, *table.indexes)]
        assert [name for name in names if len(name) > 63] == []
        assert len(names) > 50

    @pytest.mark.sqlite_only  # PostgreSQL gives every number once
    def test_numbers_are_given_once_where_the_models_say_so(self, app_context):
        told = {each.name for each in db.metadata.sorted_tables if each.dialect_options["sqlite"]["autoincrement"]}
        assert set(session().scalars(text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"))) == told

    @pytest.mark.sqlite_only  # PostgreSQL writes a check in its own words
    def test_every_check_says_what_the_models_say(self, app_context):
        reflected = inspect(db.engine)
        for table in db.metadata.sorted_tables:
            expected = {
                str(c.name): str(c.sqltext.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
                for c in table.constraints
                if isinstance(c, CheckConstraint)
            }
            found = {str(check["name"]): check["sqltext"] for check in reflected.get_check_constraints(table.name)}
            assert found == expected


WRITES = {
    "sqlite": (
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        "REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
        "UPDATE OR REPLACE {table} SET {column} = {column}",
        "INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT DO UPDATE SET {column} = excluded.{column}",
    ),
    "postgresql": (
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}",
    ),
}
FACTS = {
    "ledger": "mode",
    "gift": "reference",
    "gift_entry": "amount",
    "gift_correction": "reason",
    "payment_event": "amount",
    "audit_entry": "action",
    "audit_seal": "hash",
}


@pytest.fixture
def facts(app_context):
    """A row in each of the tables whose rows are facts."""
    with transaction():
        recorded = gift()
        session().execute(
            text(
                "INSERT INTO gift_correction (gift_id, reason, recorded_at, recorded_by)"
                " VALUES (:gift, 'wrong_amount', :now, 'test')",
            ),
            {"gift": recorded.gift_id, "now": now().replace(tzinfo=None)},
        )
        session().execute(
            text(
                "INSERT INTO payment_event (payment_id, kind, provider_ref, state, amount, occurred_on, observed_at)"
                " VALUES (:payment, 'status', 'tr_1', 'paid', 100, '2026-03-14', :now)",
            ),
            {"payment": payment(mode=LedgerMode.TEST).id, "now": now().replace(tzinfo=None)},
        )
        entry = record("test.done", Subject("test"))
        session().add(AuditSeal(id=1, entry_id=entry, hash="0" * 64, sealed_at=now()))


# Rows written behind the services' back, to have one in every table.
@pytest.mark.broken_ledger
class TestFactsStay:
    def test_no_statement_changes_or_deletes_a_row(self, facts, database):
        for table, column in FACTS.items():
            before = session().execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608  a name from above
            assert before, table
            for statement in WRITES[database]:
                with pytest.raises(DatabaseError, match="never changed or deleted"), transaction():
                    session().execute(text(statement.format(table=table, column=column)))
            assert session().execute(text(f"SELECT * FROM {table}")).all() == before  # noqa: S608

    def test_no_guarded_table_is_left_out_above(self, database):
        guarded = {name.rsplit("_no_", 1)[0] for names in ADDED[database].values() for name in names if "_no_" in name}
        assert guarded - {"financial_year"} == set(FACTS)

    def test_a_closed_year_stays_closed_and_no_year_is_deleted(self, facts, database):
        with transaction():
            session().execute(
                text("UPDATE financial_year SET closed_at = :now, closed_by = 'test', entry_count = 1, total = 2500"),
                {"now": now().replace(tzinfo=None)},
            )
        attempts = ["UPDATE financial_year SET total = 0", "DELETE FROM financial_year"]
        attempts += {
            "sqlite": ["INSERT OR REPLACE INTO financial_year (year) SELECT year FROM financial_year"],
            "postgresql": ["TRUNCATE financial_year"],
        }[database]
        for statement in attempts:
            with pytest.raises(DatabaseError, match=r"stays closed|never deleted"), transaction():
                session().execute(text(statement))

    def test_a_closed_year_takes_no_entry(self, facts):
        with transaction():
            session().execute(
                text("UPDATE financial_year SET closed_at = :now, closed_by = 'test', entry_count = 1, total = 2500"),
                {"now": now().replace(tzinfo=None)},
            )
        columns = "gift_id, kind, amount, programme_id, method, received_on, booked_on, recorded_at, recorded_by"
        with pytest.raises(DatabaseError, match="open year"), transaction():
            session().execute(
                text(
                    f"INSERT INTO gift_entry ({columns}, source_system, source_ref)"  # noqa: S608
                    f" SELECT {columns}, 'test', 'smuggled' FROM gift_entry"
                ),
            )
