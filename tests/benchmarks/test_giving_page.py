"""The giving page beside the least that Flask can do: the same server, the same machine, in turns."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.figures import SCALE, milliseconds, percentile, scaled
from tests.benchmarks.load import at_constant_rate, get, requests_per_second

if TYPE_CHECKING:
    from flask import Flask

    from tests.benchmarks.figures import Figures
    from tests.benchmarks.house import Processes

PAGE = "/steun/herstelwerk"
ROUNDS = 5
# Browsers ask for it; wrk by itself does not.
GZIP = ("Accept-Encoding: gzip",)


@pytest.mark.sqlite_only
def test_giving_page_beside_a_bare_route(house: Flask, processes: Processes, web_port: int, figures: Figures):
    seconds = 4 if SCALE == 1 else 1
    with processes.serving("bare") as bare, processes.web(web_port) as ours:
        pairs = [
            (
                requests_per_second(f"{bare}/", seconds=seconds),
                requests_per_second(ours + PAGE, seconds=seconds, headers=GZIP),
            )
            for _ in range(ROUNDS)
        ]
    ratio = statistics.median(page / route for route, page in pairs)
    figures.note("bare Flask route, wrk", f"{statistics.median(route for route, _ in pairs):,.0f} requests/s")
    figures.note("giving page, wrk", f"{statistics.median(page for _, page in pairs):,.0f} requests/s")
    figures.note(
        "giving page / bare route",
        f"{ratio:.2f} (from {min(p / r for r, p in pairs):.2f} to {max(p / r for r, p in pairs):.2f})",
        budget="0.5 or more",
        met=ratio >= 0.5,
    )


@pytest.mark.sqlite_only
def test_giving_page_at_200_a_second(house: Flask, processes: Processes, web_port: int, figures: Figures):
    with processes.web(web_port) as ours:
        at_constant_rate(ours, [get(PAGE)] * 200, per_second=200)
        answers = at_constant_rate(ours, [get(PAGE)] * scaled(4000), per_second=200)
    assert set(answers.statuses) == {200}
    assert len(answers.times) == scaled(4000)
    figures.note(
        "giving page at 200 requests/s",
        milliseconds(answers.times),
        budget="p99 under 25 ms",
        met=percentile(answers.times, 99) < 0.025,
    )
