"""Structured logs, one line per request, without personal data.

A line names the endpoint, never the address with its query; it bears a request id that also stands in the answer.
Personal data hides in exceptions too: a database error quotes the values that it choked on, so its message is left out.
"""

from __future__ import annotations

import logging
import secrets
import sys
import time
import traceback
from typing import TYPE_CHECKING

import structlog
from flask import g, request

if TYPE_CHECKING:
    from flask import Flask, Response
    from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

_QUOTING_MODULES = ("sqlalchemy", "psycopg", "sqlite3")
_REQUEST_ID_BYTES = 8

_log = structlog.stdlib.get_logger("fundraising.web")


def init(app: Flask, *, as_json: bool) -> None:
    """Write logs to standard error, one JSON object a line or, on a developer's screen, one line of words."""
    _configure(as_json=as_json)
    app.before_request(_begin)
    app.after_request(_finish)


def _configure(*, as_json: bool) -> None:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_exception,
    ]
    last: Processor = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    foreign = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(foreign)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = secrets.token_hex(_REQUEST_ID_BYTES)
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    # A request that was refused before it began has no id: the host was not ours.
    began = g.get("began")
    if began is not None:
        response.headers["X-Request-Id"] = g.request_id
    _log.info(
        "request",
        endpoint=request.endpoint,
        method=request.method,
        status=response.status_code,
        ms=None if began is None else round((time.perf_counter() - began) * 1000, 1),
    )
    structlog.contextvars.clear_contextvars()
    return response


def _describe_exception(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    exc_info: ExcInfo | bool | BaseException | None = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()  # type: ignore[assignment]
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_described(error))
    return event


def _described(error: BaseException) -> list[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [*_described(cause), "which led to:"] if cause is not None else []
    quotes = type(error).__module__.split(".")[0] in _QUOTING_MODULES
    lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
    return [*lines, type(error).__name__ if quotes else f"{type(error).__name__}: {error}"]
