"""What a slice brings along so that its rows can come in from a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fundraising.imports.rules import Meaning, Reason, SheetRow, StagedRow


@dataclass(frozen=True, slots=True)
class Run:
    """An import at work, as a kind sees it: its number, and the choices made with its columns."""

    run_id: int
    choices: Mapping[str, str]
    # Who agreed to it; empty before.
    accepted_by: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of some rows; `store` writes down what else their kind needs, in the transaction that keeps them."""

    rows: Sequence[StagedRow]
    store: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Rows of one kind.

    `examine` only reads, and gets the rows in order, some hundreds at a time. `activate` brings everything in that was
    staged, within one transaction, and raises OutOfDate where what it was checked against has changed. `settle` gives
    what has to follow on that in steps, each short and harmless when it is done again. `built_upon` only reads, and
    says what stands in the way of taking everything back. `undo` takes a part back within a short transaction, and says
    what of it stays because something was built upon it by then; None where nothing is left. Without it an import is
    closed once it is accepted. `forget` removes what `store` wrote. With `whole` a file goes in without errors or not
    at all, and the same file only once. `tallied` kinds have totals that must be told beforehand.
    """

    name: str
    meanings: tuple[Meaning, ...]
    check_columns: Callable[[frozenset[str], Mapping[str, str]], None]
    examine: Callable[[Run, Sequence[SheetRow]], Examined]
    activate: Callable[[Run], None]
    forget: Callable[[int], None]
    built_upon: Callable[[Run], Sequence[Reason]] = lambda _run: ()
    undo: Callable[[Run], Sequence[Reason] | None] | None = None
    settle: Callable[[Run], Iterator[Callable[[], object]]] | None = None
    whole: bool = False
    tallied: bool = False


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Let files of this kind come in. Raises ValueError for a second of its name."""
    if kind.name in _KINDS:
        raise ValueError(f"two kinds are called {kind.name}")
    _KINDS[kind.name] = kind
    return kind


def kind_named(name: str) -> Kind:
    """The kind with a name. Raises KeyError."""
    return _KINDS[name]
