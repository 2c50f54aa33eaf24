"""The wheel carries all that it needs: built here, installed elsewhere, it migrates a database and serves a page."""

import os
import re
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[1]
LOCKED = Path(pytest.__file__).parents[1]


def run(*command, **options) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """An environment outside the checkout with the wheel in it, over the locked packages."""
    place = tmp_path_factory.mktemp("elsewhere")
    venv.create(place / "venv", with_pip=False)
    python = place / "venv/bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # A folder named here is searched, but its own .pth files, among them the one of the checkout, are not read.
    (packages / "locked.pth").write_text(f"{LOCKED}\n")
    return place


@pytest.fixture(scope="module")
def environment(installed) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "DATA_DIR": str(installed / "var"), "PYTHONDONTWRITEBYTECODE": "1"}


def test_it_contains_everything_that_travels_with_the_code(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    for folder, inside in (
        ("templates", "fundraising/bundled/templates"),
        ("migrations", "fundraising/bundled/migrations"),
    ):
        assert {f"{inside}/{name}" for name in _files(ROOT / folder)} <= held
    assert {f"fundraising/{name}" for name in _files(ROOT / "fundraising")} <= held
    assert "config.py" in held
    assert "fundraising/translations/nl/LC_MESSAGES/messages.mo" in held


def test_it_contains_nothing_else(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    assert [
        name for name in held if not re.match(r"fundraising/|config\.py$|fundraising-[^/]+\.dist-info/", name)
    ] == []
    assert [name for name in held if name.endswith((".pyc", ".sqlite")) or "/tests/" in name] == []


def test_it_is_the_installed_code_that_runs(installed, environment):
    where = run(
        installed / "venv/bin/python", "-c", "import config, fundraising; print(config.__file__, fundraising.__file__)",
        cwd=installed, env=environment,
    )  # fmt: skip
    assert str(ROOT) not in where
    assert where.count(str(installed)) == 2


def test_it_migrates_and_serves_pages(installed, environment):
    command = installed / "venv/bin/fundraising"
    run(command, "db", "upgrade", cwd=installed, env=environment)
    run(command, "programmes", "load", cwd=installed, env=environment)
    port = free_port()
    server = subprocess.Popen(
        [str(installed / "venv/bin/python"), "-m", "granian", "--interface", "wsgi", "--port", str(port), "--factory",
         "fundraising.app:create_app"],
        cwd=installed, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        page = _fetched(f"http://localhost:{port}/", server)
        assert '<html lang="nl"' in page
        assert "/steun/herstelwerk" in page
        stylesheet = re.search(r'<link rel="stylesheet" href="([^"]+)"', page)
        assert stylesheet
        assert "{" in _fetched(f"http://localhost:{port}{stylesheet[1]}", server)
        assert '<html lang="en"' in _fetched(f"http://localhost:{port}/en/", server)
    finally:
        server.terminate()
        server.communicate(timeout=30)


def _fetched(address: str, server: subprocess.Popen) -> str:
    patience = time.monotonic() + 30
    while True:
        try:
            with urlopen(address, timeout=10) as answer:  # noqa: S310  an address on this machine
                return answer.read().decode()
        except URLError as refused:
            if not isinstance(refused.reason, ConnectionRefusedError) or time.monotonic() > patience:
                raise
            assert server.poll() is None, server.communicate()
            time.sleep(0.1)


def _files(folder: Path) -> set[str]:
    tracked = run("git", "ls-files", "-z", cwd=folder).split("\0")
    return {name for name in tracked if name}
