"""Gifts of earlier years coming in from a spreadsheet, into the ledger through its own bulk verb.

A file goes in whole or not at all, and only once; what is in the ledger stays there, and is corrected by reversal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Date, String, cast, func, literal, or_, select

from fundraising.clock import today
from fundraising.contacts.queries import current_ids
from fundraising.contacts.queries.identified import Register
from fundraising.db import is_sqlite, session
from fundraising.gifts.models import Gift, GiftEntry
from fundraising.gifts.queries import closed_through, ledger_mode
from fundraising.gifts.rules import ClosedYear, EntryKind, LedgerMode, new_reference
from fundraising.gifts.rules.history import (
    AMOUNT,
    COLUMNS,
    DATE,
    HISTORY,
    Clue,
    Defaults,
    HistoricGift,
    closed,
    parse_row,
)
from fundraising.gifts.services import record_prepared
from fundraising.imports.queries import plans, rows_with_key
from fundraising.imports.rules import BadMapping, Outcome, OutOfDate, Reason, StagedRow, plain
from fundraising.imports.services.kinds import Examined, Kind, register
from fundraising.programmes.queries import programme_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Subquery

    from fundraising.imports.rules import SheetRow
    from fundraising.imports.services.kinds import Run

_expected: list[LedgerMode] = [LedgerMode.TEST]
Key = tuple[str, int, int, int]


def expect(mode: LedgerMode) -> None:
    """What kind of money an empty ledger of this installation is going to hold."""
    _expected[:] = [mode]


def check_columns(meanings: frozenset[str], choices: Mapping[str, str]) -> None:
    """Raises BadMapping where dates, amounts or programmes are told nowhere."""
    for needed in (DATE, AMOUNT):
        if needed not in meanings:
            raise BadMapping("needs_column", needed)
    if "programme" not in meanings and not choices.get("programme"):
        raise BadMapping("needs_programme")


def examine(run: Run, rows: Sequence[SheetRow]) -> Examined:
    """What becomes of these rows, after those further up."""
    programmes, defaults = _programmes(), _defaults(run.choices)
    told = [parse_row(row, programmes, defaults) for row in rows]
    known = Register(
        numbers={gift.clue.number for gift in told if gift.clue.number},
        emails={gift.clue.email for gift in told if gift.clue.email},
        ibans={gift.clue.iban for gift in told},
        names={gift.clue.name for gift in told if gift.clue.name},
    )
    keyed = [(gift, found, _key(gift, found)) for gift in told for found in (_found(known, gift.clue),)]
    ledger = _booked([key for _, _, key in keyed if key is not None])
    seen = rows_with_key(run.run_id, [_written(key) for key in ledger])
    until, staged = closed_through(), []
    for (gift, found, key), row in zip(keyed, rows, strict=True):
        told_row = _stage(gift, found, row.cells, until)
        if key is not None and told_row.outcome is Outcome.NEW:
            # Two equal gifts on one day are two gifts: as many as the ledger has are known, and any more are new.
            if seen[_written(key)] < ledger[key]:
                told_row = replace(told_row, outcome=Outcome.DUPLICATE, reasons=(Reason("booked_before"),))
            seen[_written(key)] += 1
        staged.append(told_row)
    return Examined(staged, lambda: None)


def activate(run: Run) -> None:
    """Book every gift of the file. Raises OutOfDate where a year was closed since the rows were checked."""
    ready = _ready(run)
    taken = select(ready.c.reference).outerjoin(Gift, Gift.reference == ready.c.reference)
    if session().execute(taken.where(or_(Gift.id.is_not(None), ready.c.reference.is_(None))).limit(1)).first():
        # As good as never: another gift was given the reference that one of these would have.
        raise OutOfDate
    years = {int(str(day)[:4]) for day in session().scalars(select(ready.c.received_on).distinct())}
    try:
        record_prepared(ready, mode=ledger_mode() or _expected[0], years=years)
    except ClosedYear as closed_meanwhile:
        # A gift of a year that is closed would count in another year than it was given in.
        raise OutOfDate from closed_meanwhile


def _ready(run: Run) -> Subquery:
    """The gifts of the file as entries of the ledger, read by the database itself from what was worked out."""
    rows = plans(run.run_id, Outcome.NEW)
    plan, day = rows.c.plan, rows.c.plan["date"].as_string()
    columns: dict[str, Any] = {
        "reference": plan["reference"].as_string(),
        "amount": cast(plan["cents"].as_string(), BigInteger),
        "contact_id": func.nullif(plan["contact"].as_integer(), 0),
        "programme_id": plan["programme"].as_integer(),
        "method": plan["method"].as_string(),
        # SQLite keeps a day as it is written, and would make a number of one that is cast.
        "received_on": day if is_sqlite(session().connection()) else cast(day, Date),
        "recorded_by": literal(run.accepted_by or "import"),
        "source_system": literal(HISTORY),
        "source_ref": literal(f"{run.run_id}:") + cast(rows.c.line, String),
    }
    return select(*(column.label(name) for name, column in columns.items())).order_by(rows.c.line).subquery("ready")


def _programmes() -> dict[str, int]:
    words: dict[str, int] = {}
    for language in ("en", "nl"):
        for number, programme in programme_names(language).items():
            words |= {plain(programme.code): number, plain(programme.name): number}
    return words


def _defaults(choices: Mapping[str, str]) -> Defaults:
    return Defaults(_programmes().get(plain(choices.get("programme", "")), 0), choices.get("method") or "transfer")


def _found(known: Register, clue: Clue) -> list[int]:
    """The contacts that a clue can mean: each thing that is told narrows what the ones before it left."""
    sets = [known.number(clue.number)] if clue.number else []
    sets += [known.email(clue.email)] if clue.email else []
    sets += [known.iban(clue.iban)] if clue.iban else []
    sets += [known.name(clue.name)] if clue.name else []
    left: set[int] = set()
    for some in sets:
        left = (left & some) or left or some
    return sorted(left)


def _stage(gift: HistoricGift, whose: list[int], cells: tuple[str, ...], until: int | None) -> StagedRow:
    errors = [*gift.errors, *_objections(gift, whose, until)]
    label, key = gift.clue.label, _key(gift, whose)
    if errors or key is None:
        return StagedRow(line=gift.line, outcome=Outcome.ERROR, label=label, cells=cells, reasons=tuple(errors))
    day, cents, programme, contact = key
    plan = {"date": day, "cents": cents, "programme": programme, "contact": contact, "contacts": whose}
    return StagedRow(
        line=gift.line,
        outcome=Outcome.NEW,
        label=label,
        cells=cells,
        reasons=() if gift.clue else (Reason("nobody_told"),),
        plan=plan | {"method": gift.method, "key": _written(key), "reference": new_reference()},
        tally=(day[:4], cents),
    )


def _objections(gift: HistoricGift, whose: list[int], until: int | None) -> Iterator[Reason]:
    if gift.received_on is not None and gift.received_on > today():
        yield Reason("still_to_come", DATE, gift.received_on.isoformat())
    if gift.received_on is not None and closed(gift.received_on, until):
        yield Reason("closed_year", DATE, str(gift.received_on.year))
    if gift.clue and not whose:
        yield Reason("nobody_found")
    if len(whose) > 1:
        yield Reason("several_found", value=", ".join(map(str, whose[:5])))


def _key(gift: HistoricGift, whose: list[int]) -> Key | None:
    """What makes a gift the same as another one: its day, cents, programme and contact, 0 for nobody known."""
    if gift.received_on is None or gift.amount is None:
        return None
    return gift.received_on.isoformat(), gift.amount.cents, gift.programme_id, whose[0] if whose else 0


def _written(key: Key) -> str:
    return "|".join(map(str, key))


def _booked(keys: Sequence[Key]) -> Counter[Key]:
    """How often the ledger has such gifts of earlier years, however they were corrected since."""
    days = {date.fromisoformat(day) for day, _, _, _ in keys}
    columns = select(GiftEntry.received_on, GiftEntry.amount, GiftEntry.programme_id, GiftEntry.contact_id)
    such = (GiftEntry.source_system == HISTORY, GiftEntry.kind == EntryKind.RECEIVED)
    booked = session().execute(columns.where(*such, GiftEntry.received_on.in_(days))).all() if days else []
    current = current_ids({row.contact_id for row in booked if row.contact_id})
    found = (
        (row.received_on.isoformat(), row.amount.cents, row.programme_id, current.get(row.contact_id, 0))
        for row in booked
    )
    wanted = set(keys)
    return Counter(key for key in found if key in wanted)


HISTORIC_GIFTS = register(
    Kind(
        name="gifts",
        meanings=COLUMNS,
        check_columns=check_columns,
        examine=examine,
        activate=activate,
        forget=lambda _run_id: None,
        whole=True,
        tallied=True,
    )
)
