"""Rate limits per address on the few routes that change something or cost something.

They are kept per process and forgotten at a restart: a first sieve against floods. What must be counted truly, such as
the attempts of someone who tests cards, is counted in tables.

The counting is done by `limits`, the engine of Flask-Limiter. That one itself looks at every request, also of routes
without a limit, which took a quarter of the time of a giving page.
"""

from __future__ import annotations

import time
from functools import wraps
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from flask import current_app, request
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from fundraising.web.tokens import address_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from limits import RateLimitItem

P = ParamSpec("P")
R = TypeVar("R")

GIVING = "20/minute; 120/hour"
SMALL_FORMS = "10/minute; 60/hour"
LOOK_UPS = "60/minute"
_EXTENSION = "limits"
_NETWORK_BITS = 64
# A load test sets this to False in the application's config.
SWITCH = "RATE_LIMITED"


def init(app: Flask) -> None:
    """Begin to count."""
    app.config.setdefault(SWITCH, True)
    app.extensions[_EXTENSION] = MovingWindowRateLimiter(MemoryStorage())


def limited(rates: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let an address use a view so often, `20/minute; 120/hour` say, in all languages together; then 429."""
    items = parse_many(rates)

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if current_app.config[SWITCH]:
                _count(items, view.__name__)
            return view(*args, **kwargs)

        return guarded

    return decorate


def client_address() -> str:
    """The address of the client, as the trusted proxies tell it; of IPv6 the first half, which is the network's.

    Every household and every rented server has at least a /64 of IPv6 (RIPE-690), and can send each request from
    another address of it.
    """
    told = request.remote_addr or "unknown"
    try:
        address = ip_address(told)
    except ValueError:  # a socket's name, or what a proxy made up
        return told
    if isinstance(address, IPv4Address):
        return told
    return str(address.ipv4_mapped or IPv6Network((int(address), _NETWORK_BITS), strict=False))


def client_digest() -> str:
    """The client's address as a keyed digest, fit to be stored."""
    return address_digest(str(current_app.config["SECRET_KEY"]), client_address())


def _count(items: list[RateLimitItem], view: str) -> None:
    limiter = cast("MovingWindowRateLimiter", current_app.extensions[_EXTENSION])
    for item in items:
        if not limiter.hit(item, view, client_address()):
            reset = limiter.get_window_stats(item, view, client_address()).reset_time
            raise TooManyRequests(retry_after=max(1, round(reset - time.time())))
