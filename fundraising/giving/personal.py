"""The personal data of online giving: what donors filled in, what was paid, and why somebody cannot be erased yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select, update

from fundraising.clock import now
from fundraising.contacts.rules import match_name
from fundraising.db import session
from fundraising.giving.models import Donation, DonorDetails, GivingLink, Payment, PaymentEvent, RefundRequest
from fundraising.giving.rules import REFUND_ORDER, UNDECIDED, DonationState, EventKind, RefundState
from fundraising.giving.rules.refunds import SPOKEN_FOR
from fundraising.giving.services.donations import NOTHING_TYPED
from fundraising.personal import PersonalData, erase_nothing
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Select

    from fundraising.personal import Afterwards, Degree, Person, Told

_UNDER_WAY = frozenset({RefundState.QUEUED, RefundState.PENDING, RefundState.PROCESSING})


def _donations(person: Person) -> Iterator[Told]:
    for row in session().scalars(select(Donation).where(Donation.id.in_(_theirs(person))).order_by(Donation.id)):
        filled_in = {name: getattr(row.donor, name) for name in NOTHING_TYPED if getattr(row.donor, name)}
        yield {
            "reference": row.reference,
            "created_at": row.created_at,
            "amount": row.amount,
            "route": row.route,
            "donation": row.state,
            "source_code": row.source_code,
        } | filled_in


def _payments(person: Person) -> Iterator[Told]:
    theirs = select(Payment).where(Payment.donation_id.in_(_theirs(person))).order_by(Payment.id)
    for row in session().scalars(theirs):
        yield {
            "provider_id": row.provider_id or "",
            "created_at": row.created_at,
            "amount": row.amount,
            "method": row.method,
            "payment": row.status,
            "paid_at": row.paid_at,
        }


def _refunds(person: Person) -> Iterator[Told]:
    theirs = select(RefundRequest).join(Payment, Payment.id == RefundRequest.payment_id)
    for row in session().scalars(theirs.where(Payment.donation_id.in_(_theirs(person))).order_by(RefundRequest.id)):
        yield {"amount": row.amount, "created_at": row.requested_at, "note": row.note}


def _erase_refund_notes(person: Person, _degree: Degree) -> tuple[Afterwards, ...]:
    theirs = select(Payment.id).where(Payment.donation_id.in_(_theirs(person)))
    session().execute(update(RefundRequest).where(RefundRequest.payment_id.in_(theirs)).values(note=""))
    return ()


def _links(person: Person) -> Iterator[Told]:
    theirs = select(GivingLink).where(GivingLink.contact_id.in_(person.numbers)).order_by(GivingLink.id)
    for row in session().scalars(theirs):
        yield {"source_code": row.code, "created_at": row.created_at}


def _erase_details(person: Person, _degree: Degree) -> tuple[Afterwards, ...]:
    ids = session().scalars(select(Donation.id).where(Donation.id.in_(_theirs(person)))).all()
    session().execute(update(DonorDetails).where(DonorDetails.donation_id.in_(ids)).values(NOTHING_TYPED))
    # Money that comes after all has its contact still: without a name nobody would recognise who gave.
    nobodys = update(Donation).where(Donation.id.in_(ids), Donation.contact_id.is_(None))
    session().execute(nobodys.values(contact_id=person.numbers[0]))
    return ()


def _hindrances(person: Person) -> Iterator[str]:
    payments = select(Payment.id).where(Payment.donation_id.in_(_theirs(person)))
    running = payments.where(Payment.status.in_(UNDECIDED))
    if session().scalar(running.limit(1)) is not None:
        yield _("A payment is still running. Wait until it is paid or has expired.")
    asked = select(RefundRequest.id).where(RefundRequest.payment_id.in_(payments), RefundRequest.state.in_(SPOKEN_FOR))
    if any(_refunds_under_way(payments)) or session().scalar(asked.limit(1)) is not None:
        yield _("A refund is under way. Wait until it is settled.")
    promised = (Donation.state == DonationState.PROMISED, Donation.lapses_at > now())
    if session().scalar(select(Donation.id).where(Donation.id.in_(_theirs(person)), *promised).limit(1)) is not None:
        yield _("A gift was promised that may still come. Wait until the promise lapses.")


def _refunds_under_way(payments: Select[int]) -> Iterator[bool]:
    seen: dict[str, str] = {}
    refunds = select(PaymentEvent.provider_ref, PaymentEvent.state).where(PaymentEvent.kind == EventKind.REFUND)
    for ref, state in session().execute(refunds.where(PaymentEvent.payment_id.in_(payments))):
        seen[ref] = max(state, seen.get(ref, state), key=lambda each: REFUND_ORDER.index(RefundState(each)))
    return (state in _UNDER_WAY for state in seen.values())


def _theirs(person: Person) -> Select[int]:
    """Their donations; one that was never paid has no contact, and is theirs by mailbox and name."""
    mailbox = func.lower(DonorDetails.email).in_(person.mailboxes)
    names = {match_name(name.rpartition(" ")[2]) for name in person.names} | {match_name(name) for name in person.names}
    unpaid = select(DonorDetails).where(mailbox)
    ids = [
        row.donation_id
        for row in session().scalars(unpaid)
        if {match_name(row.surname), match_name(row.surname.rpartition(" ")[2]), match_name(row.organisation_name)}
        & (names - {""})
    ]
    nobodys = and_(Donation.contact_id.is_(None), Donation.id.in_(ids))
    return select(Donation.id).where(or_(Donation.contact_id.in_(person.numbers), nobodys))


SOURCES = (
    PersonalData(
        name="donations",
        tables=frozenset({"donation", "donor_details"}),
        title=_("What was filled in online"),
        purpose=_("To handle an online gift, and to answer who asks about it."),
        ground=_("Handling the gift that somebody chose to make."),
        retention=_(
            "As long as the donor is known; what was filled in is not needed for the tax office. Of a promise that was"
            " never kept, until a year after it lapsed."
        ),
        ending=_("All that was typed is erased at once. Amount, date and reference stay."),
        read=_donations,
        erase=_erase_details,
        hindrances=_hindrances,
    ),
    PersonalData(
        name="payments",
        tables=frozenset({"payment", "payment_event", "webhook_hint"}),
        title=_("Payments"),
        purpose=_("To account for what was paid through Mollie."),
        ground=_("The law on taxes (AWR, article 52)."),
        retention=_("For good, with the provider's numbers only."),
        ending=_("Nothing is erased: a payment holds no name. Mollie keeps its own records."),
        read=_payments,
        erase=erase_nothing,
    ),
    PersonalData(
        name="refunds",
        tables=frozenset({"refund_request"}),
        title=_("Refunds that staff asked for"),
        purpose=_("To pay back a gift, and to account for who decided so."),
        ground=_("The law on taxes (AWR, article 52)."),
        retention=_("For good, without the note that says why."),
        ending=_("The note is erased. Amount, dates and who decided stay."),
        read=_refunds,
        erase=_erase_refund_notes,
    ),
    PersonalData(
        name="giving_links",
        tables=frozenset({"giving_link"}),
        title=_("Giving links"),
        purpose=_("To see what came through a link that a church or school spreads."),
        ground=_("Our interest in knowing which appeals are answered."),
        retention=_("For good: a poster can hang for years, and its code is never used again."),
        ending=_("The link stays, and points to a contact without a name."),
        read=_links,
        erase=erase_nothing,
    ),
)
