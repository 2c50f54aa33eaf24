"""What the ledger must hold, worked out from the provider's own records alone, and what it holds.

Nothing of ours helps to work it out: not the door, not the rules. So the two can only agree if both are right.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from fundraising.db import session
from fundraising.gifts.models import Acknowledgement, Gift, GiftEntry
from fundraising.giving.models import Donation, Payment
from fundraising.giving.rules import DonationState
from fundraising.giving.simulator.records import Payment as ProviderPayment
from fundraising.giving.simulator.store import Selection
from fundraising.mailer import OutgoingMail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fundraising.giving.simulator.world import World

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LEFT_THE_HOUSE = frozenset({"processing", "refunded", "failed"})


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """An entry, told by what the provider can know of it. Gifts are received; all else undoes something."""

    source: str
    kind: str
    cents: int
    undoes: str
    received_on: date
    booked_on: date
    method: str


def day(written: str) -> date:
    """The Amsterdam date of an instant that the provider wrote."""
    return datetime.fromisoformat(written).astimezone(AMSTERDAM).date()


def provider_payments(world: World) -> list[ProviderPayment]:
    """Every payment at the provider, the oldest first."""
    entities = world.store.page(Selection(kind="payment", ascending=True), None, 10_000)
    return [ProviderPayment.of(entity) for entity in entities]


def paid_payments(world: World) -> dict[str, ProviderPayment]:
    """The payments that were paid, by id."""
    return {payment.id: payment for payment in provider_payments(world) if payment.status == "paid"}


def expected_lines(world: World) -> list[Line]:
    """What the ledger must hold for all that the provider did."""
    return sorted(line for payment in paid_payments(world).values() for line in _lines_of(world, payment))


def _lines_of(world: World, payment: ProviderPayment) -> list[Line]:
    received_on, method = day(payment.moments["paid"]), payment.method or ""
    lines = [Line(payment.id, "received", payment.cents, "", received_on, received_on, method)]
    for refund in world.refunds(payment.id):
        if refund.status in LEFT_THE_HOUSE:
            on = day(refund.created_at)
            lines.append(Line(refund.id, "refunded", -refund.cents, payment.id, received_on, on, method))
        if refund.status == "failed":
            source = f"{refund.id}:failed"
            lines.append(Line(source, "refund_failed", refund.cents, refund.id, received_on, on, method))
    for back in world.chargebacks(payment.id):
        on = day(back.created_at)
        lines.append(Line(back.id, "charged_back", -back.cents, payment.id, received_on, on, method))
        if back.reversed_at:
            source, on = f"{back.id}:reversed", day(back.reversed_at)
            lines.append(Line(source, "chargeback_reversed", back.cents, back.id, received_on, on, method))
    return lines


def booked_lines() -> list[Line]:
    """What the ledger holds of the provider's doing."""
    entries = {entry.id: entry for entry in session().scalars(select(GiftEntry))}

    def undoes(entry: GiftEntry) -> str:
        """The provider's id of what an entry undoes, also where a correction stands in its place by now."""
        undone = entries.get(entry.reverses_id)
        while undone is not None and undone.replaces_id is not None:
            undone = entries[undone.replaces_id]
        return undone.source_ref if undone else ""

    return sorted(
        Line(e.source_ref, str(e.kind), e.amount.cents, undoes(e), e.received_on, e.booked_on, e.method)
        for e in entries.values()
        if e.source_system == "mollie"
    )


def received() -> list[str]:
    """The payments that are booked as received."""
    return list(session().scalars(select(GiftEntry.source_ref).where(GiftEntry.kind == "received")))


def assert_converged(world: World) -> None:
    """Ledger, payments, donations and thanks are what the provider's final state makes them, and nothing else."""
    assert booked_lines() == expected_lines(world)
    assert_gifts_are_whole(world)
    assert_payments_know(world)
    session().rollback()


def assert_gifts_are_whole(world: World) -> None:
    """One gift for every paid payment, for the donation's programme and contact, thanked by one mail."""
    assert session().scalar(select(func.count()).select_from(Gift)) == len(paid_payments(world))
    assert thanked() == donors_of(paid_payments(world))
    row = select(Donation.programme_id, Donation.contact_id, GiftEntry.programme_id, GiftEntry.contact_id)
    row = row.join(Payment, Payment.donation_id == Donation.id).join(
        GiftEntry, (GiftEntry.source_ref == Payment.provider_id) & (GiftEntry.kind == "received")
    )
    for promised_to, promised_by, booked_to, booked_by in session().execute(row):
        assert (promised_to, promised_by) == (booked_to, booked_by)
        assert booked_by is not None


def count_of_thanks() -> int:
    """How many thank-you mails were written."""
    return session().scalar(select(func.count()).where(OutgoingMail.kind == "thank_you")) or 0


def thanked() -> Counter[str]:
    """How often each address was thanked; each thank-you belongs to a gift of its own."""
    mails = session().execute(select(OutgoingMail.id, OutgoingMail.recipient).where(OutgoingMail.kind == "thank_you"))
    recipients = {row.id: row.recipient for row in mails}
    notes = session().execute(select(Acknowledgement.mail_id, Acknowledgement.gift_id)).all()
    assert sorted(mail_id for mail_id, _ in notes) == sorted(recipients)
    assert len({gift_id for _, gift_id in notes}) == len(notes)
    return Counter(recipients.values())


def donors_of(provider_ids: Iterable[str]) -> Counter[str]:
    """The addresses of those who made these payments, with how many are theirs."""
    made = select(Payment.provider_id, Donation).join(Donation, Donation.id == Payment.donation_id)
    by_payment = {provider_id: donation.donor.email for provider_id, donation in session().execute(made)}
    return Counter(by_payment[provider_id] for provider_id in provider_ids)


def assert_payments_know(world: World) -> None:
    """Each payment of ours says what the provider says, and each donation is received if one of its payments is."""
    truth = {payment.id: payment for payment in provider_payments(world)}
    made = {payment.metadata["payment"] for payment in truth.values()}
    paid_for = set()
    for payment in session().scalars(select(Payment)):
        if payment.provider_id is None:
            assert (payment.status, payment.idempotency_key in made) == ("abandoned", False)
            assert (payment.check_failures, payment.error) == (0, "")
            continue
        known = truth[payment.provider_id]
        paid_on = known.moments.get("paid")
        assert (payment.status, payment.method) == (known.status, known.method or "")
        assert (payment.paid_at and payment.paid_at.isoformat(timespec="seconds")) == paid_on
        assert (payment.check_failures, payment.error) == (0, "")
        if payment.status == "paid":
            paid_for.add(payment.donation_id)
    for donation in session().scalars(select(Donation)):
        assert (donation.state is DonationState.RECEIVED) == (donation.id in paid_for)
