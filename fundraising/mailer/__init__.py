"""Mail leaves the house from a table: the outbox.

`enqueue()` writes a mail in the transaction of what it tells about. A job takes mails out, hands each to a transport
with no transaction open, and writes down what became of it. A crash in between is seen by a claim that ran out: that
mail goes again under the same Message-ID, so that a mailbox that has it already can tell. What was sent or given up is
emptied after a time.
"""

from fundraising.mailer.delivery import BACKOFF, CLAIM, Sender, deliver_due
from fundraising.mailer.outbox import (
    DELIVERY_JOB,
    KEPT,
    MailRow,
    MailState,
    Message,
    NotAMail,
    OutgoingMail,
    empty,
    enqueue,
    failed_count,
    late_count,
    mails_to,
    outbox,
    recent_count,
    retry,
    texts,
)
from fundraising.mailer.transports import FolderTransport, OutOfReach, Refused, SmtpTransport, Transport

__all__ = [
    "BACKOFF",
    "CLAIM",
    "DELIVERY_JOB",
    "KEPT",
    "FolderTransport",
    "MailRow",
    "MailState",
    "Message",
    "NotAMail",
    "OutOfReach",
    "OutgoingMail",
    "Refused",
    "Sender",
    "SmtpTransport",
    "Transport",
    "deliver_due",
    "empty",
    "enqueue",
    "failed_count",
    "late_count",
    "mails_to",
    "outbox",
    "recent_count",
    "retry",
    "texts",
]
