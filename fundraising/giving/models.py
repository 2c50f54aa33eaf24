"""Tables of online giving: what was promised, what the provider did, and what is still to be done about it.

`payment_event` is append-only, guarded by triggers. Personal details stand apart in `donor_details`, to be erasable.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fundraising.contacts.rules import PersonName, Salutation
from fundraising.db import Model, RowId, word
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.rules import (
    AttemptOutcome,
    DonationState,
    DonorKind,
    EventKind,
    HintState,
    PaymentStatus,
    Route,
)
from fundraising.giving.rules.links import LinkState
from fundraising.giving.rules.refunds import RequestState
from fundraising.money import Euro

_FAILING = text("error <> ''")
_WITH_ADDRESS = text("street <> ''")
_AWAITED = text("state = 'promised' AND route = 'transfer'")


class Donation(Model):
    """What somebody promised on a giving page."""

    __tablename__ = "donation"
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        # Those that may still come: few among all that ever came.
        Index("ix_donation_open_transfer", "lapses_at", sqlite_where=_AWAITED, postgresql_where=_AWAITED),
    )

    id: Mapped[RowId]
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    # The form that was shown: two paid donations of one form are a possible double payment.
    form_nonce: Mapped[str] = mapped_column(String(32), index=True)
    # That form with what was filled in: the same submission twice is one donation.
    submission_key: Mapped[str] = mapped_column(String(64), unique=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    amount: Mapped[Euro]
    route: Mapped[Route] = mapped_column(word(Route))
    state: Mapped[DonationState] = mapped_column(word(DonationState), default=DonationState.PROMISED)
    language: Mapped[str] = mapped_column(String(2))
    source_code: Mapped[str] = mapped_column(String(64), default="", index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    # When an unpaid promise lapses; money that comes later still counts.
    lapses_at: Mapped[datetime] = mapped_column(index=True)

    donor: Mapped[DonorDetails] = relationship(lazy="joined", innerjoin=True)


class DonorDetails(Model):
    """Who promised it, as typed. Erasable; the typed IBAN proves nothing."""

    __tablename__ = "donor_details"
    __table_args__ = (
        # Few among all that ever gave, and looked through each time that somebody opens the desk.
        Index(
            "ix_donor_details_with_address",
            "donation_id",
            sqlite_where=_WITH_ADDRESS,
            postgresql_where=_WITH_ADDRESS,
        ),
    )

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"), primary_key=True, autoincrement=False)
    kind: Mapped[DonorKind] = mapped_column(word(DonorKind))
    organisation_name: Mapped[str] = mapped_column(String(200), default="")
    salutation: Mapped[Salutation] = mapped_column(word(Salutation), default=Salutation.UNKNOWN)
    given_name: Mapped[str] = mapped_column(String(100), default="")
    name_prefix: Mapped[str] = mapped_column(String(40), default="")
    surname: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(20), default="")
    iban: Mapped[str] = mapped_column(String(34), default="")
    message: Mapped[str] = mapped_column(String(2000), default="")
    newsletter: Mapped[bool] = mapped_column(default=False)
    street: Mapped[str] = mapped_column(String(120), default="")
    house_number: Mapped[str] = mapped_column(String(20), default="")
    postcode: Mapped[str] = mapped_column(String(12), default="")
    town: Mapped[str] = mapped_column(String(80), default="")

    @property
    def name(self) -> PersonName:
        """The donor's name in its parts."""
        return PersonName(self.salutation, self.given_name, self.name_prefix, self.surname)


