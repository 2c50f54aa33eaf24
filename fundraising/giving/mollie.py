"""The door to Mollie: the only place where mollie-api-python is used.

Typed frozen rows go out, errors of our own go out, and euros only come in. The client retries nothing that was
answered, so retrying a busy or failing Mollie is done here, under the same idempotency key
(https://docs.mollie.com/reference/api-idempotency).
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mollie.api.client import Client
from mollie.api.error import (
    ConflictError,
    NotFoundError,
    RequestError,
    RequestSetupError,
    ResponseError,
    ResponseHandlingError,
)
from mollie.api.objects.payment import Payment as MolliePayment

from fundraising import logs
from fundraising.clock import date_of, parse_instant
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.rules import (
    FIRST_METHOD,
    ChargebackState,
    Event,
    EventKind,
    Method,
    PaymentStatus,
    RefundState,
    ledger_mode,
)
from fundraising.money import Euro, NotAnAmount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from fundraising.giving.rules.refunds import RefundOrder

log = logs.get_logger()

PAYMENT_ID = re.compile(r"tr_[A-Za-z0-9]{4,60}")
_PAGE = 50
# After so long without an answer the question is not asked again here: other donors wait behind it, and whoever asks
# comes back within minutes.
_PATIENCE_SECONDS = 3.0


class MollieError(Exception):
    """Mollie did not give what was asked."""


class MollieUnavailable(MollieError):
    """Mollie could not be reached, was too busy or failed: the same question may be answered later."""


class MollieRefused(MollieError):
    """Mollie understood and said no; asking again will not help. `status` is HTTP's, `field` what it is about."""

    def __init__(self, status: int, field: str, detail: str) -> None:
        super().__init__(f"{status} {field}: {detail}")
        self.status = status
        self.field = field


class UnknownPayment(MollieError):
    """Mollie knows no such payment under this key."""


