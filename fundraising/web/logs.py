"""One line in the log per request, without personal data: the endpoint, never the address with what stands in it.

The request id also stands in the answer, so that a donor's screenshot leads to the lines of that request.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING, cast

import structlog
from flask import request

from fundraising.logs import StandardError, get_logger
from fundraising.web.pages import ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Any, TextIO

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask
    from structlog.typing import EventDict, ExcInfo, FilteringBoundLogger, Processor

_REQUEST_ID_BYTES = 8


class RequestLog:
    """Writes a line after each request, outside Flask, so that also what Flask refuses has its line."""

    def __init__(self, app: WSGIApplication, *, as_json: bool) -> None:
        """Wrap an application. The lines are JSON, or words for a developer's screen."""
        self._app = app
        self._line = _line_writer(as_json=as_json)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, and note it."""
        began = time.perf_counter()
        request_id = secrets.token_hex(_REQUEST_ID_BYTES)
        answered, endpoint = "500", None

        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
        ) -> Any:  # noqa: ANN401  the server's
            nonlocal answered, endpoint
            # Now, since Flask lets go of its request before it returns.
            answered, endpoint = status, _endpoint(environ)
            return start_response(status, [*headers, ("X-Request-Id", request_id)], exc_info)

        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            return self._app(environ, start)
        finally:
            structlog.contextvars.clear_contextvars()
            self._line.info(
                "request",
                request_id=request_id,
                endpoint=endpoint,
                method=environ["REQUEST_METHOD"],
                status=int(answered[:3]),
                ms=round((time.perf_counter() - began) * 1000, 1),
            )


def _endpoint(environ: WSGIEnvironment) -> str | None:
    if ENDPOINT in environ:
        return str(environ[ENDPOINT])
    asked = environ.get("werkzeug.request")
    return asked.endpoint if asked is not None else None


def init(app: Flask, *, as_json: bool) -> None:
    """Write a line after each request, and one without its address for each that failed."""

    def log_exception(exc_info: ExcInfo) -> None:
        # Flask's own line quotes the address, in which a token may stand.
        get_logger().error("request.failed", endpoint=request.endpoint, method=request.method, exc_info=exc_info)

    app.log_exception = log_exception  # type: ignore[method-assign,assignment]
    app.wsgi_app = RequestLog(app.wsgi_app, as_json=as_json)  # type: ignore[method-assign]


def _line_writer(*, as_json: bool) -> FilteringBoundLogger:
    """A logger past the standard library's: that one would take as long as the rest of a kept page."""
    renderer = structlog.processors.JSONRenderer() if as_json else _in_words
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S", utc=as_json),
        renderer,
    ]
    logger = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", StandardError())),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return cast("FilteringBoundLogger", logger.bind())


def _in_words(_logger: object, _method: str, line: EventDict) -> str:
    """As structlog's ConsoleRenderer writes the lines around it, which takes as long for one as a kept page does."""
    head = f"{line.pop('timestamp')} [{line.pop('level'):<9}] {line.pop('event'):<30} "
    return head + " ".join(f"{name}={line[name]}" for name in sorted(line))
