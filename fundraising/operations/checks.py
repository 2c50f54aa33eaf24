"""The whole check of the money: what each slice that touches money says must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.gifts import checks as gifts
from fundraising.giving import checks as giving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundraising.gifts.rules import Finding


def findings() -> Iterator[Finding]:
    """Everything that is not as it must be; nothing when all is well."""
    yield from gifts.findings()
    yield from giving.findings()