class UnusableAnswer(MollieError):
    """Mollie's answer is not what we can book: another currency, a missing date, an unheard-of status."""


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """A payment to be made. `key` is the stored idempotency key; it also travels in the metadata, to be found again."""

    key: str
    amount: Euro
    description: str
    redirect_url: str
    method: str
    locale: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment as Mollie knows it now. `payer_iban` is the account that paid, where Mollie tells."""

    provider_id: str
    mode: LedgerMode
    status: PaymentStatus
    amount: Euro
    method: str
    key: str
    checkout_url: str
    created_at: datetime
    expires_at: datetime | None
    paid_at: datetime | None
    payer_iban: str
    events: tuple[Event, ...]
    # Our keys by Mollie's ids of the refunds that we asked for.
    refund_keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """That a payment has a refund or a chargeback in some state."""

    payment_id: str
    ref: str
    state: str


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """How to reach Mollie. `webhook_url` is empty where Mollie could not reach us; pauses are in seconds.

    `closed` says why nobody is to be asked at all.
    """

    api_key: str
    api_url: str = ""
    webhook_url: str = ""
    timeout: tuple[float, float] = (3.0, 10.0)
    pauses: tuple[float, ...] = (0.5, 2.0)
    closed: str = ""


class MollieDoor:
    """Asks Mollie, with patience. Safe to share between threads: each has a client of its own."""

    def __init__(self, settings: DoorSettings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        self._local = threading.local()
        self._hurried: MollieDoor | None = None

    @property
    def mode(self) -> LedgerMode:
        """Whether this key moves real money."""
        return ledger_mode(self._settings.api_key)

    def in_a_hurry(self) -> MollieDoor:
        """The same door for somebody who waits at a page: one try, short time-outs."""
        if self._hurried is None:
            # Kept, and with it its connections: a new one would shake hands anew for every donor.
            self._hurried = MollieDoor(replace(self._settings, timeout=(1.0, 3.0), pauses=()), sleep=self._sleep)
        return self._hurried

    def create_payment(self, order: PaymentOrder) -> PaymentRow:
        """Have a payment made; the same key again gives the same payment. Raises MollieError."""
        data = {
            "amount": {"currency": "EUR", "value": order.amount.value},
            "description": order.description,
            "redirectUrl": order.redirect_url,
            "locale": order.locale,
            "metadata": {"payment": order.key},
        }
        if order.method:
            data["method"] = order.method
        if self._settings.webhook_url:
            data["webhookUrl"] = self._settings.webhook_url
        return _payment(self._ask(lambda client: client.payments.create(data, idempotency_key=order.key)))

    def payment(self, provider_id: str) -> PaymentRow:
        """A payment with its refunds and chargebacks. Raises UnknownPayment or another MollieError."""
        return _payment(self._ask(lambda client: client.payments.get(provider_id, embed="refunds,chargebacks")))

    def payments_since(self, moment: datetime) -> Iterator[PaymentRow]:
        """The account's payments made at or after a moment, newest first, page by page. Raises MollieError.

        A payment that is not ours (it bears no key) is left out, and one that cannot be read (another site of the
        charity uses the same name for a key, and asks for dollars) with a line in the log.
        """
        for raw in self._back_to(moment, lambda client: client.payments.list(limit=_PAGE)):
            made_since = parse_instant(raw["createdAt"]) >= moment
            if made_since and _key_of(raw) and (row := _payment_if_usable(raw)) is not None:
                yield row

    def taken_back_since(self, moment: datetime) -> set[TakenBack]:
        """The account's refunds and chargebacks made at or after a moment, as they stand, and some older ones.

        Raises MollieError.
        """
        refunds = self._back_to(moment, lambda client: client.refunds.list(limit=_PAGE))
        found = {TakenBack(raw["paymentId"], raw["id"], raw["status"]) for raw in refunds}
        for raw in self._back_to(moment, lambda client: client.chargebacks.list(limit=_PAGE)):
            state = ChargebackState.REVERSED if raw.get("reversedAt") else ChargebackState.STANDING
            found.add(TakenBack(raw["paymentId"], raw["id"], state))
        return found

    def refund(self, order: RefundOrder) -> str:
        """Have a refund made; the same key again gives the same refund. Mollie's id of it. Raises MollieError."""
        data = {
            "amount": {"currency": "EUR", "value": order.amount.value},
            "description": order.description,
            "metadata": {"refund": order.key},
        }

        def create(client: Any) -> Any:  # noqa: ANN401  the client is untyped
            # The client hangs refunds on a payment, of which they need the id alone.
            payment = MolliePayment({"id": order.payment_id}, client)  # type: ignore[no-untyped-call]
            return payment.refunds.create(data, idempotency_key=order.key)

        ref = self._ask(create)["id"]
        return str(ref)

    def methods(self) -> list[Method]:
        """The account's methods for euros, iDEAL first, then in Mollie's order. Raises MollieError."""
        found = self._ask(lambda client: client.methods.list(locale="nl_NL"))
        methods = [_method(raw) for raw in found]
        return sorted(methods, key=lambda method: method.code != FIRST_METHOD)

    def _back_to(self, moment: datetime, listed: Callable[[Any], Any]) -> Iterator[Any]:
        """What a list of Mollie's holds, newest first, page by page, through the page on which a moment lies."""
        page = self._ask(listed)
        while page is not None:
            rows = list(page)
            yield from rows
            behind = any(parse_instant(raw["createdAt"]) < moment for raw in rows)
            page = None if behind else self._next(page)

    def _next(self, page: Any) -> Any:  # noqa: ANN401  the client's lists are untyped
        return self._ask(lambda _client: page.get_next()) if page.has_next() else None

    def _ask(self, question: Callable[[Any], Any]) -> Any:  # noqa: ANN401  the client's objects are untyped
        if self._settings.closed:
            raise MollieUnavailable(self._settings.closed)
        began = time.monotonic()
        for pause in self._settings.pauses:
            try:
                return self._ask_once(question)
            except MollieUnavailable:
                if time.monotonic() - began > _PATIENCE_SECONDS:
                    raise
                self._sleep(pause)
        return self._ask_once(question)

    def _ask_once(self, question: Callable[[Any], Any]) -> Any:  # noqa: ANN401  the client's objects are untyped
        try:
            return question(self._client())
        except RequestSetupError as wrong:
            raise UnusableAnswer(str(wrong)) from wrong
        except NotFoundError as wrong:
            raise UnknownPayment(str(wrong)) from wrong
        except RequestError as wrong:
            raise MollieUnavailable("Mollie could not be reached") from wrong
        except ResponseHandlingError as wrong:
            raise MollieUnavailable("Mollie's answer could not be read") from wrong
        except ConflictError as wrong:
            # Our first request under this key is still being worked on; or a refund of the same payment and amount was
            # made within the hour, which Mollie takes for the same one. Both pass.
            raise MollieUnavailable(str(wrong)) from wrong
        except ResponseError as wrong:
            raise _refusal(wrong) from wrong

    def _client(self) -> Any:  # noqa: ANN401  the client is untyped
        client = getattr(self._local, "client", None)
        if client is None:
            # The client hands the time-outs on to requests, which takes fractions of a second too. By itself it would
            # connect four times and sleep for seconds in between.
            client = Client(self._settings.api_url, self._settings.timeout, retry=0)  # type: ignore[arg-type]
            client.set_api_key(self._settings.api_key)
            self._local.client = client
        return client


