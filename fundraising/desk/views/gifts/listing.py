"""All gifts in a list that filters, sorts and adds up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from flask import render_template, request
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires
from fundraising.accounts.views.leafing import note_leafing
from fundraising.clock import today
from fundraising.contacts.queries import display_names, known_as
from fundraising.desk.views.blueprint import blueprint
from fundraising.desk.views.gifts.words import method_name, method_names
from fundraising.gifts.queries.listing import (
    ListedGift,
    ListFilter,
    Order,
    Slice,
    WentBack,
    list_totals,
    listed_gifts,
    methods_in_use,
)
from fundraising.money import Euro, NotAnAmount
from fundraising.programmes.queries import programme_names
from fundraising.web.lists import Sort, facet, page_of, wanted, whole_number
from fundraising.web.locale import current_language, lazy_text
from fundraising.web.menu import Group, MenuItem, in_menu

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundraising.programmes.queries import ProgrammeName
    from fundraising.web.lists import Facet, Page, Wanted

# Further nobody leafs, and each page skips all before it.
LAST_PAGE = 200
_ORDERS = {"datum": Order.DATE, "bedrag": Order.AMOUNT, "geboekt": Order.RECORDED}
_NEWEST_FIRST = Sort("datum", descending=True)
_YES, _NO = "ja", "nee"
_WAYS_BACK = {"terugbetaald": WentBack.REFUNDED, "gestorneerd": WentBack.CHARGED_BACK}

in_menu(
    blueprint,
    MenuItem(group=Group.MONEY, place=10, label=lazy_text("Gifts"), endpoint="desk.gifts", permission="see_gifts"),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for. `faults` are typed dates and amounts that cannot be read."""

    filter: ListFilter
    faults: frozenset[str]


@blueprint.get("/giften")
@requires(Permission.SEE_GIFTS)
def gifts() -> str:
    """Gifts, newest first; what they add up to where that is soon counted, or asked for with `?totaal=ja`."""
    asked, order = _asked(request.args), _order()
    page = _page(asked.filter, order)
    note_leafing("gifts", page)
    methods, programmes = method_names(), programme_names(current_language())
    totals = list_totals(asked.filter, at_any_cost=request.args.get("totaal") == _YES)
    return render_template(
        "desk/gifts/list.html",
        page=page,
        asked=order,
        totals=totals,
        facets=_facets(request.args, methods, programmes),
        faults=asked.faults,
        at_the_end=order.number >= LAST_PAGE,
        names=display_names({gift.contact_id for gift in page.items if gift.contact_id is not None}),
        programmes=programmes,
        methods=methods,
        method_name=method_name,
    )


def _order() -> Wanted:
    order = wanted(request.args, sortable=_ORDERS, default=_NEWEST_FIRST)
    return replace(order, number=min(order.number, LAST_PAGE))


def _page(filter_: ListFilter, order: Wanted) -> Page[ListedGift]:
    part = Slice(_ORDERS[order.sort.key], order.sort.descending, order.skipped, order.size + 1)
    page = page_of(listed_gifts(filter_, part), order)
    return replace(page, has_next=page.has_next and order.number < LAST_PAGE)


def _asked(args: Mapping[str, str]) -> _Asked:
    faults: set[str] = set()
    period = _period(args, faults)
    contact_id = whole_number(args, "relatie")
    way_back = _WAYS_BACK.get(args.get("terug", ""))
    asked = ListFilter(
        programme_id=whole_number(args, "programma"),
        method=_method(args),
        received_from=period[0],
        received_until=period[1],
        at_least=_amount(args, "bedrag_van", faults),
        at_most=_amount(args, "bedrag_tot", faults),
        contact_ids=None if contact_id is None else tuple(known_as(contact_id)),
        has_contact=_yes_or_no(args, "met_relatie"),
        thanked=_yes_or_no(args, "bedankt"),
        went_back=way_back,
    )
    return _Asked(asked, frozenset(faults))


def filter_of(args: Mapping[str, str]) -> ListFilter:
    """The filter in an address; what cannot be read is not looked at."""
    return _asked(args).filter


def _period(args: Mapping[str, str], faults: set[str]) -> tuple[date | None, date | None]:
    """A whole year, or from one day to another."""
    year = whole_number(args, "jaar", most=9998)
    if year:
        return date(year, 1, 1), date(year, 12, 31)
    return _day(args, "van", faults), _day(args, "tot", faults)


def _day(args: Mapping[str, str], name: str, faults: set[str]) -> date | None:
    typed = args.get(name, "")
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        faults.add(name)
        return None


def _method(args: Mapping[str, str]) -> str | None:
    typed = args.get("betaalwijze", "")
    # PostgreSQL takes no text with a NUL in it.
    return typed if typed and typed.isprintable() else None


def _amount(args: Mapping[str, str], name: str, faults: set[str]) -> Euro | None:
    typed = args.get(name, "")
    try:
        return Euro.parse(typed) if typed.strip() else None
    except NotAnAmount:
        faults.add(name)
        return None


def _yes_or_no(args: Mapping[str, str], name: str) -> bool | None:
    return {_YES: True, _NO: False}.get(args.get(name, ""))


def _facets(
    args: Mapping[str, str], methods: Mapping[str, str], programmes: Mapping[int, ProgrammeName]
) -> list[Facet]:
    choices = (
        ("jaar", _("Year"), [(str(year), str(year)) for year in range(today().year, today().year - 11, -1)]),
        ("programma", _("Programme"), [(str(number), each.name) for number, each in programmes.items()]),
        ("betaalwijze", _("Paid by"), [(code, method_name(code, methods)) for code in methods_in_use()]),
        ("met_relatie", _("Contact"), [(_YES, _("known")), (_NO, _("not known"))]),
        ("bedankt", _("Thanked"), [(_YES, _("yes")), (_NO, _("not yet"))]),
        ("terug", _("Went back"), [("terugbetaald", _("refunded")), ("gestorneerd", _("charged back"))]),
    )
    return [facet(args, *each) for each in choices]
