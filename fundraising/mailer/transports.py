"""What carries mail away: a mail server, or a folder."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import unquote, urlsplit

from fundraising.logs import summary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

SMTP_TIMEOUT_SECONDS = 20.0
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
# RFC 5321: the server closes the connection, whatever the command was.
_CLOSING = 421
_PERMANENT = 500

Send: TypeAlias = Callable[[EmailMessage], None]


class Refused(Exception):
    """The mail server will not take this mail. `permanent` where trying again is of no use."""

    def __init__(self, answer: str, *, permanent: bool) -> None:
        super().__init__(answer)
        self.permanent = permanent


class OutOfReach(Exception):
    """The mail server cannot be reached, or broke off: no use to try the next mail now."""


class Transport(Protocol):
    """What carries mail away. Its `Send` raises Refused or OutOfReach."""

    def opened(self) -> AbstractContextManager[Send]:
        """A connection for a batch of mails, made at the first of them."""
        ...


@dataclass(frozen=True, slots=True)
class FolderTransport:
    """Writes each mail to a file of its own, named after its Message-ID, for development and demonstration."""

    folder: Path

    @contextmanager
    def opened(self) -> Iterator[Send]:
        """Nothing to connect to."""
        yield self._write

    def _write(self, message: EmailMessage) -> None:
        written = message["Date"].datetime
        name = f"{written:%Y%m%d-%H%M%S}-{message['Message-ID'].strip('<>').partition('@')[0]}.eml"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = self.folder / f".{name}.{os.getpid()}"
            with open(unfinished, "wb", opener=partial(os.open, mode=0o600)) as file:
                file.write(message.as_bytes())
            unfinished.replace(self.folder / name)
        except OSError as error:
            raise OutOfReach(summary(error)) from error


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """Hands mail to a server: `smtps://user:password@host` or `smtp://user:password@host:587`.

    With `smtp` the connection is encrypted by STARTTLS before anything is said, except without a password to this very
    machine.
    """

    url: str
    timeout: float = SMTP_TIMEOUT_SECONDS
    trust: ssl.SSLContext | None = None

    @contextmanager
    def opened(self) -> Iterator[Send]:
        """One connection for the batch, made when the first mail goes."""
        line = _Line(self)
        try:
            yield line.send
        finally:
            line.close()

    def connect(self) -> smtplib.SMTP:
        """A connection ready for mail. Raises SMTPException or OSError."""
        parts = urlsplit(self.url)
        host, own_name = parts.hostname or "", socket.gethostname()
        trust = self.trust or ssl.create_default_context()
        smtp: smtplib.SMTP
        if parts.scheme == "smtps":
            smtp = smtplib.SMTP_SSL(host, parts.port or 465, own_name, timeout=self.timeout, context=trust)
        else:
            smtp = smtplib.SMTP(host, parts.port or 587, own_name, timeout=self.timeout)
        try:
            if parts.scheme == "smtp" and (parts.username or host not in _THIS_MACHINE):
                smtp.starttls(context=trust)
            if parts.username:
                smtp.login(unquote(parts.username), unquote(parts.password or ""))
        except BaseException:
            smtp.close()
            raise
        return smtp


class _Line:
    """A connection to a mail server, and what its answers mean."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._transport = transport
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        try:
            self._open().send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _meaning(code, answer) from error
        except smtplib.SMTPDataError as error:
            raise _meaning(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            # The server cannot carry an address with letters outside ASCII.
            raise Refused(summary(error), permanent=True) from error
        except OSError as error:
            raise OutOfReach(summary(error)) from error

    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = self._transport.connect()
            except OSError as error:
                # smtplib's own errors are OSErrors too: no connection, no encryption, a wrong password.
                raise OutOfReach(summary(error)) from error
        return self._smtp

    def close(self) -> None:
        if self._smtp is None:
            return
        try:
            self._smtp.quit()
        except OSError:
            self._smtp.close()


def _meaning(code: int, answer: bytes | str) -> Refused | OutOfReach:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    told = f"{code} {words}"
    return OutOfReach(told) if code == _CLOSING else Refused(told, permanent=code >= _PERMANENT)
