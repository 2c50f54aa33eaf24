"""A backup taken while everyone writes comes back whole, in an empty place only, into either database."""

from __future__ import annotations

import json
import os
import stat
import threading
import zipfile
from datetime import date
from errno import ENOSPC

import pytest
from sqlalchemy import delete, null, select, text

from config import Config
from fundraising.accounts.models import Passkey
from fundraising.accounts.rules import Role, Subject
from fundraising.accounts.services import record
from fundraising.clock import now
from fundraising.contacts.models import Contact
from fundraising.db import db, is_sqlite, session, transaction
from fundraising.gifts.queries import financial_year_total
from fundraising.gifts.rules import Source
from fundraising.gifts.services import close_year
from fundraising.imports.models import ImportRow, ImportRun
from fundraising.imports.rules import ImportState, Outcome
from fundraising.mailer import Message, enqueue
from fundraising.money import Euro
from fundraising.operations.checks import findings
from fundraising.operations.rules import BadBackup, FileMember, Manifest, read_manifest, write_manifest
from fundraising.operations.services import restore
from fundraising.operations.services.backup import tables, write_backup
from fundraising.operations.services.restore import check_backup
from tests.conftest import running_app
from tests.factories.accounts import user
from tests.factories.contacts import person
from tests.factories.gifts import gift, refund
from tests.factories.programmes import programme


@pytest.fixture
def elsewhere(empty_database_url, tmp_path):
    """An installation with nothing in it."""
    settings = {"DATABASE_URL": empty_database_url, "DATA_DIR": str(tmp_path / "elsewhere")}
    with running_app(Config.from_env(settings)) as app:
        yield app


@pytest.fixture
def filled(app):
    """Some of everything, in an order that makes rows refer to later ones, with a closed year and stored files."""
    with app.app_context():
        with transaction() as current:
            gift(received_on=date(2024, 5, 1), amount=Euro.of(100), source=Source("test", "first"))
            refund(Source("test", "first"), Euro.of(40), occurred_on=date(2024, 6, 1))
            gift(received_on=date(2026, 1, 1), amount=Euro(12345))
            later = person(given_name="Ève ❤", surname="de l'Été \"'\\\n\t;--")
            current.execute(
                text("UPDATE contact SET merged_into_id = :later WHERE id = (SELECT min(id) FROM contact)"),
                {"later": later},
            )
            enqueue(Message("thanks", "anna@example.nl", "Dank — € 25", "regel\r\nnog een\n", "<p>€</p>"))
            _staff_and_an_import(current)
        with transaction():
            close_year(2024, "finance")
    folder = app.config["DATA_DIR"] / "mail"
    folder.mkdir()
    (folder / "one.eml").write_bytes(b"\x00\xff" * 1000)
    return app


def _staff_and_an_import(current) -> None:
    """What is not text, a number or a date: keys, values that are true or not, and JSON with and without a value."""
    made = user(Role.FINANCE)
    key = {"credential_id": bytes(range(256)), "public_key": b"", "sign_count": 1, "backed_up": True}
    current.add(Passkey(user_id=made.id, name="Mijn telefoon", created_at=now(), **key))
    record("user.invited", Subject("user", made.id), after={"name": "Ève \\ ❤"})
    run = ImportRun(kind="gifts", state=ImportState.CHECKED, digest="0" * 64, filename="é.csv", size=1,
                    headers=["Naam", "\\", "\t"], uploaded_at=now(), uploaded_by="test")  # fmt: skip
    current.add(run)
    current.flush()
    for line, plan in enumerate(({"bedrag": "€ 1", "leeg": None}, None, null())):
        current.add(
            ImportRow(run_id=run.id, line=line, outcome=Outcome.NEW, label="x", cells=[], reasons=[], plan=plan)
        )


def make_backup(app, file) -> Manifest:
    with app.app_context():
        return write_backup(file, app.config["DATA_DIR"])


def rows(app) -> dict[str, list[tuple]]:
    """Every row of every table, with instants in one zone."""
    with app.app_context():
        connection = session().connection()
        found = {
            table.name: [
                tuple(str(value.replace(tzinfo=None)) if hasattr(value, "tzinfo") else value for value in row)
                for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in tables(connection)
        }
        session().rollback()
        return found


def triggers(app) -> set[str]:
    with app.app_context():
        if is_sqlite(session().connection()):
            query = "SELECT name || sql FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = (
                "SELECT tgrelid::regclass || ' ' || tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal"
            )
        found = set(session().scalars(text(query)))
        session().rollback()
        return found


