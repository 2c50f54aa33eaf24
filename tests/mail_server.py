"""A real SMTP server that can be told to misbehave."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

TLS = Path(__file__).parent / "samples" / "tls"
# It tells of each command, from a thread of its own.
logging.getLogger("mail.log").setLevel(logging.WARNING)

ACCEPTED = "250 OK"
DROP = "drop"
HANG = "hang"


class MailServer:
    """What arrived, and what to answer. An answer is an SMTP line, `DROP` or `HANG`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.peers: list[tuple[str, tuple[str, ...]]] = []
        self.connections = 0
        self.on_recipient: dict[str, str] = {}
        self.on_data: list[str] = []
        self.port = 0

    async def handle_EHLO(self, server: SMTP, session: Any, _envelope: Any, hostname: str, responses: Any) -> Any:  # noqa: N802
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(self, server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        answer = self.on_recipient.get(address, ACCEPTED)
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return await self._answer(server, answer)

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.on_data.pop(0) if self.on_data else ACCEPTED
        if answer == ACCEPTED:
            self.mails.append(message_from_bytes(envelope.content, policy=default))
            self.peers.append((envelope.mail_from, tuple(envelope.rcpt_tos)))
        return await self._answer(server, answer)

    async def _answer(self, server: SMTP, answer: str) -> str:
        if answer == DROP:
            server.transport.abort()
            return ACCEPTED
        if answer == HANG:
            await asyncio.Event().wait()  # until this server is stopped
        return answer


class _Controller(Controller):
    """Answers at a port that nobody can take meanwhile."""

    def __init__(self, server: MailServer, listening: socket.socket, **options: Any) -> None:
        super().__init__(
            server, hostname="127.0.0.1", port=server.port, enable_SMTPUTF8=False, ready_timeout=60, **options
        )
        self._listening = listening

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening, ssl=self.ssl_context)


def trusting() -> ssl.SSLContext:
    """What a client needs to trust the test's certificate."""
    return ssl.create_default_context(cafile=str(TLS / "certificate.pem"))


@contextmanager
def mail_server(*, tls: str = "", password: str = "") -> Iterator[MailServer]:
    """Run one on a free port; `tls` is empty, `starttls` or `smtps`."""
    server = MailServer()
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    options: dict[str, Any] = {}
    if tls == "starttls":
        options |= {"tls_context": certificate, "require_starttls": True}
    if tls == "smtps":
        options |= {"ssl_context": certificate}
    if password:

        def authenticate(_server: SMTP, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
            right = (login.login.decode(), login.password.decode()) == ("gever@example.nl", password)
            return AuthResult(success=right, handled=False)

        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": tls == "starttls"}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        controller = _Controller(server, listening, **options)
        controller.start()
        try:
            yield server
        finally:
            controller.stop()
