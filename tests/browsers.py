"""The browser of this machine: where chromium stands, and how it is started so that nothing leaves the machine."""

from __future__ import annotations

import os
from pathlib import Path
from shutil import which
from typing import Any

# The first has no windows at all and opens pages in half the time; the others open windows that nobody sees.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ON_A_MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_ARGUMENTS = (
    # Every name but this machine's own is unknown to it, so that nothing can be fetched from elsewhere by mistake.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
)


def chromium() -> str:
    """The path of the browser. Raises FileNotFoundError: a test in a browser is never skipped in silence."""
    found = [path for path in map(which, _NAMES) if path] + [path for path in _ON_A_MAC if Path(path).exists()]
    if not found:
        raise FileNotFoundError("no chromium on this machine; script/bootstrap --test installs it or says how")
    return found[0]


def launch_arguments() -> dict[str, Any]:
    """How playwright starts it. The administrator's chromium has no sandbox: it refuses to start with one."""
    needed = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return {"executable_path": chromium(), "args": [*_ARGUMENTS, *needed]}
