"""Run a command and tell on the last line of standard output the time and the memory that it took.

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
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Linux counts in KiB, macOS in bytes.
    megabytes = used.ru_maxrss / (1_000_000 if sys.platform == "darwin" else 1_000_000 / 1024)
    told = {"seconds": seconds, "processor": used.ru_utime + used.ru_stime, "megabytes": megabytes}
    print(json.dumps(told))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
