"""A long list of churches, schools and people comes in beside many that are known, and gifts come in meanwhile."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import event, func, select

from fundraising.contacts.models import Contact
from fundraising.db import db, session, transaction
from fundraising.gifts.models import GiftEntry
from fundraising.gifts.queries import tax_year_total
from fundraising.gifts.services import record_gift
from fundraising.imports.jobs import work_on
from fundraising.imports.queries import run
from fundraising.imports.rules import ImportState
from fundraising.imports.services import accept, ask_to_undo
from fundraising.money import Euro
from tests.benchmarks.donors import surname
from tests.benchmarks.figures import milliseconds, scaled
from tests.benchmarks.house import PROJECT
from tests.factories.contacts import person
from tests.factories.gifts import booking
from tests.factories.sheets import checked

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    _budgets(figures, f"import of {size:,} rows with duplicate search, found by name, {database}", told)


def test_a_list_of_fifty_thousand_gifts_of_earlier_years(
    house: Flask, app_context: Flask, database_url: str, database: str, tmp_path: Path, figures: Figures
):
    size = scaled(50_000)
    settings = {**os.environ, "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "var")}
    known = size // 5
    _import(churches(tmp_path / "known.csv", range(known)), known, settings)
    clues = [[f"p{number}@example.nl", ""] for number in range(known)]
    # Half of them are known by their name alone.
    clues[1::2] = [["", f"{'ABCDEFGH'[number % 8]}. {surname(number)}"] for number in range(1, known, 2)]
    file = historic(tmp_path / "gifts.csv", size, clues)
    total = Euro(sum(_cents(number) for number in range(size)))
    told = _import(file, size, settings, "gifts", "programme=herstelwerk", "--total", f"2023={total.value}")
    entries = select(func.count(), func.count(GiftEntry.contact_id), func.sum(GiftEntry.amount))
    assert session().execute(entries).one() == (size, size, total)
    _budgets(figures, f"import of {size:,} gifts of earlier years, each found its contact, {database}", told)


def test_gifts_come_in_while_a_list_does(app_context: Flask, database: str, tmp_path: Path, figures: Figures):
    size = scaled(50_000)
    found = checked("contacts", churches(tmp_path / "list.csv", range(size)).read_bytes())
    with transaction():
        accept(found.run_id, expected_rows=size, expected_totals={}, leave_out=False)
    _note(figures, f"activation of {size:,} rows with its index, {database}", _gifts_beside(app_context, found.run_id))
    with transaction():
        ask_to_undo(found.run_id)
    _note(figures, f"undoing it, {database}", _gifts_beside(app_context, found.run_id))
    assert run(found.run_id).state is ImportState.UNDONE


def test_gifts_come_in_while_those_of_earlier_years_do(
    house: Flask, app_context: Flask, database: str, tmp_path: Path, figures: Figures
):
    size = scaled(50_000)
    with transaction():
        givers = [person(email=f"p{number}@example.nl", surname=surname(number)) for number in range(200)]
    began = time.perf_counter()
    file = historic(tmp_path / "gifts.csv", size, [[f"p{number}@example.nl", ""] for number in range(200)])
    found = checked("gifts", file.read_bytes(), choices={"programme": "herstelwerk"})
    figures.note(f"checking {size:,} gifts of earlier years, {database}", f"{time.perf_counter() - began:.1f} s")
    assert (found.refused, found.row_count) == (0, size)
    with transaction():
        accept(found.run_id, expected_rows=size, expected_totals=found.totals, leave_out=False)
    _note(figures, f"booking them, {database}", _gifts_beside(house, found.run_id))
    assert sum(tax_year_total(giver, 2023).cents for giver in givers) == sum(found.totals.values())


def historic(file: Path, count: int, clues: list[list[str]]) -> Path:
    """A list of gifts of one year by people who are known by a mailbox and a name, in turns."""
    with file.open("w", encoding="utf-8", newline="") as text:
        lines = csv.writer(text, delimiter=";")
        lines.writerow(["Datum", "Bedrag", "E-mail", "Naam"])
        for number in range(count):
            day = date(2023, 1, 1) + timedelta(days=number % 365)
            lines.writerow([day.isoformat(), Euro(_cents(number)).value, *clues[number % len(clues)]])
    return file


def _cents(number: int) -> int:
    return 1050 + 100 * (number % 90)


def _budgets(figures: Figures, what: str, told: dict[str, float]) -> None:
    seconds, megabytes = told["seconds"], told["megabytes"]
    spent = f"{seconds:.1f} s ({told['processor']:.1f} s of the processor)"
    figures.note(what, spent, budget="120 s", met=seconds < 120)
    figures.note("– its peak memory", f"{megabytes:.0f} MB", budget="500 MB", met=megabytes < 500)


class Beside(NamedTuple):
    """What it was like to give while something else was done: seconds of each gift, and of the other thing.

    `held` is how long its longest transaction had the write lock, or stood open where a database has none.
    """

    waits: list[float]
    seconds: float
    held: float


def _note(figures: Figures, what: str, beside: Beside) -> None:
    figures.note(what, f"{beside.seconds:.1f} s, its longest transaction {beside.held:.1f} s")
    waits = beside.waits
    figures.note("– gifts booked meanwhile", f"{len(waits)}, {milliseconds(waits)}, at most {max(waits):.1f} s")


def _gifts_beside(app: Flask, run_id: int) -> Beside:
    """Book gifts one after the other until the job has done what there is to do on an import."""
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
    with _held() as held:
        beside.start()
        began = time.perf_counter()
        try:
            work_on(run_id, run(run_id).state)
        finally:
            over.set()
            beside.join()
    return Beside(waits, time.perf_counter() - began, max(held))


@contextmanager
def _held() -> Iterator[list[float]]:
    """How long each transaction of this thread was open, from when it had begun until it was stored."""
    mine, begun, held = threading.get_ident(), [0.0], list[float]()
    engine = db.engine

    def has_begun(*_: object) -> None:
        if threading.get_ident() == mine:
            begun[0] = time.perf_counter()

    def is_over(*_: object) -> None:
        if threading.get_ident() == mine:
            held.append(time.perf_counter() - begun[0])

    # Later than what takes SQLite's lock on the same occasion.
    event.listen(engine, "begin", has_begun)
    event.listen(engine, "commit", is_over)
    try:
        yield held
    finally:
        event.remove(engine, "begin", has_begun)
        event.remove(engine, "commit", is_over)


def _import(
    file: Path, count: int, settings: dict[str, str], kind: str = "contacts", choice: str = "kind=church", *more: str
) -> dict[str, float]:
    command = [kind, "import", str(file), "--accept", "--count", str(count), "--choose", choice, *more]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.measured", sys.executable, "-m", "fundraising", *command],
        cwd=PROJECT,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told
