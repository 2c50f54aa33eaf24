"""What the address of a list asks for, `?pagina=2&sorteer=-datum`, and one page of its rows.

Nothing here raises: an address is typed, cut off or made up, and a list that answers with its beginning helps more than
an error does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlencode

from fundraising.db import LARGEST_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

T = TypeVar("T")
R = TypeVar("R")

PAGE = "pagina"
SORT = "sorteer"
SIZE = 50
# Nobody leafs further: whoever looks for something filters. It also bounds how many rows an address can have skipped.
LAST_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: by which column, and whether the largest or newest comes first."""

    key: str
    descending: bool = False

    @property
    def word(self) -> str:
        """As it stands in an address: `naam`, or `-datum` for the newest first."""
        return f"-{self.key}" if self.descending else self.key

    @property
    def turned(self) -> Sort:
        """The same column the other way round."""
        return Sort(self.key, not self.descending)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of a list is asked for, in which order. Pages count from 1."""

    number: int
    size: int
    sort: Sort

    @property
    def skipped(self) -> int:
        """How many rows stand before this page."""
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `total` is None where counting all would cost more than it tells."""

    items: Sequence[T]
    number: int
    size: int
    has_next: bool
    total: int | None = None

    @property
    def has_previous(self) -> bool:
        """Whether rows stand before this page."""
        return self.number > 1

    @property
    def first(self) -> int:
        """The place of its first row in the whole list, from 1; 0 on an empty page."""
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        """The place of its last row; 0 on an empty page."""
        return self.first + len(self.items) - 1 if self.items else 0

    def changed(self, make: Callable[[T], R]) -> Page[R]:
        """The same page of other things, each made from a row of this one."""
        return Page([make(item) for item in self.items], self.number, self.size, self.has_next, self.total)


@dataclass(frozen=True, slots=True)
class Facet:
    """A choice in a filter. `options` are values with their words, `chosen` is empty where all are wanted."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


def wanted(args: Mapping[str, str], *, sortable: Iterable[str], default: Sort, size: int = SIZE) -> Wanted:
    """What an address asks for; what it asks wrongly is as if it were not asked."""
    return Wanted(_number(args.get(PAGE, "")), size, _sort(args.get(SORT, ""), frozenset(sortable), default))


def page_of(rows: Sequence[T], asked: Wanted, *, total: int | None = None) -> Page[T]:
    """The page from rows read from `asked.skipped` on, one more than `asked.size` to know whether more come."""
    return Page(rows[: asked.size], asked.number, asked.size, len(rows) > asked.size, total)


def chosen(args: Mapping[str, str], name: str, offered: Iterable[str]) -> str:
    """The value of a filter where it is one of those offered, and otherwise none: an empty text."""
    value = args.get(name, "")
    return value if value in frozenset(offered) else ""


def facet(args: Mapping[str, str], name: str, label: str, options: Sequence[tuple[str, str]]) -> Facet:
    """A filter with what an address chooses of it."""
    return Facet(name, label, options, chosen(args, name, [value for value, _label in options]))


def whole_number(args: Mapping[str, str], name: str, *, most: int = 2**31 - 1) -> int | None:
    """A number of 0 or more in an address; None for anything else."""
    return number_in(args.get(name, ""), most=most)


def number_in(typed: str, *, most: int = LARGEST_NUMBER) -> int | None:
    """The whole number that was typed, as rows are numbered; None for anything else, however long."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= len(str(most))):
        return None
    return int(typed) if int(typed) <= most else None


def address_with(path: str, args: Iterable[tuple[str, str]], changes: Mapping[str, str | int | None]) -> str:
    """An address with other values in its query; None and an empty text take a value out."""
    kept = [(name, value) for name, value in args if name not in changes and value]
    new = [(name, str(value)) for name, value in changes.items() if value not in {None, ""}]
    return f"{path}?{urlencode(kept + new)}" if kept or new else path


def _number(value: str) -> int:
    if value.isascii() and value.isdecimal() and len(value) <= len(str(LAST_PAGE)):
        return min(max(int(value), 1), LAST_PAGE)
    return 1


def _sort(value: str, sortable: frozenset[str], default: Sort) -> Sort:
    sort = Sort(value.removeprefix("-"), descending=value.startswith("-"))
    return sort if sort.key in sortable else default
