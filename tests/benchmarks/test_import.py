"""A long list of churches, schools and people comes in beside many that are known, and gifts come in meanwhile."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fundraising.contacts.models import Contact
from fundraising.db import session, transaction
from fundraising.gifts.services import record_gift
from fundraising.imports.jobs import work_on
from fundraising.imports.queries import run
from fundraising.imports.services import accept, ask_to_undo
from tests.benchmarks.donors import surname
from tests.benchmarks.figures import milliseconds, scaled
from tests.benchmarks.house import PROJECT
from tests.factories.contacts import person
from tests.factories.gifts import booking
from tests.factories.sheets import checked

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from tests.benchmarks.figures import Figures

_HEADS = "Kerk;Kerkgenootschap;Leden;Straat;Huisnummer;Postcode;Plaats;E-mail;Telefoon;Voorletters;Achternaam;Functie"
_TOWNS = ("Ede", "Urk", "Baarn", "Assen", "Soest", "Zwolle", "Goes", "Sneek")


def churches(file: Path, numbers: range) -> Path:
    """A list with two people of each church."""
    with file.open("w", encoding="utf-8", newline="") as text:
        lines = csv.writer(text, delimiter=";")
        lines.writerow([*_HEADS.split(";"), "E-mail contactpersoon"])
        for number in numbers:
            lines.writerow(row(number))
    return file


def row(number: int) -> list[str]:
    """One line: its person is alone in having the name, its church has another line too."""
    church = number // 2
    postcode = f"{1000 + church % 9000} {'ABCDEFGH'[church % 8]}{'KLMNPRST'[church // 8 % 8]}"
    place = [f"{surname(church)}straat", str(1 + church % 150), postcode, _TOWNS[church % len(_TOWNS)]]
    ways = [f"kerk{church}@example.nl", f"0318{600000 + church % 100000}"]
    who = [f"{'ABCDEFGH'[number % 8]}.", surname(number), ("scriba", "penningmeester")[number % 2]]
    facts = [f"Kerk van {surname(church)}", "PKN", str(100 + church % 900)]
    return [*facts, *place, *ways, *who, f"p{number}@example.nl"]


def test_a_list_of_fifty_thousand_rows(
    app_context: Flask, database_url: str, database: str, tmp_path: Path, figures: Figures
):
    size = scaled(50_000)
    settings = {**os.environ, "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "var")}
    # A fifth of them are known, so that there is something to find.
    _import(churches(tmp_path / "known.csv", range(size // 5)), size // 5, settings)
    told = _import(churches(tmp_path / "list.csv", range(size)), size, settings)
    assert session().scalar(select(func.count()).select_from(Contact)) == size + size // 2
    seconds, megabytes = told["seconds"], told["megabytes"]
    figures.note(
        f"import of {size:,} rows with duplicate search, found by name, {database}",
        f"{seconds:.1f} s ({told['processor']:.1f} s of the processor)",
        budget="120 s",
        met=seconds < 120,
    )
    figures.note(f"its peak memory, {database}", f"{megabytes:.0f} MB", budget="500 MB", met=megabytes < 500)


def test_gifts_come_in_while_a_list_does(app_context: Flask, database: str, tmp_path: Path, figures: Figures):
    size = scaled(50_000)
    found = checked("contacts", churches(tmp_path / "list.csv", range(size)).read_bytes())
    with transaction():
        accept(found.run_id, expected_rows=size, expected_totals={}, leave_out=False)
    waits, seconds = _gifts_beside(app_context, found.run_id)
    figures.note(f"activation of {size:,} rows with its index, {database}", f"{seconds:.1f} s")
    figures.note(
        f"gifts booked meanwhile, {database}", f"{len(waits)}, {milliseconds(waits)}, at most {max(waits):.1f} s"
    )
    began = time.perf_counter()
    with transaction():
        ask_to_undo(found.run_id)
    work_on(found.run_id, run(found.run_id).state)
    assert session().scalar(select(func.count()).select_from(Contact)) == 1
    figures.note(f"undoing it, {database}", f"{time.perf_counter() - began:.1f} s")


def _gifts_beside(app: Flask, run_id: int) -> tuple[list[float], float]:
    """Book gifts one after the other until the import is in; how long each took."""
    with transaction():
        giver = person()
    over, waits = threading.Event(), list[float]()

    def give() -> None:
        with app.app_context():
            while not over.is_set():
                began = time.perf_counter()
                with transaction():
                    record_gift(booking(contact_id=giver))
                waits.append(time.perf_counter() - began)
                over.wait(0.02)

    beside = threading.Thread(target=give)
    beside.start()
    began = time.perf_counter()
    try:
        work_on(run_id, run(run_id).state)
    finally:
        over.set()
        beside.join()
    return waits, time.perf_counter() - began


def _import(file: Path, count: int, settings: dict[str, str]) -> dict[str, float]:
    command = ["contacts", "import", str(file), "--accept", "--count", str(count), "--choose", "kind=church"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.measured", sys.executable, "-m", "fundraising.app", *command],
        cwd=PROJECT,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told