def _refusal(wrong: ResponseError) -> MollieError:
    status = int(wrong.status or 0)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return MollieUnavailable(f"Mollie answered with status {status}")
    return MollieRefused(status, wrong.field or "", str(wrong))


def _payment(raw: Any) -> PaymentRow:  # noqa: ANN401  the client's objects are untyped
    try:
        return _checked_payment(raw)
    except (KeyError, TypeError, ValueError) as wrong:
        raise UnusableAnswer(f"{raw.get('id', 'payment')}: {wrong}") from wrong


def _payment_if_usable(raw: Any) -> PaymentRow | None:  # noqa: ANN401  the client's objects are untyped
    try:
        return _payment(raw)
    except UnusableAnswer as unusable:
        log.warning("mollie.payment_left_out", error=str(unusable))
        return None


def _checked_payment(raw: Any) -> PaymentRow:  # noqa: ANN401  the client's objects are untyped
    status = PaymentStatus(raw["status"])
    paid_at = _instant(raw.get("paidAt"))
    links = raw.get("_links") or {}
    if status is PaymentStatus.PAID and paid_at is None:
        raise ValueError("paid without a date")
    return PaymentRow(
        provider_id=raw["id"],
        mode=LedgerMode(raw["mode"]),
        status=status,
        amount=_euros(raw["amount"]),
        method=raw.get("method") or "",
        key=_key_of(raw),
        checkout_url=(links.get("checkout") or {}).get("href", ""),
        created_at=parse_instant(raw["createdAt"]),
        expires_at=_instant(raw.get("expiresAt")),
        paid_at=paid_at,
        payer_iban=(raw.get("details") or {}).get("consumerAccount") or "",
        events=tuple(_events(raw, status, paid_at)),
        refund_keys={refund["id"]: key for refund in _refunds(raw) if (key := _metadata(refund, "refund"))},
    )


def _events(raw: Any, status: PaymentStatus, paid_at: datetime | None) -> Iterator[Event]:  # noqa: ANN401
    when = paid_at or parse_instant(raw["createdAt"])
    yield Event(EventKind.STATUS, raw["id"], status, _euros(raw["amount"]), date_of(when))
    embedded = raw.get("_embedded") or {}
    for refund in _refunds(raw):
        made_on = date_of(parse_instant(refund["createdAt"]))
        yield Event(EventKind.REFUND, refund["id"], RefundState(refund["status"]), _euros(refund["amount"]), made_on)
    for chargeback in embedded.get("chargebacks", ()):
        yield from _chargeback_events(chargeback)


def _chargeback_events(raw: Any) -> Iterator[Event]:  # noqa: ANN401  the client's objects are untyped
    amount, made_on = _euros(raw["amount"]), date_of(parse_instant(raw["createdAt"]))
    yield Event(EventKind.CHARGEBACK, raw["id"], ChargebackState.STANDING, amount, made_on)
    reversed_at = _instant(raw.get("reversedAt"))
    if reversed_at:
        yield Event(EventKind.CHARGEBACK, raw["id"], ChargebackState.REVERSED, amount, date_of(reversed_at))


def _method(raw: Any) -> Method:  # noqa: ANN401  the client's objects are untyped
    most = raw.get("maximumAmount")
    return Method(
        code=raw["id"],
        description=raw["description"],
        minimum=_euros(raw["minimumAmount"]),
        maximum=_euros(most) if most else None,
    )


def _euros(money: dict[str, str]) -> Euro:
    if money["currency"] != "EUR":
        raise ValueError(f"not in euros but in {money['currency'][:3]}")
    try:
        return Euro.from_value(money["value"])
    except NotAnAmount as wrong:
        raise ValueError("not an amount") from wrong


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None


def _refunds(raw: Any) -> list[Any]:  # noqa: ANN401  the client's objects are untyped
    return list((raw.get("_embedded") or {}).get("refunds", ()))


def _key_of(raw: Any) -> str:  # noqa: ANN401  the client's objects are untyped
    return _metadata(raw, "payment")


def _metadata(raw: Any, name: str) -> str:  # noqa: ANN401  the client's objects are untyped
    metadata = raw.get("metadata")
    value = metadata.get(name) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else ""
