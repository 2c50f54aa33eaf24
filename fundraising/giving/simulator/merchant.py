"""What a merchant writes into a payment: its words, its addresses, its choice of methods. Each check raises a 422."""

import ipaddress
import json
import re
from typing import Any
from urllib.parse import urlsplit

from fundraising.giving.simulator import catalogue
from fundraising.giving.simulator.amounts import Amount, parse_amount
from fundraising.giving.simulator.errors import unprocessable
from fundraising.giving.simulator.records import Payment
from fundraising.giving.simulator.world import World

DESCRIPTION_LENGTH = 255
"""Mollie cuts a longer description off without a word."""

METADATA_BYTES = 1024
_LOCALE = re.compile(r"[a-z]{2}_[A-Z]{2}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


def new_payment(world: World, data: dict[str, Any], mode: str) -> Payment:
    """Return the payment that a request asks for, without an id yet."""
    if data.get("description") is None:
        raise unprocessable("The 'description' field is missing", "description")
    amount = parse_amount(data.get("amount"))
    if data.get("redirectUrl") is None:
        raise unprocessable("The 'redirectUrl' field is missing", "redirectUrl")
    if data.get("sequenceType", "oneoff") != "oneoff":
        raise unprocessable("Only payments of sequence type 'oneoff' can be made here", "sequenceType")
    method, allowed = _methods(world, data.get("method"), amount)
    return Payment(
        id="",
        mode=mode,
        cents=amount.cents,
        currency=amount.currency,
        status="open",
        created_at="",
        expires_at="",
        method=method,
        allowed_methods=allowed,
        country=_country(data.get("restrictPaymentMethodsToCountry")),
        **amendments(world, data),
    )


def amendments(world: World, data: dict[str, Any]) -> dict[str, Any]:
    """Return the payment's fields that a merchant may also change later, as far as the request names them."""
    checks = {
        "description": ("description", _description),
        "redirectUrl": ("redirect_url", lambda value: _url(value, "redirectUrl")),
        "cancelUrl": ("cancel_url", lambda value: _url(value, "cancelUrl")),
        "webhookUrl": ("webhook_url", lambda value: _webhook_url(world, value)),
        "metadata": ("metadata", _metadata),
        "locale": ("locale", _locale),
    }
    return {
        name: check(data[key])
        for key, (name, check) in checks.items()
        if key in data and (data[key] is not None or key == "metadata")
    }


def _description(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise unprocessable("The description should be a text", "description")
    return value[:DESCRIPTION_LENGTH]


def _url(value: object, field: str) -> str:
    if not isinstance(value, str) or not _is_web_address(value):
        raise unprocessable(f"The '{field}' is not a valid URL", field)
    return value


def _webhook_url(world: World, value: object) -> str:
    if not isinstance(value, str) or not _is_web_address(value):
        raise unprocessable("The webhook URL is invalid", "webhookUrl")
    if world.settings.refuse_local_webhooks and _is_local(urlsplit(value).hostname or ""):
        raise unprocessable(
            "The webhook URL is invalid because it is unreachable from Mollie's point of view", "webhookUrl"
        )
    return value


def _metadata(value: object) -> object:
    if len(json.dumps(value)) > METADATA_BYTES:
        raise unprocessable("The metadata is larger than 1 kB", "metadata")
    return value


def _locale(value: object) -> str:
    if not isinstance(value, str) or not _LOCALE.fullmatch(value):
        raise unprocessable("The locale is invalid", "locale")
    return value


def _country(value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not _COUNTRY.fullmatch(value)):
        raise unprocessable("The country is invalid", "restrictPaymentMethodsToCountry")
    return value


def _methods(world: World, choice: object, amount: Amount) -> tuple[str | None, tuple[str, ...]]:
    """Return the one method chosen, or the several among which the payer chooses (none: all)."""
    chosen = [choice] if isinstance(choice, str) else choice or []
    if not isinstance(chosen, list):
        raise unprocessable("The payment method is invalid", "method")
    active = {method.id: method for method in catalogue.active_methods(world.store)}
    if any(not isinstance(name, str) or name not in active for name in chosen):
        raise unprocessable("The payment method is invalid", "method")
    candidates = [active[name] for name in chosen] or list(active.values())
    catalogue.refuse_unpayable(candidates, amount)
    return (chosen[0], ()) if len(chosen) == 1 else (None, tuple(chosen))


def _is_web_address(value: str) -> bool:
    if any(character.isspace() for character in value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_local(host: str) -> bool:
    if host == "localhost" or "." not in host or host.endswith((".localhost", ".local", ".test")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
