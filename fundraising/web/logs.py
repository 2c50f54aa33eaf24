"""One line in the log per request, without personal data: the endpoint, never the address with what stands in it.

The request id also stands in the answer, so that a donor's screenshot leads to the lines of that request.
"""

from __future__ import annotations

import logging
import secrets
import sys
import time
from typing import TYPE_CHECKING, cast

import structlog
from flask import g, request

from fundraising.logs import get_logger

if TYPE_CHECKING:
    from typing import TextIO

    from flask import Flask, Response
    from structlog.typing import ExcInfo, FilteringBoundLogger, Processor

_REQUEST_ID_BYTES = 8


class _StandardError:
    """Standard error, whatever stands for it at the moment."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def init(app: Flask, *, as_json: bool) -> None:
    """Write a line after each request: JSON, or words for a developer's screen."""
    line = _line_writer(as_json=as_json)

    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = secrets.token_hex(_REQUEST_ID_BYTES)
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    def finish(response: Response) -> Response:
        # A request for a host that is not ours is refused before it began.
        began = g.get("began")
        if began is None:
            begin()
        response.headers["X-Request-Id"] = g.request_id
        line.info(
            "request",
            endpoint=request.endpoint,
            method=request.method,
            status=response.status_code,
            ms=round((time.perf_counter() - g.began) * 1000, 1),
        )
        structlog.contextvars.clear_contextvars()
        return response

    def log_exception(exc_info: ExcInfo) -> None:
        # Flask's own line quotes the address, in which a token may stand.
        get_logger().error("request.failed", endpoint=request.endpoint, method=request.method, exc_info=exc_info)

    app.log_exception = log_exception  # type: ignore[method-assign,assignment]
    app.before_request(begin)
    app.after_request(finish)


def _line_writer(*, as_json: bool) -> FilteringBoundLogger:
    """A logger past the standard library's: that one would take as long as the rest of a cached page."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S", utc=as_json),
        renderer,
    ]
    logger = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", _StandardError())),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return cast("FilteringBoundLogger", logger.bind())
