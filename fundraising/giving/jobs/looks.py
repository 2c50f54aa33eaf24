"""Looking at one thing at Mollie after another: what goes wrong with one, or takes long, keeps no other waiting."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from fundraising import logs
from fundraising.contacts.rules import NamelessContact
from fundraising.db import transaction
from fundraising.gifts.rules import LedgerError
from fundraising.giving.mollie import MollieError, MollieUnavailable
from fundraising.giving.services.payments import ObservationRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logs.get_logger()

# Each of them waited for its time-outs, several times: Mollie is away, and what is left stays due.
_MOST_UNANSWERED = 3
# For how long a round begins new looks when Mollie is slow: far shorter than until the job counts as stalled. What is
# left stays due for the next round.
_ROUND_SECONDS = 240.0


class LostPromise(Exception):
    """Somebody paid what we asked for and do not know: the database came from a backup. A person must look."""


# What can go wrong with one payment, and must neither keep the others waiting nor end in a page that says nothing.
TROUBLE = (MollieError, ObservationRefused, LostPromise, LedgerError, NamelessContact, DBAPIError)


@dataclass(slots=True)
class Looks:
    """A round of looks, and what came of them.

    What can be foreseen is put aside with its payment. Anything else ends the round and fails the job, which is told;
    the next round goes on with the others, because each payment is put off before it is looked at.
    """

    well: int = 0
    failed: int = 0
    _unanswered: int = 0
    _ends_at: float = field(default_factory=lambda: time.monotonic() + _ROUND_SECONDS)

    def time_is_up(self) -> bool:
        """Whether the round has gone on for so long that it begins no further look."""
        return time.monotonic() >= self._ends_at

    @contextmanager
    def one(self, note: Callable[[str], None], **named: object) -> Iterator[None]:
        """Look at one. Raises MollieUnavailable once nothing was answered several times in a row."""
        try:
            yield
        except TROUBLE as trouble:
            log.warning("payment.sync_failed", error=logs.summary(trouble), **named)
            with transaction():
                note(logs.summary(trouble))
            self.failed += 1
            self._unanswered = self._unanswered + 1 if isinstance(trouble, MollieUnavailable) else 0
            if self._unanswered == _MOST_UNANSWERED:
                raise
        else:
            self.well += 1
            self._unanswered = 0