def test_everything_comes_back(filled, elsewhere, runner, tmp_path):
    file = tmp_path / "backup.zip"
    made = runner.invoke(args=["backup", str(file)])
    assert made.exit_code == 0, made.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    brought = elsewhere.test_cli_runner().invoke(args=["restore", str(file)])
    assert brought.exit_code == 0, brought.output
    assert "the ledger agrees" in brought.output
    assert rows(elsewhere) == rows(filled)
    assert triggers(elsewhere) == triggers(filled)
    copied = elsewhere.config["DATA_DIR"] / "mail" / "one.eml"
    assert copied.read_bytes() == b"\x00\xff" * 1000
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600


def test_each_kind_of_column_has_a_value_in_what_these_tests_bring_back(filled):
    kinds, seen, found = set(), set(), rows(filled)
    with filled.app_context():
        for table in tables(session().connection()):
            for number, column in enumerate(table.columns):
                kinds.add(type(column.type))
                seen |= {type(column.type) for row in found[table.name] if row[number] is not None}
    assert seen == kinds


def test_no_value_and_a_null_in_json_stay_two_things(filled, elsewhere, runner, tmp_path):
    runner.invoke(args=["backup", str(tmp_path / "backup.zip")])
    assert elsewhere.test_cli_runner().invoke(args=["restore", str(tmp_path / "backup.zip")]).exit_code == 0
    with elsewhere.app_context():
        lines = session().scalars(text("SELECT line FROM import_row WHERE plan IS NULL")).all()
    assert lines == [2]


def test_life_goes_on_in_the_restored_place(filled, elsewhere, runner, tmp_path):
    runner.invoke(args=["backup", str(tmp_path / "backup.zip")])
    assert elsewhere.test_cli_runner().invoke(args=["restore", str(tmp_path / "backup.zip")]).exit_code == 0
    with elsewhere.app_context():
        with transaction():
            assert gift(received_on=date(2026, 2, 1), contact_id=person(), programme_id=programme()).created
        with pytest.raises(Exception, match="never changed"), transaction() as current:
            current.execute(text("UPDATE gift_entry SET amount = 1"))
        assert financial_year_total(2024) == Euro.of(60)
        assert list(findings()) == []


def test_sqlite_goes_over_into_postgresql_and_back(sqlite_databases, postgresql_databases, tmp_path):
    with (
        sqlite_databases.fresh() as small,
        postgresql_databases.empty() as large,
        sqlite_databases.empty() as back,
    ):
        told, newest = [], []
        for number, url in enumerate((small, large, back)):
            data_dir = tmp_path / str(number)
            with running_app(Config.from_env({"DATABASE_URL": url, "DATA_DIR": str(data_dir)})) as app:
                if number == 0:
                    with app.app_context(), transaction() as current:
                        gift(amount=Euro(12345))
                        _staff_and_an_import(current)
                        enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))
                        gone = person()
                        current.execute(delete(Contact).where(Contact.id == gone))
                else:
                    answer = app.test_cli_runner().invoke(args=["restore", str(tmp_path / f"{number - 1}.zip")])
                    assert answer.exit_code == 0, answer.output
                told.append(rows(app))
                assert app.test_cli_runner().invoke(args=["backup", str(tmp_path / f"{number}.zip")]).exit_code == 0
                with app.app_context(), transaction():
                    newest.append(person())
        assert told[0] == told[1] == told[2]
        # Nobody is called what somebody was called who is gone.
        assert newest == [gone + 1] * 3


