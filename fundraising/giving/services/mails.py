"""What donors are written: thanks, transfer instructions, and whether they really want the newsletter."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising import clock, logs, mailer
from fundraising.contacts.queries import contact
from fundraising.contacts.queries.listed import owners_of
from fundraising.contacts.rules import PersonName, greeting, match_address
from fundraising.contacts.services.consents import request_consent
from fundraising.db import session
from fundraising.gifts.queries import thanks
from fundraising.gifts.rules import written_reference
from fundraising.gifts.services import acknowledge
from fundraising.giving.models import Donation, Payment
from fundraising.giving.rules import DonationState, PaymentStatus
from fundraising.programmes.queries import programme_names
from fundraising.web.locale import absolute_url
from fundraising.web.mails import compose_mail
from fundraising.web.tokens import tokens_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from fundraising.contacts.queries import ContactRow
    from fundraising.gifts.queries import GiftSummary
    from fundraising.gifts.rules import RecordedGift
    from fundraising.giving.mollie import PaymentRow
    from fundraising.money import Euro

log = logs.get_logger()

THANK_YOU = "thank_you"
TRANSFER = "transfer_instructions"
NEWSLETTER = "newsletter_confirmation"

# Anybody can type anybody's address into the form; so few mails go to one address. The page says all that is in them.
_FEW = 3
_A_WEEK = timedelta(days=7)
_A_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Thanks:
    """What a thank-you mail tells, and to whom."""

    recipient: str
    language: str
    salutation: str
    on_behalf_of: str
    amount: Euro
    programme_id: int
    received_on: date
    reference: str
    second_payment: bool


_NONE: Mapping[_Thanks, mailer.Message] = {}
_composed: ContextVar[Mapping[_Thanks, mailer.Message]] = ContextVar("composed_thanks", default=_NONE)


class ThankedJustNow(Exception):
    """Thanks for this gift were written a moment ago: a second click."""


class GiverDied(Exception):
    """Whoever gave has died: no mail of ours greets them."""


def thank(donation: Donation, payment: Payment, gift: RecordedGift, *, second: bool) -> None:
    """Thank for a gift that was just booked. `second` says that this donation had been paid before.

    An address that no mail can go to does not keep a gift from being booked; the ledger check names the unthanked.
    """
    told = _thanks_of(donation, payment.amount, payment.paid_at, gift.reference, second=second)
    try:
        message = _composed.get().get(told) or _compose(told)
    except mailer.NotAMail as wrong:
        log.warning("thanks.impossible", gift=gift.gift_id, error=logs.summary(wrong))
        return
    acknowledge(gift.gift_id, kind=THANK_YOU, mail_id=mailer.enqueue(message))


@contextmanager
def thanks_ahead(row: PaymentRow) -> Iterator[None]:
    """Compose the thanks for a payment that is about to be booked, before that begins.

    On SQLite nobody else can write while a gift is booked, so that should not take long. If what is booked turns out to
    be something else, its mail is composed then.
    """
    token = _composed.set(_ahead(row) if row.status is PaymentStatus.PAID else {})
    try:
        yield
    finally:
        _composed.reset(token)


def _ahead(row: PaymentRow) -> dict[_Thanks, mailer.Message]:
    awaited = select(Donation).join(Payment, Payment.donation_id == Donation.id)
    awaited = awaited.where(Payment.provider_id == row.provider_id, Donation.state != DonationState.RECEIVED)
    donation = session().scalar(awaited)
    if donation is None:
        return {}
    told = _thanks_of(donation, row.amount, row.paid_at, donation.reference, second=False)
    try:
        return {told: _compose(told)}
    except mailer.NotAMail:
        return {}  # it is told of where it is booked


def _thanks_of(donation: Donation, amount: Euro, paid_at: datetime | None, reference: str, *, second: bool) -> _Thanks:
    return _Thanks(
        recipient=donation.donor.email,
        language=donation.language,
        salutation=greeting(donation.donor.name, donation.language),
        on_behalf_of=donation.donor.organisation_name,
        amount=amount,
        programme_id=donation.programme_id,
        received_on=clock.date_of(paid_at or clock.now()),
        reference=written_reference(reference),
        second_payment=second,
    )


def _compose(told: _Thanks) -> mailer.Message:
    return compose_mail(
        THANK_YOU,
        told.recipient,
        told.language,
        salutation=told.salutation,
        on_behalf_of=told.on_behalf_of,
        amount=told.amount,
        programme_name=programme_names(told.language)[told.programme_id].name,
        received_on=told.received_on,
        reference=told.reference,
        second_payment=told.second_payment,
    )


def thank_again(gift: GiftSummary) -> str:
    """Thank for a gift as it stands now, once more or at last; to whom the mail goes.

    Raises ThankedJustNow for a second click, GiverDied, and mailer.NotAMail where there is no address.
    """
    before = thanks(gift.gift_id)
    if before and before[-1].recorded_at > clock.now() - _A_MOMENT:
        raise ThankedJustNow(str(gift.gift_id))
    recipient, name, on_behalf_of, language = _reached(gift)
    told = _Thanks(
        recipient=recipient,
        language=language,
        salutation=greeting(name, language),
        on_behalf_of=on_behalf_of,
        amount=gift.received,
        programme_id=gift.programme_id,
        received_on=gift.received_on,
        reference=written_reference(gift.reference),
        second_payment=False,
    )
    message = _compose(told)
    kind = f"{THANK_YOU}_{len(before) + 1}" if before else THANK_YOU
    if not acknowledge(gift.gift_id, kind=kind, mail_id=mailer.enqueue(message)):
        raise ThankedJustNow(str(gift.gift_id))
    return message.recipient


def _reached(gift: GiftSummary) -> tuple[str, PersonName, str, str]:
    """Where thanks for a gift go: address, name, the organisation that gave, and language.

    To what the donor filled in, unless staff know better by now. Raises GiverDied.
    """
    donation = session().scalar(select(Donation).where(Donation.reference == gift.reference))
    known = contact(gift.contact_id) if gift.contact_id is not None else None
    if known is not None and known.deceased_on is not None:
        raise GiverDied(str(known.contact_id))
    if donation is not None and donation.donor.email and not (known and _replaced(donation.donor.email, known)):
        donor = donation.donor
        return donor.email, donor.name, donor.organisation_name, donation.language
    if known is None:
        return "", PersonName(), "", "nl"
    return next(iter(known.emails), ""), known.name, known.organisation_name, known.language


def _replaced(typed: str, known: ContactRow) -> bool:
    """Whether mail to a giver goes elsewhere now, and nobody else has the address that was typed."""
    owner = owners_of([typed]).get(typed)
    return (
        bool(known.emails)
        and owner in {None, known.contact_id}
        and match_address(known.emails[0]) != match_address(typed)
    )


def send_transfer_instructions(donation: Donation) -> bool:
    """Mail how to transfer the money; False where this address was sent enough of these of late.

    Nothing that was typed goes into it but the address itself, so that nobody can have our mail say their words.
    """
    recipient = donation.donor.email
    if mailer.recent_count(recipient, TRANSFER, clock.now() - _A_WEEK) >= _FEW:
        return False
    message = compose_mail(
        TRANSFER,
        recipient,
        donation.language,
        amount=donation.amount,
        programme_name=programme_names(donation.language)[donation.programme_id].name,
        reference=written_reference(donation.reference),
        url=absolute_url("giving.transfer", language=donation.language, reference=donation.reference),
    )
    mailer.enqueue(message)
    return True


def ask_newsletter_confirmation(donation: Donation) -> bool:
    """Ask by mail whether the newsletter is wanted; False where it was not ticked or was asked before."""
    donor = donation.donor
    if not donor.newsletter or donation.contact_id is None:
        return False
    source = f"donation:{donation.id}"
    asked = request_consent(donation.contact_id, purpose="newsletter", channel="email", source=source)
    token = tokens_for(NEWSLETTER).issue(f"{donation.contact_id}:{source}")
    url = absolute_url("giving.newsletter", language=donation.language, token=token)
    try:
        if not asked or mailer.recent_count(donor.email, NEWSLETTER, clock.now() - _A_WEEK) >= _FEW:
            return False
        mailer.enqueue(compose_mail(NEWSLETTER, donor.email, donation.language, url=url))
    except mailer.NotAMail as wrong:
        log.warning("newsletter.impossible", donation=donation.id, error=logs.summary(wrong))
        return False
    return True
