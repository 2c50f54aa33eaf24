"""Logs: one event a line, JSON in production, with the request's id and nothing personal.

Code logs numbers of rows (`mail=12`), never an address, a name or an IBAN. Because an error's own words may quote what
somebody typed, only their first line is kept, and what looks like an e-mail address or an IBAN is masked.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from structlog.stdlib import BoundLogger
    from structlog.typing import BindableLogger, Processor

_EMAIL = re.compile(r"[^\s<>\"'=(),;:]+@[^\s<>\"'(),;:]+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_LONGEST = 300
_FRAME = " < "

# These tell at INFO what the jobs' own lines tell better.
_TALKATIVE = ("huey", "huey.consumer", "alembic", "granian.access", "weasyprint", "fontTools", "urllib3")


def get_logger() -> BoundLogger:
    """The logger: `get_logger().info("mail.sent", mail=12)`. An event is a part of the house and what became of it."""
    logger: BoundLogger = structlog.stdlib.get_logger("fundraising")
    return logger


def configure_logging(*, production: bool) -> None:
    """Send our lines and those of the libraries to standard error, as JSON in production and readable elsewhere."""
    shared = _processors(production=production)
    readable: list[Processor] = [_on_lines, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    renderers = [structlog.processors.JSONRenderer()] if production else readable
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(StandardError())
    handler.addFilter(_TellsOnceAMinute("huey.consumer"))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if not _is_ours(kept)] + [handler]
    root.setLevel(logging.INFO)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class _TellsOnceAMinute(logging.Filter):
    """Lets a message of these loggers through once a minute, and all of the others.

    Where Redis is gone each thread of the worker says so twice a second: that filled 5 GB a day.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not super().filter(record):
            return True
        if record.created < self._told.get(str(record.msg), 0.0) + 60:
            return False
        self._told[str(record.msg)] = record.created
        return True


class StandardError:
    """Standard error, whatever stands for it at the moment."""

    def write(self, text: str) -> int:
        """Write it out."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Hold nothing back."""
        sys.stderr.flush()


def summary(error: BaseException) -> str:
    """An error in one line without anything personal: its kind and the first line of its words, masked."""
    lines = str(error).splitlines()
    words = masked(lines[0].strip())[:_LONGEST] if lines else ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def masked(text: str) -> str:
    """The text with what looks like an e-mail address or an IBAN taken out."""
    return _IBAN.sub("[iban]", _EMAIL.sub("[e-mail]", text))


def _is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)


def _processors(*, production: bool) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso" if production else "%H:%M:%S", utc=production),
        _tell_errors,
        _mask,
    ]


def _tell_errors(_logger: BindableLogger, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # The frames and one masked line per error; the ordinary traceback prints every word, and a database quotes the row
    # that it refused.
    asked = event.pop("exc_info", None)
    if asked and (error := _error_of(asked)) is not None:
        event["error"] = _chain(error)
    return event


def _error_of(asked: object) -> BaseException | None:
    # logging allows the error itself, the triple of sys.exc_info(), or just True.
    if isinstance(asked, BaseException):
        return asked
    return asked[1] if isinstance(asked, tuple) else sys.exc_info()[1]


def _on_lines(_logger: BindableLogger, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    told = event.get("error")
    if isinstance(told, list):
        event["exception"] = "\n".join(event.pop("error")).replace(_FRAME, "\n    ")
    return event


def _chain(error: BaseException) -> list[str]:
    told: list[str] = []
    current: BaseException | None = error
    while current is not None:
        frames = traceback.extract_tb(current.__traceback__)
        told.append(_FRAME.join([summary(current), *(f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames))]))
        hidden = current.__cause__ is None and current.__suppress_context__
        current = None if hidden else current.__cause__ or current.__context__
    return told


def _mask(_logger: BindableLogger, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = masked(value)
    return event
