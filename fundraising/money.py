"""Euro amounts in whole cents.

Money is never a bare number in this project: mixing the two raises, so that a figure in euros cannot pass for one
in cents. Other currencies do not exist here; the doors to the outside refuse them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NBSP = "\u00a0"
# "1300", "1.300", "1.300,00", "25,5", "25.50": a dot before three digits groups, before one or two it is a decimal
# sign.
_WRITTEN = re.compile(
    r"(?P<whole>[0-9]{1,12}|[0-9]{1,3}(?:\.[0-9]{3}){1,3})(?:[.,](?P<fraction>[0-9]{1,2})|,-)?",
)
_EXACT = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,12})\.(?P<fraction>[0-9]{2})")


class NotAnAmount(ValueError):
    """The text is not one unambiguous amount of euros."""


@dataclass(frozen=True, slots=True, order=True)
class Euro:
    """An amount of euros, held in whole cents; negative for what went back."""

    cents: int

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise TypeError(f"cents are a whole number, not {type(self.cents).__name__}")

    @classmethod
    def of(cls, euros: int) -> Euro:
        """Whole euros."""
        return cls(euros * 100)

    @classmethod
    def parse(cls, text: str) -> Euro:
        """Read an amount as people in the Netherlands write it: `1300`, `1.300`, `1.300,00`, `€ 25`, `25,-`.

        `1,300` is refused: it is 1300 to one reader and 1,30 to the next. Raises NotAnAmount.
        """
        bare = re.sub(r"[\s\u00a0\u202f]", "", text).removeprefix("€").removeprefix("EUR").removesuffix("€")
        match = _WRITTEN.fullmatch(bare)
        if match is None:
            raise NotAnAmount(text[:40])
        fraction = (match["fraction"] or "").ljust(2, "0")
        return cls(int(match["whole"].replace(".", "")) * 100 + int(fraction))

    @classmethod
    def from_value(cls, value: str) -> Euro:
        """Read a machine's amount, always with two decimals: Mollie's `"10.00"`. Raises NotAnAmount."""
        match = _EXACT.fullmatch(value)
        if match is None:
            raise NotAnAmount(value[:40])
        cents = int(match["whole"]) * 100 + int(match["fraction"])
        return cls(-cents if match["sign"] else cents)

    @classmethod
    def sum(cls, amounts: Iterable[Euro]) -> Euro:
        """Add amounts; nothing adds up to € 0."""
        return sum(amounts, start=cls(0))

    @property
    def value(self) -> str:
        """The amount as machines exchange it: `"1000.00"`."""
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{abs(self.cents) // 100}.{abs(self.cents) % 100:02d}"

    def as_json(self) -> dict[str, str]:
        """The amount as Mollie writes it, for programs."""
        return {"amount": self.value, "currency": "EUR"}

    def written(self, *, english: bool = False) -> str:
        """The amount for people: `€ 1.300`, `€ 12,50`, `-€ 5`; in English `€1,300`. Whole euros without decimals."""
        whole, cents = divmod(abs(self.cents), 100)
        grouped, space, point = f"{whole:,}", "", "."
        if not english:
            grouped, space, point = grouped.replace(",", "."), _NBSP, ","
        sign = "-" if self.cents < 0 else ""
        return f"{sign}€{space}{grouped}" + (f"{point}{cents:02d}" if cents else "")

    def split(self, weights: Sequence[int]) -> list[Euro]:
        """Divide by weights so that the parts sum exactly; odd cents go to the largest remainders, first come first.

        Raises ValueError for a negative weight or weights that sum to nothing.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights are whole numbers of 0 or more, and not all 0")
        sign = -1 if self.cents < 0 else 1
        shares = [divmod(abs(self.cents) * weight, total) for weight in weights]
        left = abs(self.cents) - sum(share for share, _ in shares)
        by_remainder = sorted(range(len(shares)), key=lambda i: -shares[i][1])
        odd = set(by_remainder[:left])
        return [Euro(sign * (share + (i in odd))) for i, (share, _) in enumerate(shares)]

    def __add__(self, other: Euro) -> Euro:
        return Euro(self.cents + other.cents) if isinstance(other, Euro) else NotImplemented

    def __sub__(self, other: Euro) -> Euro:
        return Euro(self.cents - other.cents) if isinstance(other, Euro) else NotImplemented

    def __neg__(self) -> Euro:
        return Euro(-self.cents)

    def __mul__(self, times: int) -> Euro:
        return Euro(self.cents * times) if type(times) is int else NotImplemented

    def __bool__(self) -> bool:
        return self.cents != 0

    def __str__(self) -> str:
        return self.written()
