"""Rate limits per address on the few routes that change something or cost something.

They are kept per process and forgotten at a restart: a first sieve against floods. What must be counted truly, such as
the attempts of someone who tests cards, is counted in tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, request
from flask_limiter import Limiter

from fundraising.web.tokens import address_digest

if TYPE_CHECKING:
    from flask import Flask


def client_address() -> str:
    """The address of the client, behind as many proxies as are trusted."""
    return request.remote_addr or "unknown"


def client_digest() -> str:
    """The client's address as a keyed digest, fit to be stored."""
    return address_digest(str(current_app.config["SECRET_KEY"]), client_address())


limiter = Limiter(key_func=client_address, strategy="moving-window", storage_uri="memory://")

GIVING = "20 per minute; 120 per hour"
SMALL_FORMS = "10 per minute; 60 per hour"
LOOK_UPS = "60 per minute"


def init(app: Flask) -> None:
    """Count requests to the routes that are decorated with `limiter.limit()`."""
    limiter.init_app(app)
