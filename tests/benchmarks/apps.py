"""What is served beside the house: the least that Flask can do, and the house with a stopwatch at Mollie's door."""

from __future__ import annotations

import http.client
import time
from typing import Any

from flask import Flask, Response, g

from fundraising.app import create_app

MOLLIE_TIME = "X-Mollie-Milliseconds"


def bare() -> Flask:
    """One route and nothing else: what Flask under this server costs by itself."""
    app = Flask("bare")

    @app.get("/")
    def hello() -> str:
        return "hello"

    return app


def timed_house() -> Flask:
    """The house; each answer tells how long Mollie took, from the question sent until the head of its answer came.

    What the client library does before and after that counts as ours.
    """
    app = create_app()
    original = http.client.HTTPConnection.getresponse

    def timed(connection: http.client.HTTPConnection, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:
        began = time.perf_counter()
        try:
            return original(connection, *args, **kwargs)
        finally:
            g.mollie = g.get("mollie", 0.0) + time.perf_counter() - began

    http.client.HTTPConnection.getresponse = timed

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers[MOLLIE_TIME] = f"{g.get('mollie', 0.0) * 1000:.3f}"
        return response

    return app
