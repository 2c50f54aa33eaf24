"""What the ledger's and Mollie's words are on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.gifts.forms.words import METHODS
from fundraising.gifts.rules import EntryKind, Reason
from fundraising.giving.queries import offered_methods
from fundraising.giving.rules.methods import english_name
from fundraising.giving.rules.refunds import RequestState
from fundraising.web.locale import ENGLISH, current_language
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Mapping

ENTRY_KINDS: Mapping[EntryKind, str] = {
    EntryKind.RECEIVED: _("received"),
    EntryKind.REFUNDED: _("refunded"),
    EntryKind.REFUND_FAILED: _("refund came back"),
    EntryKind.CHARGED_BACK: _("charged back"),
    EntryKind.CHARGEBACK_REVERSED: _("chargeback reversed"),
    EntryKind.REVERSED: _("taken back by a correction"),
    EntryKind.CORRECTED: _("booked again by a correction"),
}

REASONS: Mapping[Reason, str] = {
    Reason.WRONG_PROGRAMME: _("The programme was wrong"),
    Reason.WRONG_CONTACT: _("It is somebody else's gift"),
    Reason.CONTACT_FOUND: _("Now we know whose gift it is"),
    Reason.WRONG_DATE: _("The date was wrong"),
    Reason.WRONG_AMOUNT: _("The amount was wrong"),
    Reason.WRONG_METHOD: _("The way of paying was wrong"),
}

# Mollie's words for payments, refunds and chargebacks.
PAYMENT_STATES: Mapping[str, str] = {
    "created": _("not at Mollie yet"),
    "abandoned": _("never reached Mollie"),
    "open": _("open"),
    "pending": _("pending"),
    "authorized": _("authorised"),
    "expired": _("expired"),
    "canceled": _("cancelled"),
    "failed": _("failed"),
    "paid": _("paid"),
    "queued": _("waits for balance at Mollie"),
    "processing": _("on its way"),
    "refunded": _("refunded"),
    "standing": _("charged back"),
    "reversed": _("chargeback reversed"),
}

REFUND_STATES: Mapping[RequestState, str] = {
    RequestState.AWAITING_APPROVAL: _("somebody else has to agree"),
    RequestState.APPROVED: _("Mollie will be asked"),
    RequestState.ASKED: _("Mollie is asked"),
    RequestState.POSTPONED: _("postponed by Mollie"),
    RequestState.ACCEPTED: _("waits at Mollie"),
    RequestState.UNDERWAY: _("on its way"),
    RequestState.DONE: _("refunded"),
    RequestState.FAILED: _("failed"),
    RequestState.CANCELED: _("cancelled"),
    RequestState.REFUSED: _("not possible any more"),
    RequestState.DECLINED: _("declined"),
    RequestState.WITHDRAWN: _("withdrawn"),
    RequestState.SETTLED: _("not refunded, dealt with"),
}

SOURCES: Mapping[str, str] = {"mollie": _("Mollie"), "correction": _("correction"), "statement": _("bank statement")}

# Why something that Mollie tells cannot be booked, by the kind of error that was noted.
_STUCK: Mapping[str, str] = {
    "Contradiction": _("Mollie tells something else of it than is booked already."),
    "MoreThanStands": _("Mollie tells that more went back than stands of the gift."),
    "UnknownSource": _("Mollie tells that money went back of which nothing came in here."),
    "ObservationRefused": _("What Mollie tells does not belong to the payment that was asked for."),
    "LedgerModeMismatch": _("This is test money, and the ledger holds real money, or the other way round."),
    "LostPromise": _("The promise to which this payment belongs is not here."),
    "UnknownPayment": _("Mollie does not know this payment."),
    "MollieRefused": _("Mollie refuses to tell about it."),
    "MollieUnavailable": _("Mollie does not answer."),
    "UnusableAnswer": _("The answer of Mollie cannot be read."),
}


def why_stuck(error: str) -> str:
    """What an error that was noted with a payment means; nothing for one that has no words."""
    return str(_STUCK.get(error.partition(":")[0], ""))


def method_names() -> dict[str, str]:
    """What ways to pay are called in the language of this page; see `method_name`."""
    english = current_language() == ENGLISH
    offered = {each.code: english_name(each) if english else each.description for each in offered_methods()}
    return {code: str(name) for code, name in METHODS.items()} | offered


def method_name(code: str, names: Mapping[str, str]) -> str:
    """What a way to pay is called; one that nobody named is shown as it is stored."""
    return names.get(code, code)


def source_name(system: str) -> str:
    """Where an entry comes from."""
    return str(SOURCES.get(system, system))