class Payment(Model):
    """One attempt to pay a donation through Mollie; stored before Mollie is asked."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("donation_id", "attempt"),
        CheckConstraint("amount > 0", name="positive"),
        Index("ix_payment_next_check_at", "next_check_at"),
        # Few among all that ever were.
        Index("ix_payment_failing", "id", sqlite_where=_FAILING, postgresql_where=_FAILING),
    )

    id: Mapped[RowId]
    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"))
    attempt: Mapped[int] = mapped_column(Integer)
    provider_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    mode: Mapped[LedgerMode] = mapped_column(word(LedgerMode))
    amount: Mapped[Euro]
    method: Mapped[str] = mapped_column(String(32), default="")
    # Follows from the events; kept here so that lists need not derive it.
    status: Mapped[PaymentStatus] = mapped_column(word(PaymentStatus), default=PaymentStatus.CREATED, index=True)
    checkout_url: Mapped[str] = mapped_column(String(2000), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    # When to look at the provider again, and what went wrong the last time.
    next_check_at: Mapped[datetime | None]
    check_failures: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    # Refunds and chargebacks in Mollie's lists, each with its state, for which we looked and that could not be booked:
    # once somebody has put that away, it is the next one that has us look again.
    listed: Mapped[str] = mapped_column(Text, default="")


class PaymentEvent(Model):
    """One fact seen at the provider, kept for ever. What a payment is follows from its set of events, in any order."""

    __tablename__ = "payment_event"
    __table_args__ = (UniqueConstraint("payment_id", "provider_ref", "state", "amount"),)

    id: Mapped[RowId]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    kind: Mapped[EventKind] = mapped_column(word(EventKind))
    # The payment's, the refund's or the chargeback's id at the provider.
    provider_ref: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(32))
    amount: Mapped[Euro]
    # The date in Amsterdam on which it happened, by the provider's clock.
    occurred_on: Mapped[date]
    observed_at: Mapped[datetime]


class RefundRequest(Model):
    """A refund that a member of staff asked for; stored before Mollie is asked. The note is erasable."""

    __tablename__ = "refund_request"
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        Index("ix_refund_request_due", "state", "next_try_at"),
    )

    id: Mapped[RowId]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    amount: Mapped[Euro]
    state: Mapped[RequestState] = mapped_column(word(RequestState))
    note: Mapped[str] = mapped_column(String(2000), default="")
    # The form that was shown: a second click is the same refund.
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    # The refund's id at Mollie.
    provider_ref: Mapped[str | None] = mapped_column(String(64), unique=True)
    requested_by: Mapped[str] = mapped_column(String(120))
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    requested_at: Mapped[datetime]
    # Who agreed, declined or withdrew.
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    decided_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(String(500), default="")
    # What the donor was written once the money was on its way.
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outgoing_mail.id"), index=True)


class GivingLink(Model):
    """A giving page with a source code of its own, for a church or school to spread. Its code is never used again."""

    __tablename__ = "giving_link"
    __table_args__ = (CheckConstraint("amount > 0", name="positive"),)

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    amount: Mapped[Euro | None]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    state: Mapped[LinkState] = mapped_column(word(LinkState), default=LinkState.ACTIVE)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class WebhookHint(Model):
    """The provider said "look at this id". Kept until it has been looked at, however often that fails."""

    __tablename__ = "webhook_hint"
    __table_args__ = (Index("ix_webhook_hint_due", "state", "next_try_at"),)

    id: Mapped[RowId]
    provider_id: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[HintState] = mapped_column(word(HintState), default=HintState.WAITING)
    # How often it was received: one that came while we looked is looked at again.
    received: Mapped[int] = mapped_column(Integer, default=1)
    first_received_at: Mapped[datetime]
    last_received_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(String(500), default="")


class OfferedMethod(Model):
    """A payment method of the charity's Mollie account, as last heard; it stays when Mollie is out of reach."""

    __tablename__ = "offered_method"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    description: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(Integer)
    minimum: Mapped[Euro]
    maximum: Mapped[Euro | None]
    refreshed_at: Mapped[datetime]


class SubmissionAttempt(Model):
    """A submitted form, remembered for a few days to recognise card testing. The address is a keyed digest."""

    __tablename__ = "submission_attempt"
    __table_args__ = (Index("ix_submission_attempt_address_at", "address_digest", "at"),)

    id: Mapped[RowId]
    address_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[AttemptOutcome] = mapped_column(word(AttemptOutcome))
    amount: Mapped[Euro]
    donation_id: Mapped[int | None] = mapped_column(ForeignKey("donation.id"), index=True)
