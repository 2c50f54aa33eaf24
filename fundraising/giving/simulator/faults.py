"""Faults that are asked for: of the API's answers, and of the webhooks on their way."""

from dataclasses import dataclass, fields, replace
from typing import Any

from fundraising.giving.simulator.errors import unprocessable
from fundraising.giving.simulator.store import Store

API_FAULTS = ("status", "hang", "drop_before", "drop_after")
_API = "api-faults"
_WEBHOOKS = "webhook-faults"


@dataclass(frozen=True, kw_only=True)
class ApiFault:
    """What goes wrong with the next `times` calls whose method is `method` and whose path begins with `path`.

    `status` answers with that HTTP status and does nothing else; `hang` waits so many seconds and then does the work;
    `drop_before` breaks the connection and does nothing; `drop_after` does the work and then breaks the connection.
    An empty `method` or `path` means any.
    """

    kind: str
    times: int = 1
    status: int = 500
    seconds: float = 0.0
    method: str = ""
    path: str = ""

    def matches(self, method: str, path: str) -> bool:
        """Return whether a call is one that goes wrong."""
        return (not self.method or self.method == method) and path.startswith(self.path)


@dataclass(frozen=True, kw_only=True)
class WebhookFaults:
    """What happens to webhooks from now on.

    Each is delayed, sent `duplicates` times more, and shuffled within a window of `reorder_seconds` (simulated
    seconds both); the next `lose_next` are never sent.
    """

    delay_seconds: float = 0.0
    duplicates: int = 0
    reorder_seconds: float = 0.0
    lose_next: int = 0


def api_faults(store: Store) -> list[ApiFault]:
    """Return the faults still to come, in the order in which they were asked for."""
    return [ApiFault(**body) for body in store.setting(_API) or []]


def add_api_fault(store: Store, data: dict[str, Any]) -> ApiFault:
    """Ask for a fault; raises a 422 on an unknown kind or a wrong value."""
    fault = ApiFault(**checked(ApiFault, data))
    if fault.kind not in API_FAULTS:
        raise unprocessable(f"A fault is one of {', '.join(API_FAULTS)}", "kind")
    with store.transaction():
        _put_api_faults(store, [*api_faults(store), fault])
    return fault


def clear_api_faults(store: Store) -> None:
    """Let the API answer as it should."""
    _put_api_faults(store, [])


def take_api_fault(store: Store, method: str, path: str) -> ApiFault | None:
    """Return the fault that befalls this call, if any, and count it down."""
    if not store.setting(_API):
        return None
    with store.transaction():
        faults = api_faults(store)
        for number, fault in enumerate(faults):
            if fault.matches(method, path):
                faults[number] = replace(fault, times=fault.times - 1)
                _put_api_faults(store, [left for left in faults if left.times > 0])
                return fault
    return None


def webhook_faults(store: Store) -> WebhookFaults:
    """Return what happens to webhooks now."""
    return WebhookFaults(**(store.setting(_WEBHOOKS) or {}))


def set_webhook_faults(store: Store, data: dict[str, Any]) -> WebhookFaults:
    """Replace what happens to webhooks; what is not named is as it should be. Raises a 422 on a wrong value."""
    faults = WebhookFaults(**checked(WebhookFaults, data))
    store.put_setting(_WEBHOOKS, vars(faults))
    return faults


def lose_one_webhook(store: Store) -> bool:
    """Return whether the webhook now announced is to be lost, counting it down; call inside a transaction."""
    faults = webhook_faults(store)
    if faults.lose_next <= 0:
        return False
    store.put_setting(_WEBHOOKS, vars(replace(faults, lose_next=faults.lose_next - 1)))
    return True


def checked(kind: type, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data if every name is a field of the dataclass and every value of its type, else raise a 422."""
    allowed = {field.name: field.type for field in fields(kind)}
    for name, value in data.items():
        if name not in allowed:
            raise unprocessable(f"Unknown field, expected one of {', '.join(allowed)}", name)
        if not _fits(value, allowed[name]):
            raise unprocessable("The value is of the wrong type or negative", name)
    if "kind" in allowed and "kind" not in data:
        raise unprocessable("The 'kind' field is missing", "kind")
    return data


def _fits(value: object, wanted: object) -> bool:
    if wanted is str:
        return isinstance(value, str)
    number = isinstance(value, (int, float) if wanted is float else int) and not isinstance(value, bool)
    return number and value >= 0  # type: ignore[operator]  # a number, as the line above made sure


def _put_api_faults(store: Store, faults: list[ApiFault]) -> None:
    store.put_setting(_API, [vars(fault) for fault in faults])
