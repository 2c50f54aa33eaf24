"""The payment methods of the simulated account, with their limits as Mollie states them."""

from dataclasses import dataclass

from fundraising.giving.simulator.amounts import CURRENCIES, Amount
from fundraising.giving.simulator.errors import unprocessable
from fundraising.giving.simulator.store import Store

MINUTE = 60
DAY = 24 * 60 * MINUTE
DEFAULT_LIFETIME = 15 * MINUTE
_OFF = "methods-off"


@dataclass(frozen=True, kw_only=True)
class Method:
    """A payment method. Limits are in cents of any currency it takes; `maximum` None means that it has none.

    `lifetime` is the number of seconds for which a payment stays open; `cancelable` whether the merchant may cancel it.
    """

    id: str
    english: str
    dutch: str
    minimum: int
    maximum: int | None
    currencies: frozenset[str] = frozenset({"EUR"})
    lifetime: int = DEFAULT_LIFETIME
    cancelable: bool = False

    def description(self, locale: str | None) -> str:
        """Return the name for donors, in Dutch for a Dutch locale and in English otherwise."""
        return self.dutch if (locale or "").startswith("nl") else self.english

    def takes(self, amount: Amount) -> bool:
        """Return whether an amount can be paid with it."""
        return (
            amount.currency in self.currencies
            and self.minimum <= amount.cents
            and (self.maximum is None or amount.cents <= self.maximum)
        )


METHODS = (
    Method(id="ideal", english="iDEAL | Wero", dutch="iDEAL | Wero", minimum=1, maximum=50_000_00),
    Method(
        id="creditcard",
        english="Card",
        dutch="Creditcard",
        minimum=1,
        maximum=10_000_00,
        currencies=CURRENCIES,
        lifetime=30 * MINUTE,
    ),
    Method(id="bancontact", english="Bancontact", dutch="Bancontact", minimum=2, maximum=50_000_00),
    Method(
        id="banktransfer",
        english="Bank transfer",
        dutch="Overboeking",
        minimum=1,
        maximum=1_000_000_00,
        lifetime=12 * DAY,
        cancelable=True,
    ),
    Method(id="paypal", english="PayPal", dutch="PayPal", minimum=1, maximum=None, currencies=CURRENCIES),
    Method(id="belfius", english="Belfius Pay Button", dutch="Belfius", minimum=1, maximum=50_000_00),
)
_BY_ID = {method.id: method for method in METHODS}


def active_methods(store: Store) -> list[Method]:
    """Return the methods that are switched on, iDEAL first."""
    off = set(store.setting(_OFF) or [])
    return [method for method in METHODS if method.id not in off]


def switch_off(store: Store, method_ids: list[str]) -> None:
    """Switch these methods off and all others on; raises a 422 on an unknown one."""
    for method_id in method_ids:
        if method_id not in _BY_ID:
            raise unprocessable(f"There is no method '{method_id}'", "off")
    store.put_setting(_OFF, method_ids)


def find_method(method_id: str | None) -> Method | None:
    """Return the method with this id, switched on or not, or None."""
    return _BY_ID.get(method_id) if method_id else None


def suitable(store: Store, amount: Amount, allowed: tuple[str, ...] = ()) -> list[Method]:
    """Return the active methods with which an amount can be paid, out of the allowed ones (empty: any)."""
    return [
        method for method in active_methods(store) if method.takes(amount) and (not allowed or method.id in allowed)
    ]


def refuse_unpayable(methods: list[Method], amount: Amount) -> None:
    """Raise a 422 that says why an amount cannot be paid with any of the methods."""
    able = [method for method in methods if amount.currency in method.currencies]
    if any(method.takes(amount) for method in able):
        return
    if not able:
        raise unprocessable("The currency is not supported by the payment method", "amount.currency")
    if all(amount.cents < method.minimum for method in able):
        raise unprocessable("The amount is lower than the minimum", "amount")
    raise unprocessable("The amount is higher than the maximum", "amount")