def test_a_backup_sees_one_moment_while_others_write(app, elsewhere, tmp_path):
    """Writers book a gift and its mail in one transaction all the while; the backup must hold as many of each."""
    with app.app_context(), transaction():
        contact_id, programme_id = person(), programme()
    stop, written = threading.Event(), []

    def write(who: int) -> None:
        with app.app_context():
            while not stop.is_set():
                with transaction():
                    for number in range(5):
                        source = Source("test", f"{who}-{len(written)}-{number}")
                        gift(source=source, contact_id=contact_id, programme_id=programme_id)
                        enqueue(Message("thanks", "anna@example.nl", "Dank", "tekst"))
                written.append(who)

    writers = [threading.Thread(target=write, args=(who,)) for who in range(2)]
    for writer in writers:
        writer.start()
    try:
        manifests = []
        for number in range(5):
            before = len(written)
            manifests.append(make_backup(app, tmp_path / f"{number}.zip"))
            while len(written) < before + 3:
                stop.wait(0.01)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    for manifest in manifests:
        counts = {table.name: table.rows for table in manifest.tables}
        assert counts["gift"] == counts["gift_entry"] == counts["outgoing_mail"]
    assert len({manifest.rows for manifest in manifests}) == 5
    answer = elsewhere.test_cli_runner().invoke(args=["restore", str(tmp_path / "4.zip")])
    assert answer.exit_code == 0, answer.output
    assert "the ledger agrees" in answer.output
    assert len(rows(elsewhere)["gift"]) == {t.name: t.rows for t in manifests[4].tables}["gift"]


class TestRefusals:
    @pytest.fixture
    def backup(self, filled, tmp_path):
        make_backup(filled, tmp_path / "backup.zip")
        return tmp_path / "backup.zip"

    def test_an_existing_file_is_not_overwritten(self, backup, runner):
        before = backup.read_bytes()
        assert "is there already" in runner.invoke(args=["backup", str(backup)]).output
        assert backup.read_bytes() == before

    def test_a_place_with_rows_is_left_as_it_is(self, backup, runner, filled):
        (filled.config["DATA_DIR"] / "mail" / "one.eml").unlink()
        before = rows(filled)
        answer = runner.invoke(args=["restore", str(backup)])
        assert answer.exit_code == 1
        assert "rows already" in answer.output
        assert rows(filled) == before

    def test_a_place_with_files_is_left_as_it_is(self, backup, elsewhere):
        folder = elsewhere.config["DATA_DIR"] / "mail"
        folder.mkdir()
        (folder / "mine.eml").write_text("mine")
        answer = elsewhere.test_cli_runner().invoke(args=["restore", str(backup)])
        assert answer.exit_code == 1
        assert "files already" in answer.output

    @pytest.mark.parametrize("member", ["tables/gift_entry.jsonl", "files/mail/one.eml"])
    def test_a_changed_member_is_seen_before_anything_changes(self, backup, elsewhere, tmp_path, member):
        changed = tmp_path / "changed.zip"
        with zipfile.ZipFile(backup) as before, zipfile.ZipFile(changed, "w") as after:
            for name in before.namelist():
                content = before.read(name)
                after.writestr(name, content.replace(b"0", b"1", 1) + b" " if name == member else content)
        assert _restored_nothing(elsewhere, changed) == f"Error: {member} is not what it was when the backup was made\n"

    @pytest.mark.parametrize("change", ["missing", "added"])
    def test_a_member_too_few_or_too_many_is_seen(self, backup, elsewhere, tmp_path, change):
        changed = tmp_path / "changed.zip"
        with zipfile.ZipFile(backup) as before, zipfile.ZipFile(changed, "w") as after:
            for name in before.namelist():
                if change != "missing" or name != "tables/gift.jsonl":
                    after.writestr(name, before.read(name))
            if change == "added":
                after.writestr("tables/other.jsonl", "")
        assert "do not agree" in _restored_nothing(elsewhere, changed)

    @pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 half"])
    def test_what_is_no_backup_is_refused(self, elsewhere, tmp_path, content):
        (tmp_path / "other.zip").write_bytes(content)
        assert "is not a whole backup" in _restored_nothing(elsewhere, tmp_path / "other.zip")

    def test_half_a_backup_is_refused(self, backup, elsewhere, tmp_path):
        half = tmp_path / "half.zip"
        half.write_bytes(backup.read_bytes()[:-500])
        assert "is not a whole backup" in _restored_nothing(elsewhere, half)

    def test_a_backup_of_a_later_version_is_refused(self, backup, elsewhere, tmp_path):
        later = tmp_path / "later.zip"
        with zipfile.ZipFile(backup) as before, zipfile.ZipFile(later, "w") as after:
            for name in before.namelist():
                content = before.read(name)
                if name == "manifest.json":
                    content = json.dumps(json.loads(content) | {"revision": "9999"}).encode()
                after.writestr(name, content)
        assert "migration 9999" in _restored_nothing(elsewhere, later)

    def test_an_empty_database_has_nothing_to_back_up(self, elsewhere, tmp_path):
        answer = elsewhere.test_cli_runner().invoke(args=["backup", str(tmp_path / "backup.zip")])
        assert answer.exit_code == 1
        assert list(tmp_path.glob("backup*")) == []

    def test_a_file_that_is_erased_meanwhile_is_left_out(self, filled, tmp_path, monkeypatch):
        folder = filled.config["DATA_DIR"] / "mail"
        monkeypatch.setattr(
            "fundraising.operations.services.backup.stored_files",
            lambda _folder: iter([folder / "erased.eml", folder / "one.eml"]),
        )
        made = make_backup(filled, tmp_path / "backup.zip")
        assert [file.name for file in made.files] == ["mail/one.eml"]
        assert check_backup(tmp_path / "backup.zip") == made

    def test_a_failure_leaves_no_half_file(self, filled, tmp_path, monkeypatch):
        def fail(*_arguments):
            raise OSError("disk full")

        monkeypatch.setattr("fundraising.operations.services.backup._write_file", fail)
        with pytest.raises(OSError, match="disk full"):
            make_backup(filled, tmp_path / "backup.zip")
        assert list(tmp_path.glob("backup*")) == []


