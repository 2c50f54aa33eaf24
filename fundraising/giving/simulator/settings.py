"""How a simulator is set up."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    """The simulator's settings; every one has a default that works on one machine.

    `folder` holds `simulator.sqlite3` (None: in memory). `seed` makes ids and chance repeatable. `public_url` is the
    address that a donor's browser reaches (default: the address by which the API was called). `api_keys` limits the
    accepted keys (default: any of Mollie's form). `refuse_local_webhooks` refuses webhook addresses that Mollie could
    not reach. `webhook_speed` divides the waits of the retry schedule. `webhook_timeout` is in seconds.
    `start_courier` decides whether a server sends webhooks by itself or waits for `deliver_due`.
    """

    folder: Path | None = None
    seed: int | None = None
    public_url: str = ""
    api_keys: tuple[str, ...] = ()
    refuse_local_webhooks: bool = False
    webhook_speed: float = 1.0
    webhook_timeout: float = 15.0
    start_courier: bool = True
