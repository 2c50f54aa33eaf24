"""The blueprint of staff pages about giving links."""

from __future__ import annotations

from flask import Blueprint

from fundraising.web.locale import lazy_text
from fundraising.web.menu import Group, MenuItem, in_menu

blueprint = Blueprint("giving_links", __name__, url_prefix="/desk/geeflinks")
in_menu(
    blueprint,
    MenuItem(
        group=Group.MONEY,
        place=40,
        label=lazy_text("Giving links"),
        endpoint="giving_links.links",
        permission="giving_links",
    ),
)
