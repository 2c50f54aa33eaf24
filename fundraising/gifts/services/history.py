"""Gifts of earlier years coming in from a spreadsheet, into the ledger through its own bulk verb.

A file goes in whole or not at all, and only once; what is in the ledger stays there, and is corrected by reversal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Date, String, cast, func, literal, or_, select

from fundraising.clock import today
from fundraising.contacts.queries.identified import Register
from fundraising.db import is_sqlite, session
from fundraising.gifts.models import Gift
from fundraising.gifts.queries import closed_through, ledger_mode
from fundraising.gifts.queries.alike import Key, booked, neighbours
from fundraising.gifts.rules import ClosedYear, LedgerMode, new_reference, written_reference
from fundraising.gifts.rules.history import (
    AMOUNT,
    COLUMNS,
    DATE,
    HISTORY,
    NAME,
    NUMBER,
    Defaults,
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

    from fundraising.gifts.queries.alike import Neighbour
    from fundraising.gifts.rules.history import HistoricGift
    from fundraising.imports.rules import SheetRow
    from fundraising.imports.services.kinds import Run

_expected: list[LedgerMode] = [LedgerMode.TEST]
# So many contacts are named where more than one fit.
_TOLD = 5


@dataclass(frozen=True, slots=True)
class _Identified:
    """A gift of a list with the contacts that it can be of, and why it cannot be booked for one of them.

    `called_otherwise` where its one contact has another name than the row tells.
    """

    gift: HistoricGift
    contacts: tuple[int, ...]
    problems: tuple[Reason, ...]
    called_otherwise: bool

    @property
    def key(self) -> Key | None:
        """What makes it the same as another gift; None where day or amount are not known."""
        gift = self.gift
        if gift.received_on is None or gift.amount is None:
            return None
        whose = self.contacts[0] if self.contacts else 0
        return Key(gift.received_on.isoformat(), gift.amount.cents, gift.programme_id, whose)


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
    programmes = _programmes()
    defaults = _defaults(run.choices, programmes)
    told = [parse_row(row, programmes, defaults) for row in rows]
    known = Register(
        numbers={gift.clue.number for gift in told if gift.clue.number},
        emails={gift.clue.email for gift in told if gift.clue.email},
        ibans={gift.clue.iban for gift in told},
        names={gift.clue.name for gift in told if gift.clue.name},
    )
    found = [_identified(known, gift) for gift in told]
    keys = [each.key for each in found if each.key is not None]
    ledger, near = booked(keys), neighbours(keys)
    seen = rows_with_key(run.run_id, [str(key) for key in ledger])
    until, staged = closed_through(), []
    for each, row in zip(found, rows, strict=True):
        told_row = _stage(each, row.cells, until, near)
        if each.key is not None and told_row.outcome is Outcome.NEW:
            # Two equal gifts on one day are two gifts: as many as the ledger has are known, and any more are new.
            if seen[str(each.key)] < ledger[each.key]:
                known_before = (Reason("booked_before"),)
                told_row = replace(told_row, outcome=Outcome.DUPLICATE, reasons=known_before, doubtful=False)
            seen[str(each.key)] += 1
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


def _defaults(choices: Mapping[str, str], programmes: Mapping[str, int]) -> Defaults:
    return Defaults(programmes.get(plain(choices.get("programme", "")), 0), choices.get("method") or "transfer")


def _identified(known: Register, gift: HistoricGift) -> _Identified:
    """Whose a gift was. What a row tells has to fit together: else a mistake in a number books it for somebody else."""
    clue, problems = gift.clue, []
    told = [known.number(clue.number)] if clue.number else []
    told += [known.email(clue.email)] if clue.email else []
    told += [known.iban(clue.iban)] if clue.iban else []
    told += [known.name(clue.name)] if clue.name else []
    found = [some for some in told if some]
    fit = sorted(set.intersection(*found)) if found else []
    if clue.number and not known.number(clue.number):
        problems.append(Reason("unknown_number", NUMBER, str(clue.number)))
    elif found and not fit:
        everyone = sorted(set.union(*found))
        problems.append(Reason("points_apart", value=", ".join(map(str, everyone[:_TOLD]))))
    elif clue and not fit:
        problems.append(Reason("nobody_found"))
    elif len(fit) > 1:
        problems.append(Reason("several_found", value=", ".join(map(str, fit[:_TOLD]))))
    otherwise = bool(clue.name) and len(fit) == 1 and not known.resembles(fit[0], clue.name)
    if otherwise and clue.number:
        problems.append(Reason("number_of_another", NUMBER, str(clue.number)))
    return _Identified(gift, tuple(fit), tuple(problems), otherwise)


def _stage(found: _Identified, cells: tuple[str, ...], until: int | None, near: Mapping[Key, Neighbour]) -> StagedRow:
    gift, key = found.gift, found.key
    errors = [*gift.errors, *_objections(gift, until), *found.problems]
    label = gift.clue.label
    if errors or key is None:
        return StagedRow(line=gift.line, outcome=Outcome.ERROR, label=label, cells=cells, reasons=tuple(errors))
    doubts = [Reason("called_otherwise", NAME, gift.clue.name)] if found.called_otherwise else []
    if key in near:
        doubts.append(
            Reason("near_another", value=f"{written_reference(near[key].reference)}, {near[key].day:%d-%m-%Y}")
        )
    plan = {"date": key.day, "cents": key.cents, "programme": key.programme_id, "contact": key.contact_id}
    plan |= {"contacts": found.contacts, "method": gift.method, "key": str(key), "reference": new_reference()}
    return StagedRow(
        line=gift.line,
        outcome=Outcome.NEW,
        label=label,
        cells=cells,
        reasons=tuple(doubts) if gift.clue else (Reason("nobody_told"),),
        doubtful=bool(doubts),
        plan=plan,
        tally=(key.day[:4], key.cents),
    )


def _objections(gift: HistoricGift, until: int | None) -> Iterator[Reason]:
    if gift.received_on is not None and gift.received_on > today():
        yield Reason("still_to_come", DATE, f"{gift.received_on:%d-%m-%Y}")
    if gift.received_on is not None and closed(gift.received_on, until):
        yield Reason("closed_year", DATE, str(gift.received_on.year))


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
