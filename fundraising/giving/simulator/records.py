"""What the simulator keeps of each resource, typed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fundraising.giving.simulator.amounts import Amount
from fundraising.giving.simulator.store import Entity


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A payment. `moments` maps a status to when it was reached; the choices of the request are kept as given."""

    id: str
    mode: str
    cents: int
    currency: str
    description: str
    status: str
    created_at: str
    expires_at: str
    redirect_url: str
    cancel_url: str | None = None
    webhook_url: str | None = None
    method: str | None = None
    allowed_methods: tuple[str, ...] = ()
    metadata: Any = None
    locale: str | None = None
    country: str | None = None
    moments: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] | None = None

    @property
    def amount(self) -> Amount:
        """What is to be paid."""
        return Amount(self.cents, self.currency)

    @classmethod
    def of(cls, entity: Entity) -> "Payment":
        """Return the payment that an entity holds."""
        body = entity.body | {"allowed_methods": tuple(entity.body["allowed_methods"])}
        return cls(**body)

    def entity(self) -> Entity:
        """Return what to store: an open payment falls due when it expires."""
        due_at = datetime.fromisoformat(self.expires_at).timestamp() if self.status == "open" else None
        return Entity(kind="payment", id=self.id, mode=self.mode, body=dict(vars(self)), due_at=due_at)


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money given back, or on its way."""

    id: str
    mode: str
    payment_id: str
    cents: int
    currency: str
    description: str
    status: str
    created_at: str
    metadata: Any = None

    @property
    def amount(self) -> Amount:
        """What is given back."""
        return Amount(self.cents, self.currency)

    @property
    def counts(self) -> bool:
        """Whether it lessens what may still be refunded: failed and canceled refunds do not."""
        return self.status not in {"failed", "canceled"}

    @classmethod
    def of(cls, entity: Entity) -> "Refund":
        """Return the refund that an entity holds."""
        return cls(**entity.body)

    def entity(self) -> Entity:
        """Return what to store."""
        return Entity(kind="refund", id=self.id, mode=self.mode, parent=self.payment_id, body=dict(vars(self)))


@dataclass(frozen=True, kw_only=True)
class Chargeback:
    """Money that the payer's bank took back; `reversed_at` says when it came again."""

    id: str
    mode: str
    payment_id: str
    cents: int
    currency: str
    created_at: str
    reason_code: str | None = None
    reversed_at: str | None = None

    @property
    def amount(self) -> Amount:
        """What was taken back."""
        return Amount(self.cents, self.currency)

    @property
    def counts(self) -> bool:
        """Whether the money is gone: a reversed chargeback has come back."""
        return self.reversed_at is None

    @classmethod
    def of(cls, entity: Entity) -> "Chargeback":
        """Return the chargeback that an entity holds."""
        return cls(**entity.body)

    def entity(self) -> Entity:
        """Return what to store."""
        return Entity(kind="chargeback", id=self.id, mode=self.mode, parent=self.payment_id, body=dict(vars(self)))
