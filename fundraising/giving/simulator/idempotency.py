"""The `Idempotency-Key` of a POST: for one hour the same key gives the same answer, and the work is done once."""

import hashlib
from dataclasses import dataclass

from fundraising.giving.simulator.errors import ApiError
from fundraising.giving.simulator.world import World

REMEMBERED = 3600
"""Seconds of simulated time."""


@dataclass(frozen=True)
class Claim:
    """A caller's key, held while its request is being answered."""

    key: str
    caller: str


@dataclass(frozen=True)
class Replay:
    """The answer that was given before."""

    status: int
    body: str


def claim(world: World, claimed: Claim, request_line: str, body: bytes) -> Replay | None:
    """Hold a key for a request, or return the answer that it already had.

    Raises a 400 where the key was used for another request, and a 409 where its request is still being answered.
    """
    fingerprint = hashlib.sha256(request_line.encode() + b"\n" + body).hexdigest()
    now = world.clock.now().timestamp()
    with world.store.transaction():
        world.store.rows("DELETE FROM idempotency WHERE claimed_at < ?", (now - REMEMBERED,))
        sql = "SELECT fingerprint, status, body FROM idempotency WHERE key = ? AND caller = ?"
        found = world.store.rows(sql, (claimed.key, claimed.caller))
        if not found:
            sql = "INSERT INTO idempotency (key, caller, fingerprint, claimed_at) VALUES (?, ?, ?, ?)"
            world.store.rows(sql, (claimed.key, claimed.caller, fingerprint, now))
            return None
    if found[0]["fingerprint"] != fingerprint:
        raise ApiError(400, "The idempotency key was used before with another request")
    if found[0]["status"] is None:
        raise ApiError(409, "A request with this idempotency key is still being processed")
    return Replay(found[0]["status"], found[0]["body"])


def remember(world: World, claimed: Claim, answer: Replay) -> None:
    """Keep the answer to a request that did something; a refused one leaves its key free."""
    if answer.status >= 300:  # noqa: PLR2004 (beyond success)
        release(world, claimed)
        return
    sql = "UPDATE idempotency SET status = ?, body = ? WHERE key = ? AND caller = ?"
    world.store.rows(sql, (answer.status, answer.body, claimed.key, claimed.caller))


def release(world: World, claimed: Claim) -> None:
    """Let a key be used again."""
    world.store.rows("DELETE FROM idempotency WHERE key = ? AND caller = ?", (claimed.key, claimed.caller))


def forget_unanswered(world: World) -> None:
    """Free the keys of requests that were under way when the simulator last stopped."""
    world.store.rows("DELETE FROM idempotency WHERE status IS NULL")
