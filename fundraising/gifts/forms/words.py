"""What ways to pay are called, those too that nobody offers today, or ever did online."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS: Mapping[str, str] = {
    "ideal": "iDEAL",
    "creditcard": _("Card"),
    "bancontact": "Bancontact",
    "paypal": "PayPal",
    "directdebit": _("Direct debit"),
    "transfer": _("Bank transfer"),
    "banktransfer": _("Bank transfer"),
    "cash": _("Cash"),
    "collection": _("Collection"),
}
