"""The simulator's own time, which can be moved forward and sped up."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fundraising.giving.simulator.store import Store

_SETTING = "clock"


@dataclass(frozen=True)
class ClockState:
    """Simulated time is `simulated` at the moment `real` (both seconds since 1970), running `speed` times as fast."""

    real: float = 0.0
    simulated: float = 0.0
    speed: float = 1.0


class Clock:
    """Tells simulated time; its state survives a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        saved = store.setting(_SETTING)
        self._state = ClockState(**saved) if saved else ClockState()

    @property
    def speed(self) -> float:
        """How many simulated seconds pass in a real one."""
        return self._state.speed

    @property
    def offset(self) -> float:
        """Seconds by which simulated time is ahead of real time now."""
        return self._timestamp() - time.time()

    def now(self) -> datetime:
        """Return the simulated instant, aware, in UTC."""
        return datetime.fromtimestamp(self._timestamp(), UTC)

    def set(self, *, offset: float | None = None, speed: float | None = None) -> None:
        """Put the clock `offset` seconds ahead of real time and/or let it run `speed` times as fast."""
        real = time.time()
        simulated = self._timestamp() if offset is None else real + offset
        self._state = ClockState(real, simulated, self.speed if speed is None else speed)
        self._store.put_setting(_SETTING, vars(self._state))

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.set(offset=self.offset + seconds)

    def _timestamp(self) -> float:
        state = self._state
        return state.simulated + (time.time() - state.real) * state.speed


def written(instant: datetime) -> str:
    """Return an instant as Mollie writes it: `2026-11-22T14:00:00+00:00`."""
    return instant.astimezone(UTC).isoformat(timespec="seconds")


def after(instant: datetime, seconds: float) -> datetime:
    """Return the instant so many seconds later."""
    return instant + timedelta(seconds=seconds)
