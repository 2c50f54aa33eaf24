"""What stands in the repository holds for every machine: no package index, no one's home folder."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
TEXTS = {
    name: (ROOT / name).read_text("utf-8")
    for name in TRACKED.split("\0")
    if name and (ROOT / name).is_file() and b"\0" not in (ROOT / name).read_bytes()
}
FORBIDDEN = {
    "an index address": r"--(extra-)?index[-]url\b|--find[-]links\b|--trusted[-]host\b|https?://[^\s\"']+/simple\b",
    "a download's address": r"https?://[^\s\"']+\.(whl|tar\.gz)\b",
    "someone's folder": r"(?<![\w.])/(home|Users|root|work)/\w",
    "work left undone": r"\b(TODO|FIXME|XXX)\b(?!\d)",
    "a conflict": r"^(<{7}|>{7}) ",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what):
    own = str(Path(__file__).relative_to(ROOT))
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = {name: match[0] for name, text in TEXTS.items() if name != own and (match := pattern.search(text))}
    assert found == {}


def test_the_files_were_read():
    assert "pyproject.toml" in TEXTS
    assert len(TEXTS) > 50


@pytest.mark.parametrize("lock", ["requirements/runtime.txt", "requirements/dev.txt"])
def test_a_lock_pins_every_package_with_hashes_and_nothing_else(lock):
    entries = re.split(r"\n(?=\S)", TEXTS[lock].strip())
    for entry in entries:
        assert re.match(
            r"[a-z0-9-]+(\[[a-z,-]+\])?==\S+( ; .+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+", entry + "\n"
        ), entry[:80]


def test_the_development_lock_has_the_same_versions():
    runtime, dev = (
        set(re.findall(r"^\S+==\S+", TEXTS[f"requirements/{name}.txt"], re.MULTILINE)) for name in ("runtime", "dev")
    )
    assert runtime <= dev
