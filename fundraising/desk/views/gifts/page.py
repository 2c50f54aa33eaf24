"""The page of one gift: all that is known of it, to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import abort, render_template

from fundraising import mailer
from fundraising.accounts.rules import Permission
from fundraising.accounts.views import current_user, requires
from fundraising.contacts.queries import display_names
from fundraising.desk.queries.staff import names_of_staff
from fundraising.desk.views.blueprint import blueprint
from fundraising.desk.views.gifts.words import (
    ENTRY_KINDS,
    PAYMENT_STATES,
    REASONS,
    REFUND_STATES,
    method_name,
    method_names,
    source_name,
)
from fundraising.gifts.queries import corrections, entries, gift_by_reference, gift_by_source, thanks
from fundraising.gifts.rules import BadReference, EntryKind, Source, parse_reference
from fundraising.giving.queries import payment, payment_events
from fundraising.giving.queries.links import link
from fundraising.giving.queries.of_gift import paid_on_the_same_form, promise
from fundraising.giving.queries.refunds import refunds_of
from fundraising.giving.rules import PROVIDER
from fundraising.programmes.queries import programme_names
from fundraising.web.locale import current_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundraising.gifts.queries import GiftSummary
    from fundraising.gifts.rules import Entry, EntryRow
    from fundraising.giving.queries import EventRow, PaymentSummary
    from fundraising.giving.queries.refunds import RefundRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """How a gift was paid through Mollie. `twins` are other gifts of the same form: it was probably paid twice."""

    payment: PaymentSummary
    events: Sequence[EventRow]
    twins: Sequence[GiftSummary]


@blueprint.get("/giften/<reference>")
@requires(Permission.SEE_GIFTS)
def gift(reference: str) -> str:
    """A gift by its reference, however it is spelled."""
    found = gift_or_404(reference)
    lines = entries(found.gift_id)
    paid = paid_through_mollie(lines)
    refunds = refunds_of(paid.payment.provider_id) if paid else []
    corrected = corrections(found.gift_id)
    promised = promise(paid.payment.reference if paid else found.reference)
    return render_template(
        "desk/gifts/gift.html",
        gift=found,
        entries=lines,
        corrections={each.correction_id: each for each in corrected},
        staff_names=names_of_staff({each.recorded_by for each in corrected}),
        paid=paid,
        promised=promised,
        mails=_mails(found.gift_id, refunds),
        refunds=refunds,
        states=REFUND_STATES,
        link_known=promised is not None and _is_link(promised.source_code),
        **words_of_gifts(lines),
    )


def gift_or_404(reference: str) -> GiftSummary:
    """The gift with this reference."""
    try:
        return gift_by_reference(parse_reference(reference)) or abort(404)
    except BadReference:
        abort(404)


def words_of_gifts(lines: Sequence[Entry]) -> dict[str, object]:
    """What a page needs to write out entries: names of contacts, programmes and kinds."""
    return {
        "names": display_names({line.contact_id for line in lines if line.contact_id is not None}),
        "programmes": programme_names(current_language()),
        "methods": method_names(),
        "method_name": method_name,
        "source_name": source_name,
        "entry_kinds": ENTRY_KINDS,
        "reasons": REASONS,
        "payment_states": PAYMENT_STATES,
    }


def paid_through_mollie(lines: Sequence[EntryRow]) -> Paid | None:
    """The payment behind a gift; None for one that came otherwise."""
    first = next((line for line in lines if line.kind is EntryKind.RECEIVED), None)
    if first is None or first.source.system != PROVIDER:
        return None
    found = payment(first.source.ref)
    if found is None:
        return None
    others = [gift_by_source(Source(PROVIDER, ref)) for ref in paid_on_the_same_form(found.payment_id)]
    return Paid(
        payment=found, events=payment_events(found.payment_id), twins=[other for other in others if other is not None]
    )


def _is_link(code: str) -> bool:
    """Whether a gift came through a giving link that whoever looks may see; anything can stand in an address."""
    return bool(code) and Permission.GIVING_LINKS in current_user().permissions and link(code) is not None


def _mails(gift_id: int, refunds: Sequence[RefundRow]) -> list[mailer.MailRow]:
    numbers = [each.mail_id for each in thanks(gift_id)]
    numbers += [each.mail_id for each in refunds if each.mail_id is not None]
    texts = [mailer.texts(number) for number in numbers]
    return [found[0] for found in texts if found is not None]
