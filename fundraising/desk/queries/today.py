"""What needs somebody's eye today: a few rows of each, in a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fundraising.accounts.queries import users
from fundraising.accounts.rules import SECOND_FACTOR_ROLES
from fundraising.clock import now, today
from fundraising.contacts.queries import display_names
from fundraising.contacts.queries.likeness import candidate_page
from fundraising.contacts.queries.listed import newest_addresses, owners_of
from fundraising.contacts.queries.reminders import due_notes
from fundraising.gifts.queries import GiftFilter, gift_page
from fundraising.gifts.queries.sources import gone_sources, references_from
from fundraising.giving.queries import donor_messages, double_payments
from fundraising.giving.queries.addresses import addresses_to_judge
from fundraising.giving.queries.refunds import refunds_to_look_at
from fundraising.giving.rules import PROVIDER
from fundraising.mailer import MailState, outbox
from fundraising.web.fields import better_email

if TYPE_CHECKING:
    from datetime import datetime

    from fundraising.accounts.queries import UserRow
    from fundraising.contacts.queries.likeness import Candidate
    from fundraising.contacts.queries.record import NoteEntry
    from fundraising.gifts.queries import GiftSummary
    from fundraising.giving.queries import PaymentSummary
    from fundraising.giving.queries.addresses import AddressToJudge
    from fundraising.giving.queries.refunds import RefundRow
    from fundraising.mailer import MailRow

# What is older was seen, or its donor has called.
_LATELY = timedelta(days=31)
# So many are looked through for those that need somebody.
_DOUBLES_READ, _ADDRESSES_READ = 100, 500


@dataclass(frozen=True, slots=True)
class NewGift:
    """A gift with who gave it, where that is known, and what they wrote."""

    gift: GiftSummary
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """A note to come back to, and about whom it is."""

    contact_id: int
    name: str
    note: NoteEntry


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts that may be one."""

    duplicate: Candidate
    name: str
    other_name: str


@dataclass(frozen=True, slots=True)
class MistypedAddress:
    """An address of e-mail that looks mistyped, whose it is, and what was probably meant."""

    contact_id: int
    name: str
    address: str
    better: str
    since: datetime


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """A postal address to judge, and whose it is."""

    judge: AddressToJudge
    name: str


@dataclass(frozen=True, slots=True)
class DoublePayment:
    """A payment of a form that was paid more than once, and the reference of the gift that this one became."""

    payment: PaymentSummary
    reference: str


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail that was given up, and who has its address now; None where nobody has it."""

    mail: MailRow
    contact_id: int | None


@dataclass(frozen=True, slots=True)
class WaitingRefund:
    """A refund that waits for somebody, and the reference of its gift."""

    refund: RefundRow
    reference: str


def new_gifts(most: int) -> list[NewGift]:
    """The newest gifts, with the donor's message."""
    gifts = gift_page(GiftFilter(), limit=most)
    names = display_names({gift.contact_id for gift in gifts if gift.contact_id is not None})
    messages = donor_messages([gift.reference for gift in gifts])
    return [NewGift(gift, names.get(gift.contact_id or 0, ""), messages.get(gift.reference, "")) for gift in gifts]


def reminders(most: int) -> list[Reminder]:
    """Notes to come back to today or before, the oldest first."""
    rows = due_notes(today(), most=most)
    names = display_names({contact_id for contact_id, _note in rows})
    return [Reminder(contact_id, names[contact_id], note) for contact_id, note in rows]


def pairs_to_judge(most: int) -> list[Pair]:
    """Contacts that may be one, most alike first."""
    duplicates = candidate_page(limit=most)
    names = display_names({side for row in duplicates for side in (row.contact_id, row.other_id)})
    return [Pair(row, names[row.contact_id], names[row.other_id]) for row in duplicates]


def waiting_colleagues(most: int) -> list[UserRow]:
    """Members of staff who were let in, but have no password or no second factor that they need."""
    return [row for row in users() if row.disabled_at is None and _waits(row)][:most]


def _waits(row: UserRow) -> bool:
    return not row.has_password or (bool(row.roles & SECOND_FACTOR_ROLES) and not row.has_second_factor)


def recent_double_payments(most: int) -> list[DoublePayment]:
    """Payments of a form that was paid twice in the last month, and of which more than one gift still stands."""
    found = double_payments(since=now() - _LATELY, most=_DOUBLES_READ)
    gone = gone_sources(PROVIDER, [payment.provider_id for payment in found])
    standing = [payment for payment in found if payment.provider_id not in gone]
    times = Counter(payment.form for payment in standing)
    twice = [payment for payment in standing if times[payment.form] > 1][:most]
    references = references_from(PROVIDER, [payment.provider_id for payment in twice])
    return [DoublePayment(payment, references.get(payment.provider_id, "")) for payment in twice]


def failed_mails(most: int) -> list[FailedMail]:
    """Mails of the last month that were given up, with whose address it is."""
    since = now() - _LATELY
    mails = [mail for mail in outbox(MailState.FAILED, limit=most) if mail.created_at >= since]
    owners = owners_of({mail.recipient for mail in mails})
    return [FailedMail(mail, owners.get(mail.recipient)) for mail in mails]


def mistyped_addresses(most: int) -> list[MistypedAddress]:
    """Of the addresses of e-mail that came in the last month, those that look like a well-known one with a mistake."""
    newest = newest_addresses(since=now() - _LATELY, most=_ADDRESSES_READ)
    meant = ((row, better_email(row.address)) for row in newest)
    found = [(row, better) for row, better in meant if better][:most]
    names = display_names({row.contact_id for row, _better in found})
    return [
        MistypedAddress(row.contact_id, names[row.contact_id], row.address, better, row.created_at)
        for row, better in found
    ]


def addresses_with_names(most: int) -> list[TypedAddress]:
    """Postal addresses that came with a gift and are not where its giver's post goes, with who gave."""
    found = addresses_to_judge(most=most)
    names = display_names({row.contact_id for row in found})
    return [TypedAddress(row, names[row.contact_id]) for row in found]


def waiting_refunds(most: int) -> list[WaitingRefund]:
    """Refunds that wait for somebody, with the gift that each is of."""
    rows = refunds_to_look_at(most=most)
    references = references_from(PROVIDER, [row.payment_id for row in rows])
    return [WaitingRefund(row, references.get(row.payment_id, "")) for row in rows]
