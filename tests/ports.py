"""Ports for processes that a test starts: nobody else is given them before the process listens, or while it is away."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack, suppress

# Each as long as this process lives.
_claims: list[socket.socket] = []


def free_port() -> int:
    """A port that is free, as is the one after it.

    It lies below the ports that the system hands out. Other tests on this machine, which ask here too, find its
    counterpart for datagrams taken, and choose another.
    """
    while True:
        port = random.randrange(20_000, 30_000, 2)
        with suppress(OSError), ExitStack() as unless_all_are_free:
            claim = unless_all_are_free.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            claim.bind(("127.0.0.1", port))
            for number in (port, port + 1):
                with socket.socket() as trying:
                    trying.bind(("127.0.0.1", number))
            unless_all_are_free.pop_all()
            _claims.append(claim)
            return port
