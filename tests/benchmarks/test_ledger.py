"""The ledger in bulk: recording many gifts, one by one or at once, and checking a million entries."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from fundraising.clock import today
from fundraising.contacts.rules import Identity, PersonName, Salutation
from fundraising.contacts.services.recognition import find_or_create
from fundraising.db import transaction
from fundraising.gifts.queries import financial_year_total
from fundraising.gifts.rules import Booking, LedgerMode, Source
from fundraising.gifts.services import record_gift, record_gifts
from fundraising.money import Euro
from tests.benchmarks.donors import surname
from tests.benchmarks.figures import milliseconds, scaled
from tests.benchmarks.house import PROJECT
from tests.benchmarks.million import World, write
from tests.factories.programmes import programme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.benchmarks.figures import Figures

CONTACTS = 500


@pytest.fixture
def givers(app_context: Flask) -> list[int]:
    """Contacts who give; the numbers of the rows."""
    with transaction():
        programme()
        return [
            find_or_create(
                Identity(PersonName(Salutation.MRS, "A.", "", surname(number)), f"donor{number}@example.nl"),
                proven_iban=None,
                source="import",
            )
            for number in range(CONTACTS)
        ]


def bookings(givers: list[int], numbers: range, system: str) -> Iterator[Booking]:
    programme_id, day = programme(), today()
    for number in numbers:
        yield Booking(
            amount=Euro(2_500 + number % 100),
            contact_id=givers[number % len(givers)],
            programme_id=programme_id,
            method="transfer",
            received_on=day,
            source=Source(system, f"line-{number}"),
            mode=LedgerMode.TEST,
            recorded_by="benchmark",
        )


def total(numbers: range) -> Euro:
    return Euro(sum(2_500 + number % 100 for number in numbers))


def test_gifts_recorded_at_once(givers: list[int], database: str, figures: Figures):
    numbers = range(scaled(100_000))
    began = time.perf_counter()
    with transaction():
        recorded = record_gifts(bookings(givers, numbers, "bulk"))
    seconds = time.perf_counter() - began
    assert recorded == len(numbers)
    assert financial_year_total(today().year) == total(numbers)
    with transaction():
        assert record_gifts(bookings(givers, numbers[:2000], "bulk")) == 0
    rate = len(numbers) / seconds
    figures.note(
        f"{len(numbers):,} gifts at once, {database}", f"{rate:,.0f}/s", budget="2,000/s or more", met=rate >= 2_000
    )


@pytest.mark.parametrize(("size", "per_commit"), [(2_000, 1), (10_000, 100)])
def test_gifts_recorded_one_by_one(givers: list[int], size: int, per_commit: int, database: str, figures: Figures):
    numbers = range(scaled(size) // 100 * 100 or 100)
    waiting, times = bookings(givers, numbers, "single"), []
    for _ in range(len(numbers) // per_commit):
        began = time.perf_counter()
        with transaction():
            for _one in range(per_commit):
                assert record_gift(next(waiting)).created
        times.append(time.perf_counter() - began)
    assert financial_year_total(today().year) == total(numbers)
    what = "committed each" if per_commit == 1 else f"committed per {per_commit}"
    figures.note(
        f"{len(numbers):,} gifts one by one, {what}, {database}",
        f"{len(numbers) / sum(times):,.0f}/s, {milliseconds(times)} per commit",
    )


def test_check_of_a_million_entries(database_url: str, tmp_path, database: str, figures: Figures):
    world = World(entries=scaled(1_000_000), payments=scaled(100_000))
    assert len(world.rows["gift_entry"]) in range(scaled(1_000_000), scaled(1_000_000) + 3)
    size = len(world.rows["gift_entry"])
    write(world, database_url)
    del world
    command = [sys.executable, "-m", "fundraising", "ledger", "check"]
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "var")}
    runs = [_measured(command, settings) for _ in range(3)]
    seconds = sorted(run["seconds"] for run in runs)[1]
    busy = sorted(run["processor"] for run in runs)[1]
    megabytes = max(run["megabytes"] for run in runs)
    figures.note(
        f"ledger check over {size:,} entries, {database}",
        f"{seconds:.1f} s ({busy:.1f} s of the processor)",
        budget="10 s",
        met=seconds < 10,
    )
    figures.note(f"its peak memory, {database}", f"{megabytes:.0f} MB", budget="300 MB", met=megabytes < 300)


def _measured(command: list[str], settings: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.measured", *command],
        cwd=PROJECT,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *said, figures = done.stdout.splitlines()
    assert said == ["the ledger agrees"]
    told: dict[str, float] = json.loads(figures)
    return told
