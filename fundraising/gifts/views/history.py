"""Pages on which gifts of earlier years come in."""

from __future__ import annotations

from flask import Blueprint

from fundraising.accounts.rules import Permission
from fundraising.gifts.forms.history import HISTORY_CHOICES, HISTORY_WORDS
from fundraising.gifts.services.history import HISTORIC_GIFTS
from fundraising.imports.views import ImportPages, add_pages
from fundraising.web.desk import DESK
from fundraising.web.locale import lazy_text as _
from fundraising.web.menu import Group, MenuItem, in_menu

blueprint = Blueprint("gift_imports", __name__, url_prefix=DESK)
in_menu(
    blueprint,
    MenuItem(
        group=Group.MONEY,
        place=80,
        label=_("Earlier gifts"),
        endpoint="gift_imports.gifts_import_list",
        permission=Permission.IMPORT_GIFTS.value,
    ),
)


add_pages(
    blueprint,
    ImportPages(
        kind=HISTORIC_GIFTS,
        blueprint="gift_imports",
        path="/giften/importeren",
        permission=Permission.IMPORT_GIFTS,
        title=_("Gifts of earlier years"),
        introduction=_(
            "Gifts that were received before this system was used, one row for each gift."
            " Bring the contacts in first, so that each gift finds the contact whose it was."
        ),
        warning=_(
            "This cannot be undone: what is in the ledger stays there, and a mistake is corrected with a reversal."
            " The file goes in whole, and only when the totals of every year agree with your own records."
        ),
        words=HISTORY_WORDS,
        choices=HISTORY_CHOICES,
        samples={"giften.xlsx": _("gifts (Excel)"), "giften.csv": _("gifts (CSV)")},
    ),
)