def _restored_nothing(elsewhere, file) -> str:
    answer = elsewhere.test_cli_runner().invoke(args=["restore", str(file)])
    assert answer.exit_code == 1
    with elsewhere.app_context():
        assert db.inspect(db.engine).get_table_names() == []
    assert not (elsewhere.config["DATA_DIR"] / "mail").exists()
    return answer.output


def test_a_restore_that_failed_may_be_tried_again(filled, elsewhere, runner, tmp_path, monkeypatch):
    runner.invoke(args=["backup", str(tmp_path / "backup.zip")])
    with monkeypatch.context() as broken:
        broken.setattr("fundraising.operations.services.restore._check_count", _disagree)
        assert elsewhere.test_cli_runner().invoke(args=["restore", str(tmp_path / "backup.zip")]).exit_code == 1
    assert {len(found) for found in rows(elsewhere).values()} == {0}
    answer = elsewhere.test_cli_runner().invoke(args=["restore", str(tmp_path / "backup.zip")])
    assert answer.exit_code == 0, answer.output
    assert triggers(elsewhere) == triggers(filled)


def test_a_disk_that_is_full_leaves_neither_rows_nor_files(filled, elsewhere, runner, tmp_path, monkeypatch):
    (filled.config["DATA_DIR"] / "mail" / "two.eml").write_bytes(b"two")
    runner.invoke(args=["backup", str(tmp_path / "backup.zip")])
    folder = elsewhere.config["DATA_DIR"] / "mail"
    with monkeypatch.context() as broken:
        opened = restore._new
        broken.setattr(restore, "_new", lambda target: opened(target) if target.name == "one.eml" else _full())
        answer = elsewhere.test_cli_runner().invoke(args=["restore", str(tmp_path / "backup.zip")])
    assert (answer.exit_code, "No space left" in answer.output) == (1, True)
    assert {len(found) for found in rows(elsewhere).values()} == {0}
    assert list(folder.iterdir()) == []
    answer = elsewhere.test_cli_runner().invoke(args=["restore", str(tmp_path / "backup.zip")])
    assert answer.exit_code == 0, answer.output
    assert {path.name for path in folder.iterdir()} == {"one.eml", "two.eml"}


def _full():
    raise OSError(ENOSPC, os.strerror(ENOSPC))


def _disagree(*_arguments):
    raise BadBackup("another number of rows")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", "", "x" * 300])
def test_no_file_is_written_outside_the_data_folder(name):
    manifest = Manifest("2026-01-01", "sqlite", "0001", (), (FileMember(name, 1, "0"),))
    with pytest.raises(BadBackup):
        read_manifest(write_manifest(manifest))


@pytest.mark.parametrize(
    "told",
    [b"", b"[]", b"{}", b'{"format": "other", "version": 1}', b'{"format": "fundraising-backup", "version": 2}'],
)
def test_a_manifest_that_cannot_be_read_is_refused(told):
    with pytest.raises(BadBackup):
        read_manifest(told)


def test_what_was_checked_is_what_was_made(filled, tmp_path):
    made = make_backup(filled, tmp_path / "backup.zip")
    assert check_backup(tmp_path / "backup.zip") == made
    assert [file.name for file in made.files] == ["mail/one.eml"]
