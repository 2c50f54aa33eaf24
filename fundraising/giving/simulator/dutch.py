"""How the simulator's pages say things; they are in Dutch only, as they are for those who try it out."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from fundraising.giving.simulator.amounts import Amount

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PAYMENT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "open": "open",
        "pending": "in behandeling",
        "authorized": "geautoriseerd",
        "paid": "betaald",
        "canceled": "geannuleerd",
        "expired": "verlopen",
        "failed": "mislukt",
    }
)
REFUND_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "queued": "in de wachtrij",
        "pending": "wacht op verwerking",
        "processing": "wordt verwerkt",
        "refunded": "terugbetaald",
        "failed": "mislukt",
        "canceled": "ingetrokken",
    }
)
WEBHOOK_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "waiting": "wacht",
        "sending": "onderweg",
        "delivered": "bezorgd",
        "given up": "opgegeven",
        "lost": "verloren (storing)",
    }
)


def euros(amount: Amount) -> str:
    """Return an amount as the Dutch write it, such as `€ 1.300,00`, with no-break spaces."""
    whole = f"{amount.cents // 100:,}".replace(",", ".")
    sign = "€" if amount.currency == "EUR" else amount.currency
    return f"{sign}\N{NO-BREAK SPACE}{whole},{amount.cents % 100:02}"


def moment(written: str) -> str:
    """Return an instant as Mollie writes it in Dutch time, such as `22-11-2026 16.03.10`."""
    return datetime.fromisoformat(written).astimezone(AMSTERDAM).strftime("%d-%m-%Y %H.%M.%S")


def grouped(iban: str) -> str:
    """Return an IBAN in groups of four."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
