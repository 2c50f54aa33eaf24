"""Run a command and tell on the last line of standard output how long it took and how much memory it had at most.

    python -m tests.benchmarks.measured COMMAND…

A process of its own, and a small one: what a child may seem to use at most includes what its parent uses.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time


def main(command: list[str]) -> int:
    began = time.perf_counter()
    code = subprocess.run(command, check=False).returncode
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    megabytes = peak / (1_000_000 if sys.platform == "darwin" else 1_000_000 / 1024)
    print(json.dumps({"seconds": seconds, "megabytes": megabytes}))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
