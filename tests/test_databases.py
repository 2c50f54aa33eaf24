"""No test finds anything of another's, and the test run's own PostgreSQL server leaves nothing behind."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest

from tests import restoring
from tests.databases import postgresql_server, reap_stale_servers

ROOT = Path(__file__).parent.parent
HOLD = """
import sys, time
from tests.databases import postgresql_server
with postgresql_server() as url:
    print(url, flush=True)
    time.sleep(600)
"""


def servers_of(url: str) -> list[psutil.Process]:
    folder = url.rsplit("host=", 1)[1]
    return [p for p in psutil.process_iter(["name", "cmdline"]) if folder in (p.info["cmdline"] or [])]


@pytest.fixture
def own_server(monkeypatch):
    """No server of somebody else's, whose life is not ours to end."""
    monkeypatch.delenv("TEST_POSTGRESQL_URL", raising=False)


@pytest.fixture
def apart(monkeypatch):
    """A place where no other worker or test run reaps before us."""
    # The name of a socket must be short, as that of a test's own folder is not.
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield


@pytest.mark.crash
def test_a_server_of_a_killed_run_is_reaped(own_server, apart):
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", HOLD], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        url = holder.stdout.readline().strip()
        assert servers_of(url)
        reap_stale_servers()
        assert servers_of(url), "a server whose owner lives is left alone"
        holder.send_signal(signal.SIGKILL)
    assert servers_of(url)
    reap_stale_servers()
    assert servers_of(url) == []
    assert not Path(url.rsplit("host=", 1)[1]).parent.exists()


def test_a_server_ends_with_its_run(own_server):
    with postgresql_server() as url:
        assert servers_of(url)
    assert servers_of(url) == []
    assert not Path(url.rsplit("host=", 1)[1]).parent.exists()


def test_a_server_elsewhere_is_used_when_it_is_named(monkeypatch):
    monkeypatch.setenv("TEST_POSTGRESQL_URL", "postgresql://elsewhere/postgres")
    with postgresql_server() as url:
        assert url == "postgresql://elsewhere/postgres"


def connected(address):
    return psycopg.connect(address.replace("postgresql+psycopg:", "postgresql:", 1), autocommit=True)


class TestRestoring:
    def test_a_database_comes_back_like_new(self, postgresql_databases):
        with postgresql_databases.fresh() as address, connected(address) as connection:
            connection.execute("INSERT INTO ledger (id, mode) VALUES (1, 'test')")
            assert connection.execute("SELECT nextval('contact_id_seq')").fetchone() == (1,)
        with postgresql_databases.fresh() as again, connected(again) as connection:
            assert again == address
            assert connection.execute("TABLE ledger").fetchall() == []
            assert connection.execute("SELECT nextval('contact_id_seq')").fetchone() == (1,)

    @pytest.mark.parametrize(
        "change",
        [
            "CREATE TABLE more (id integer)",
            "ALTER TABLE contact ADD COLUMN more integer",
            "DROP TRIGGER ledger_no_change ON ledger",
            "ALTER TABLE ledger DISABLE TRIGGER USER",
            "DROP INDEX ix_contact_match_name",
            "UPDATE alembic_version SET version_num = '0001'",
            "DELETE FROM alembic_version",
        ],
    )
    def test_one_that_is_no_longer_the_same_is_thrown_away(self, postgresql_databases, change):
        with postgresql_databases.fresh() as address, connected(address) as connection:
            connection.execute(change)
        with postgresql_databases.fresh() as another:
            assert another != address

    def test_one_that_somebody_still_uses_is_thrown_away(self, postgresql_databases, monkeypatch):
        monkeypatch.setattr(restoring, "_PATIENCE", 0)
        with postgresql_databases.fresh() as address:
            at_work = connected(address)
            at_work.execute("BEGIN")
        with postgresql_databases.fresh() as another:
            assert another != address
        at_work.close()
