"""The figures of a run: gathered by the benchmarks, printed together at the end, never asserted."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A hundredth, say, tries the benchmarks themselves; only 1 gives figures that mean something.
SCALE = float(os.environ.get("BENCHMARK_SCALE", "1"))


def scaled(size: int) -> int:
    """So many of something, or fewer where the benchmarks themselves are tried out."""
    return max(20, round(size * SCALE))


@dataclass(frozen=True)
class Figure:
    what: str
    measured: str
    budget: str
    met: bool | None
    # How many wanted a processor when it was noted; of these some two or three are the benchmark's own.
    load: float


class Figures:
    def __init__(self) -> None:
        self._figures: list[Figure] = []

    def note(self, what: str, measured: str, *, budget: str = "", met: bool | None = None) -> None:
        """Keep a figure; `met` says whether it is within its budget, where it has one."""
        # With `-s` it shows at once.
        print(f"\n{what}: {measured}")
        self._figures.append(Figure(what, measured, budget, met, os.getloadavg()[0]))

    def table(self) -> Iterator[str]:
        """The figures as lines of a table in Markdown."""
        words = {None: "", True: "yes", False: "**MISSED**"}
        rows = [("what", "measured", "budget", "met", "load")]
        rows += [(f.what, f.measured, f.budget, words[f.met], f"{f.load:.1f}") for f in self._figures]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        rows.insert(1, tuple("-" * width for width in widths))
        for row in rows:
            yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of all do not exceed (nearest rank)."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


def milliseconds(seconds: Sequence[float]) -> str:
    """Times as median and 99th percentile."""
    return f"median {statistics.median(seconds) * 1000:.1f} ms, p99 {percentile(seconds, 99) * 1000:.1f} ms"
