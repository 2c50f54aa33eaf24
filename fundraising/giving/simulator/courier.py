"""The thread that lets simulated time do its work."""

import threading

from fundraising.giving.simulator.lifecycle import expire_due
from fundraising.giving.simulator.webhooks import deliver_due, next_due, recover
from fundraising.giving.simulator.world import World

LONGEST_PAUSE = 1.0
"""Real seconds; payments expire unannounced, so somebody has to look."""


class Courier:
    """One thread that lets payments expire and sends webhooks when they are due."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mollie-simulator-courier", daemon=True)

    def start(self) -> None:
        """Begin, first putting back what was under way when the simulator last stopped."""
        recover(self._world)
        self._thread.start()

    def stop(self) -> None:
        """Finish the deliveries under way and stop."""
        self._stopped.set()
        self._world.news.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._world.news.clear()
            expire_due(self._world)
            deliver_due(self._world)
            self._world.news.wait(self._pause())

    def _pause(self) -> float:
        due_at = next_due(self._world)
        if due_at is None:
            return LONGEST_PAUSE
        ahead = (due_at - self._world.clock.now().timestamp()) / self._world.clock.speed
        return min(LONGEST_PAUSE, max(0.0, ahead))
