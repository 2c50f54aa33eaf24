"""Serve an application of ours exactly as `fundraising web` serves the house: its server, processes and threads.

python -m tests.benchmarks.serve tests.benchmarks.apps:bare 8000
"""

from __future__ import annotations

import sys
from typing import Any

from granian import Granian

from fundraising.app import cli
from fundraising.operations.cli import server


def main(target: str, port: str) -> None:
    def instead_of_the_house(_house: str, **options: Any) -> Granian:
        return Granian(target, **options)

    server.Granian = instead_of_the_house
    cli.main(["web", "--port", port])


if __name__ == "__main__":
    main(*sys.argv[1:])
