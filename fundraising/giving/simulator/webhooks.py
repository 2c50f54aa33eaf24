"""Classic webhooks: `id=tr_…` posted to the merchant, tried ten times over 26 hours until it answers with a 2xx.

The queue stands in the database, so that nothing is forgotten when the simulator stops.
"""

import http.client
import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from fundraising.giving.simulator.clock import written
from fundraising.giving.simulator.faults import lose_one_webhook, webhook_faults
from fundraising.giving.simulator.records import Payment
from fundraising.giving.simulator.world import World

MINUTE = 60
HOUR = 60 * MINUTE
SCHEDULE = (
    0,
    MINUTE,
    3 * MINUTE,
    7 * MINUTE,
    15 * MINUTE,
    31 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    26 * HOUR,
)
"""When each attempt is made, in seconds after the first."""

_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "Mollie HTTP client/1.0",
    "Accept": "*/*",
}
_SUCCESS = range(200, 300)
_INSERT = "INSERT INTO webhook (payment_id, url, reason, state, first_due_at, due_at) VALUES (?, ?, ?, ?, ?, ?)"
_LOG = "INSERT INTO delivery (webhook_id, attempt, at, status, error, milliseconds) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt: an HTTP status, or an error where there was no answer."""

    status: int | None
    error: str | None
    milliseconds: float

    @property
    def delivered(self) -> bool:
        """Whether the merchant accepted it."""
        return self.status in _SUCCESS


def announce(world: World, payment: Payment, reason: str) -> None:
    """Queue a webhook for a payment, subject to the faults asked for; call inside a transaction."""
    if payment.webhook_url is None:
        return
    lost = lose_one_webhook(world.store)
    faults = webhook_faults(world.store)
    for _ in range(1 + faults.duplicates):
        due_at = world.clock.now().timestamp() + faults.delay_seconds
        due_at += world.chance.uniform(0, faults.reorder_seconds)
        state = "lost" if lost else "waiting"
        world.store.rows(_INSERT, (payment.id, payment.webhook_url, reason, state, due_at, due_at))
    world.news.set()


def deliver_due(world: World, now: datetime | None = None) -> int:
    """Send what is due at `now` (simulated; default: the clock's), each once; return how many were accepted."""
    moment = now or world.clock.now()
    sql = "SELECT id FROM webhook WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id"
    due = [row["id"] for row in world.store.rows(sql, (moment.timestamp(),))]
    return sum(_deliver(world, webhook_id, moment) for webhook_id in due)


def next_due(world: World) -> float | None:
    """Return when the next attempt is due (simulated seconds since 1970), or None."""
    row = world.store.rows("SELECT min(due_at) AS due_at FROM webhook WHERE state = 'waiting'")[0]
    return None if row["due_at"] is None else float(row["due_at"])


def recover(world: World) -> None:
    """Put back what was under way when the simulator last stopped: it is sent again."""
    world.store.rows("UPDATE webhook SET state = 'waiting' WHERE state = 'sending'")


def queue(world: World, limit: int = 100, payment_id: str | None = None) -> list[dict[str, object]]:
    """Return the latest webhooks (of one payment, if named) with their attempts, newest first."""
    where = "WHERE payment_id = coalesce(?, payment_id)"
    rows = world.store.rows(f"SELECT * FROM webhook {where} ORDER BY id DESC LIMIT ?", (payment_id, limit))  # noqa: S608
    sql = "SELECT attempt, at, status, error, milliseconds FROM delivery WHERE webhook_id = ? ORDER BY id"
    return [
        dict(row) | {"deliveries": [dict(delivery) for delivery in world.store.rows(sql, (row["id"],))]} for row in rows
    ]


def _deliver(world: World, webhook_id: int, moment: datetime) -> bool:
    """Make one attempt, unless another thread has just taken it; return whether it was accepted."""
    claim = "UPDATE webhook SET state = 'sending' WHERE id = ? AND state = 'waiting' RETURNING *"
    claimed = world.store.rows(claim, (webhook_id,))
    if not claimed:
        return False
    row = claimed[0]
    outcome = post(row["url"], row["payment_id"], world.settings.webhook_timeout)
    attempts = row["attempts"] + 1
    state, due_at = "delivered", row["due_at"]
    if not outcome.delivered:
        state = "waiting" if attempts < len(SCHEDULE) else "given up"
        wait = SCHEDULE[min(attempts, len(SCHEDULE) - 1)] / world.settings.webhook_speed
        due_at = row["first_due_at"] + wait
    with world.store.transaction():
        log = (webhook_id, attempts, written(moment), outcome.status, outcome.error, outcome.milliseconds)
        world.store.rows(_LOG, log)
        update = "UPDATE webhook SET state = ?, attempts = ?, due_at = ? WHERE id = ?"
        world.store.rows(update, (state, attempts, due_at, webhook_id))
    return outcome.delivered


def post(url: str, payment_id: str, timeout: float) -> Outcome:
    """Post a payment's id to a webhook address, following no redirect; never raises for what the merchant does."""
    began = time.perf_counter()
    status, error = None, None
    try:
        status = _post(url, payment_id, timeout)
    except (OSError, http.client.HTTPException) as failure:
        error = f"{type(failure).__name__}: {failure}"
    return Outcome(status, error, round((time.perf_counter() - began) * 1000, 1))


def _post(url: str, payment_id: str, timeout: float) -> int:
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=timeout)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, urlencode({"id": payment_id}), _HEADERS)
        return connection.getresponse().status
    finally:
        connection.close()
