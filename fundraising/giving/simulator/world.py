"""Everything that one simulator consists of, handed around as one thing."""

import hashlib
import random
import secrets
import string
import threading
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from fundraising.giving.simulator.clock import Clock
from fundraising.giving.simulator.errors import not_found
from fundraising.giving.simulator.records import Chargeback, Payment, Refund
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.giving.simulator.store import Entity, Store

DATABASE = "simulator.sqlite3"
EXTENSION = "mollie-simulator"
_ALPHABET = string.ascii_letters + string.digits
_ID_LENGTH = 10


@dataclass(frozen=True)
class World:
    """Settings, memory, time and chance; `news` is set whenever a webhook may be waiting."""

    settings: SimulatorSettings
    store: Store
    clock: Clock
    chance: random.Random
    news: threading.Event = field(default_factory=threading.Event)

    def new_id(self, prefix: str) -> str:
        """Return an id such as `tr_WDqYK6vllg`; with a seed the n-th id of each prefix is always the same."""
        number = self.store.next_number(prefix)
        if self.settings.seed is None:
            return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))}"
        digest = hashlib.sha256(f"{self.settings.seed}:{prefix}:{number}".encode()).digest()
        return f"{prefix}_{''.join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_ID_LENGTH])}"

    def payment(self, payment_id: str, mode: str | None = None) -> Payment:
        """Return a payment; raises a 404 if there is none in that mode (None: either)."""
        return Payment.of(self._entity("payment", payment_id, mode))

    def refund(self, refund_id: str, mode: str | None = None) -> Refund:
        """Return a refund; raises a 404 if there is none in that mode (None: either)."""
        return Refund.of(self._entity("refund", refund_id, mode))

    def chargeback(self, chargeback_id: str, mode: str | None = None) -> Chargeback:
        """Return a chargeback; raises a 404 if there is none in that mode (None: either)."""
        return Chargeback.of(self._entity("chargeback", chargeback_id, mode))

    def refunds(self, payment_id: str) -> list[Refund]:
        """Return a payment's refunds, newest first."""
        return [Refund.of(entity) for entity in self.store.children("refund", payment_id)]

    def chargebacks(self, payment_id: str) -> list[Chargeback]:
        """Return a payment's chargebacks, newest first."""
        return [Chargeback.of(entity) for entity in self.store.children("chargeback", payment_id)]

    def _entity(self, kind: str, entity_id: str, mode: str | None) -> Entity:
        entity = self.store.get(kind, entity_id)
        if entity is None or mode not in {None, entity.mode}:
            raise not_found(entity_id)
        return entity


def make_world(settings: SimulatorSettings) -> World:
    """Open the memory that the settings name and put the clock on it."""
    store = Store(settings.folder / DATABASE if settings.folder else None)
    return World(settings, store, Clock(store), random.Random(settings.seed))  # noqa: S311 (shuffles webhooks)


def current_world() -> World:
    """Return the world of the application that is answering."""
    return cast("World", current_app.extensions[EXTENSION])
