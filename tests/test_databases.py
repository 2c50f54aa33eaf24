"""The test run's own PostgreSQL server leaves nothing behind, also when the run is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

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


@pytest.mark.crash
def test_a_server_of_a_killed_run_is_reaped(own_server):
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
