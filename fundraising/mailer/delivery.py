"""Taking mail out of the outbox and handing it over, with no transaction open meanwhile."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from fundraising.clock import now
from fundraising.db import transaction
from fundraising.logs import get_logger
from fundraising.mailer.outbox import UNDONE, MailState, OutgoingMail
from fundraising.mailer.transports import OutOfReach, Refused

if TYPE_CHECKING:
    from email.policy import Policy

    from fundraising.mailer.transports import Transport

# How long to wait after the first, second, … try that failed; after the last the mail is given up.
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
# How long a worker may take over one mail before another supposes it dead; far above what the timeouts below add up to.
CLAIM = timedelta(minutes=10)
# After each mail, for those who wait to write: SQLite lets one do so at a time.
_PAUSE_SECONDS = 0.01


class _OneLine(UnstructuredHeader, BaseHeader):
    """A header that is one long word: folding would encode it, and then no mail program finds the address in it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _OneLine)
_POLICY = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who our mail is from, and who reads an answer to it."""

    name: str
    address: str
    reply_to: str

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    message_id: str
    recipient: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str
    attempts: int
    created_at: datetime


def deliver_due(transport: Transport, sender: Sender) -> int:
    """Hand over each mail that is due, one after another; how many were sent. Opens its own transactions.

    A mail that is refused for good is given up; one that may pass later waits as BACKOFF says. When the server is out
    of reach the rest waits for the next run.
    """
    _give_up_unfinished()
    sent = 0
    with transport.opened() as send:
        while (mail := _claim()) is not None:
            try:
                send(compose(mail, sender))
            except Refused as refusal:
                _put_off(mail, str(refusal), for_good=refusal.permanent)
            except OutOfReach as trouble:
                _put_off(mail, str(trouble))
                break
            else:
                _settle(mail, state=MailState.SENT, sent_at=now(), last_error="")
                sent += 1
            time.sleep(_PAUSE_SECONDS)
    return sent


def compose(mail: _Claimed, sender: Sender) -> EmailMessage:
    """The mail as it goes out. The same each time it is tried, its Message-ID and date included."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(display_name=sender.name, addr_spec=sender.address)
    message["Reply-To"] = Address(addr_spec=sender.reply_to)
    local, _, domain = mail.recipient.rpartition("@")
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = mail.subject
    message["Date"] = mail.created_at
    message["Message-ID"] = f"<{mail.message_id}@{sender.domain}>"
    # RFC 3834: no out-of-office answers to this one.
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe_url:
        # RFC 2369 and RFC 8058: the mail program shows a button that stops this with one request.
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


def _claim() -> _Claimed | None:
    # One statement, so that two workers never hold one mail; what another one is just claiming is passed over.
    due = (
        select(OutgoingMail.id)
        .where(OutgoingMail.state.in_(UNDONE), OutgoingMail.next_try_at <= now())
        .order_by(OutgoingMail.next_try_at, OutgoingMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    claim = (
        update(OutgoingMail)
        .where(OutgoingMail.id == due.scalar_subquery())
        .values(state=MailState.SENDING, attempts=OutgoingMail.attempts + 1, next_try_at=now() + CLAIM)
        .returning(*(getattr(OutgoingMail, column.name) for column in fields(_Claimed)))
        .execution_options(synchronize_session=False)
    )
    with transaction() as current:
        row = current.execute(claim).one_or_none()
    return None if row is None else _Claimed(**row._asdict())


def _settle(mail: _Claimed, **outcome: Any) -> None:  # noqa: ANN401  values of columns
    # Only for the claim that was ours: whoever was taken for dead does not overrule the one who took over.
    ours = (
        update(OutgoingMail)
        .where(OutgoingMail.id == mail.id, OutgoingMail.attempts == mail.attempts)
        .where(OutgoingMail.state == MailState.SENDING)
    )
    with transaction() as current:
        current.execute(ours.values(**outcome).execution_options(synchronize_session=False))


def _put_off(mail: _Claimed, answer: str, *, for_good: bool = False) -> None:
    if for_good or mail.attempts > len(BACKOFF):
        get_logger().warning("mail.given_up", mail=mail.id, attempts=mail.attempts)
        _settle(mail, state=MailState.FAILED, last_error=answer[:500])
        return
    again = now() + BACKOFF[mail.attempts - 1]
    get_logger().info("mail.put_off", mail=mail.id, attempts=mail.attempts, until=again.isoformat())
    _settle(mail, state=MailState.WAITING, next_try_at=again, last_error=answer[:500])


def _give_up_unfinished() -> None:
    # A mail on which the process died at every try must not go on killing it.
    broken = (OutgoingMail.state == MailState.SENDING, OutgoingMail.next_try_at <= now())
    with transaction() as current:
        current.execute(
            update(OutgoingMail)
            .where(*broken, OutgoingMail.attempts > len(BACKOFF))
            .values(state=MailState.FAILED, last_error="every try broke off")
        )
