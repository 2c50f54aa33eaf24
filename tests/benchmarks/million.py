"""A ledger of a million entries as ten years leave it, with the payments, events and thanks that belong to them.

Written straight into the tables, past the services: it is what the check reads that is measured here, not how it came.
Every row is consistent, so that the check has nothing to find.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from fundraising.gifts.rules import new_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_DAY = date(2017, 1, 1)
DAYS = 3_590
CONTACTS = 40_000
CLOSED = range(2017, 2026)
OPEN = (2026,)
PROGRAMMES = ("herstelwerk", "achterblijvers")
_AT = " 12:00:00.000000"

COLUMNS = {
    "programme": "id code position",
    "contact": "id kind organisation_name salutation given_name name_prefix surname match_name language source"
    " created_at",
    "donation": "id reference form_nonce submission_key programme_id amount route state language source_code contact_id"
    " created_at lapses_at",
    "donor_details": "donation_id kind organisation_name salutation given_name name_prefix surname email phone iban"
    " message newsletter street house_number postcode town",
    "payment": "id donation_id attempt provider_id idempotency_key mode amount method status checkout_url created_at"
    " expires_at paid_at next_check_at check_failures error",
    "payment_event": "payment_id kind provider_ref state amount occurred_on observed_at",
    "outgoing_mail": "id kind recipient subject text html state message_id attempts next_try_at last_error created_at"
    " sent_at",
    "acknowledgement": "gift_id kind mail_id recorded_at",
    "ledger": "id mode",
    "financial_year": "year",
    "gift": "id reference created_at",
    "gift_correction": "id gift_id reason recorded_at recorded_by",
    "gift_entry": "id gift_id kind amount contact_id programme_id method received_on booked_on recorded_at recorded_by"
    " reverses_id replaces_id correction_id source_system source_ref",
}
Row = tuple[Any, ...]


@dataclass
class World:
    """All rows, table by table. `entries` is how many the ledger is to have, `payments` how many were paid online."""

    entries: int
    payments: int
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.rows["programme"] = [(number + 1, code, number) for number, code in enumerate(PROGRAMMES)]
        self.rows["contact"] = [_contact(number) for number in range(1, CONTACTS + 1)]
        self.rows["ledger"] = [(1, "test")]
        self.rows["financial_year"] = [(year,) for year in (*CLOSED, *OPEN)]
        for number in range(1, self.payments + 1):
            self._paid(number)
        for number in range(self.payments + 1, self.payments + self.payments // 4 + 1):
            self._never_paid(number)
        number = 0
        while len(self.rows["gift_entry"]) < self.entries:
            number += 1
            self._by_bank(number, correct=number % 200 == 0 and len(self.rows["gift_entry"]) < self.entries - 3)

    def _paid(self, number: int) -> None:
        day, amount, ref = _day(number * 7), 25_00 + number % 1000 * 100, f"tr_{number:010}"
        gift_id, reference = self._gift(day)
        self._donation(number, reference, amount, day, "received")
        self._payment(number, ref, amount, day, "paid")
        self._event(number, "status", ref, "open", amount, day)
        self._event(number, "status", ref, "paid", amount, day)
        received = self._entry(gift_id, "received", amount, day, ref, number)
        self._thanked(number, gift_id, day)
        self._taken_back(number, received, amount, day)

    def _taken_back(self, number: int, received: int, amount: int, day: date) -> None:
        """Of a thousand: 25 refunded in part, 3 whose refund failed, 5 charged back of which 1 came back again."""
        later, part = day + timedelta(days=3), amount // 2
        refund, chargeback = f"re_{number:010}", f"chb_{number:010}"
        if number % 40 == 0 or number % 400 == 1:
            for state in ("pending", "processing", "failed" if number % 400 == 1 else "refunded"):
                self._event(number, "refund", refund, state, part, later)
            went = self._undo(received, "refunded", -part, refund, later)
            if number % 400 == 1:
                self._undo(went, "refund_failed", part, f"{refund}:failed", later)
        elif number % 200 == 2:
            self._event(number, "chargeback", chargeback, "standing", amount, later)
            went = self._undo(received, "charged_back", -amount, chargeback, later)
            if number % 1000 == 2:
                self._event(number, "chargeback", chargeback, "reversed", amount, later)
                self._undo(went, "chargeback_reversed", amount, f"{chargeback}:reversed", later)

    def _never_paid(self, number: int) -> None:
        day, amount, ref = _day(number * 7), 50_00, f"tr_{number:010}"
        self._donation(number, new_reference(), amount, day, "lapsed")
        self._payment(number, ref, amount, day, "expired")
        self._event(number, "status", ref, "open", amount, day)
        self._event(number, "status", ref, "expired", amount, day)

    def _by_bank(self, number: int, *, correct: bool) -> None:
        day = _day(number)
        gift_id, _reference = self._gift(day)
        ref = f"{day.year}-{number:07}"
        first = self._entry(gift_id, "received", 10_00 + number % 300 * 50, day, ref, number, system="statement")
        if correct:
            self._correct(first, number)

    def _correct(self, entry_id: int, number: int) -> None:
        """Give a contact to a gift that had another: what stood is taken back, and booked again."""
        entry = self.rows["gift_entry"][entry_id - 1]
        act = len(self.rows["gift_correction"]) + 1
        later = _shifted(entry[8], 30)
        self.rows["gift_correction"].append((act, entry[1], "wrong_contact", later + _AT, "finance"))
        for line, (kind, amount, contact_id, reverses, replaces) in enumerate(
            (
                ("reversed", -entry[3], entry[4], entry_id, None),
                ("corrected", entry[3], 1 + number % CONTACTS, None, entry_id),
            ),
            start=1,
        ):
            facts = (*entry[5:8], later, later + _AT, "finance", reverses, replaces, act)
            source = ("correction", f"{act}:{line}")
            self._add_entry((entry[1], kind, amount, contact_id, *facts, *source))

    def _gift(self, day: date) -> tuple[int, str]:
        gift_id, reference = len(self.rows["gift"]) + 1, new_reference()
        self.rows["gift"].append((gift_id, reference, f"{day}{_AT}"))
        return gift_id, reference

    def _entry(
        self, gift_id: int, kind: str, amount: int, day: date, ref: str, number: int, *, system: str = "mollie"
    ) -> int:
        who, what = 1 + number % CONTACTS, 1 + number % len(PROGRAMMES)
        method = "ideal" if system == "mollie" else "transfer"
        when = (str(day), str(day), f"{day}{_AT}", system)
        return self._add_entry((gift_id, kind, amount, who, what, method, *when, None, None, None, system, ref))

    def _undo(self, entry_id: int, kind: str, amount: int, ref: str, day: date) -> int:
        undone = self.rows["gift_entry"][entry_id - 1]
        same = (*undone[4:8], str(day), f"{day}{_AT}", "mollie")
        return self._add_entry((undone[1], kind, amount, *same, entry_id, None, None, "mollie", ref))

    def _add_entry(self, values: Row) -> int:
        entry_id = len(self.rows["gift_entry"]) + 1
        self.rows["gift_entry"].append((entry_id, *values))
        return entry_id

    def _donation(self, number: int, reference: str, amount: int, day: date, state: str) -> None:
        at, who = f"{day}{_AT}", 1 + number % CONTACTS
        form = (f"form-{number}", f"submission-{number}", 1 + number % len(PROGRAMMES), amount)
        self.rows["donation"].append((number, reference, *form, "online", state, "nl", "", who, at, at))
        name = ("person", "", "mrs", "A.", "", f"Donor{number}")
        self.rows["donor_details"].append((number, *name, f"donor{who}@example.nl", "", "", "", 0, "", "", "", ""))

    def _payment(self, number: int, ref: str, amount: int, day: date, status: str) -> None:
        at, checkout = f"{day}{_AT}", f"https://checkout.example/{ref}"
        asked = (number, number, 1, ref, f"key-{number}", "test", amount, "ideal", status, checkout, at, at)
        self.rows["payment"].append((*asked, at if status == "paid" else None, None, 0, ""))

    def _event(self, number: int, kind: str, ref: str, state: str, amount: int, day: date) -> None:
        self.rows["payment_event"].append((number, kind, ref, state, amount, str(day), f"{day}{_AT}"))

    def _thanked(self, number: int, gift_id: int, day: date) -> None:
        at, words = f"{day}{_AT}", "Hartelijk dank voor uw gift."
        mail = ("thank_you", f"donor{number}@example.nl", "Dank u wel", words, words, "sent", f"mail-{number}", 1, at)
        self.rows["outgoing_mail"].append((number, *mail, "", at, at))
        self.rows["acknowledgement"].append((gift_id, "thank_you", number, at))


def _contact(number: int) -> Row:
    name = ("", "mrs", "A.", "", f"Donor{number}", f"donor{number}")
    return (number, "person", *name, "nl", "online_gift", f"{FIRST_DAY}{_AT}")


def _day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number % DAYS)


def _shifted(day: str, days: int) -> str:
    return str(date.fromisoformat(day) + timedelta(days=days))


def write(world: World, database_url: str) -> None:
    """Fill a fresh, migrated database, and close the years that are over."""
    if database_url.startswith("sqlite"):
        _write_sqlite(world, make_url(database_url).database or "")
    else:
        _write_postgresql(world, database_url.replace("+psycopg", ""))


def _close_years() -> Iterator[str]:
    for year in CLOSED:
        booked = f"FROM gift_entry WHERE booked_on BETWEEN '{year}-01-01' AND '{year}-12-31'"
        yield (
            f"UPDATE financial_year SET entry_count = (SELECT count(*) {booked}),"  # noqa: S608
            f" total = (SELECT coalesce(sum(amount), 0) {booked}), closed_at = '{year + 1}-01-15{_AT}',"
            f" closed_by = 'finance' WHERE year = {year}"
        )


def _write_sqlite(world: World, file: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for haste in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-500000"):
            connection.execute(f"PRAGMA {haste}")
        connection.execute("BEGIN")
        for table, columns in COLUMNS.items():
            names = columns.split()
            places = ", ".join("?" * len(names))
            insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608  names of our own
            connection.executemany(insert, world.rows[table])
        for statement in _close_years():
            connection.execute(statement)
        connection.execute("COMMIT")


def _write_postgresql(world: World, url: str) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        # As a restore does: without asking the triggers and foreign keys, of which every row is worthy.
        cursor.execute("SET session_replication_role = replica")
        for table, columns in COLUMNS.items():
            names = sql.SQL(", ").join(map(sql.Identifier, columns.split()))
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
                for row in world.rows[table]:
                    copy.write_row(row)
        for statement in _close_years():
            cursor.execute(statement)
        connection.commit()
        connection.autocommit = True
        # The server's own housekeeping does so within a minute.
        cursor.execute("VACUUM ANALYZE")
