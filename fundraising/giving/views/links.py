"""Giving links: a list, a new one, and the page of one with its QR code, its poster and what came through it."""

from __future__ import annotations

import io
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

import segno
from flask import Response, abort, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import Markup

from fundraising import pdf
from fundraising.accounts.rules import Permission, Subject
from fundraising.accounts.services import record
from fundraising.accounts.views import requires
from fundraising.clock import date_of
from fundraising.contacts.queries import display_names
from fundraising.db import transaction
from fundraising.giving.forms.links import LinkForm
from fundraising.giving.queries.links import Order, link, promises_through
from fundraising.giving.queries.links import links as all_links
from fundraising.giving.rules.links import CodeTaken, LinkState
from fundraising.giving.services.links import NewLink, end_link, make_link
from fundraising.giving.views.blueprint import blueprint
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names, programmes
from fundraising.web.answers import see_other
from fundraising.web.lists import Sort, page_of, wanted
from fundraising.web.locale import absolute_url, current_language
from fundraising.web.notices import notice
from fundraising.web.sheets import Column, Sheet, SheetFormat, as_download

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from werkzeug.wrappers import Response as AnyResponse

    from fundraising.giving.queries.links import LinkRow
    from fundraising.web.lists import Wanted
    from fundraising.web.sheets import Cell

_STATES = {"actief": LinkState.ACTIVE, "beeindigd": LinkState.ENDED}
_NEWEST = Sort("nieuwste")
# More links than a charity makes in its life.
_MOST_TAKEN = 10_000
_SIZES = ("a4", "a5")
# Of the PNG: 20 points a module print sharp at the size of a hand.
_SCALE = 20
_QUIET_ZONE = 4


@blueprint.get("")
@requires(Permission.GIVING_LINKS)
def links() -> str:
    """All giving links, each with what came through it."""
    asked = wanted(request.args, sortable=set(Order), default=Sort(Order.MADE, descending=True))
    page = page_of(_listed(asked, skipped=asked.skipped, most=asked.size + 1), asked)
    return render_template(
        "giving/links/list.html",
        page=page,
        asked=asked,
        names=display_names({each.contact_id for each in page.items if each.contact_id is not None}),
        programmes=programme_names(current_language()),
    )


@blueprint.get("/geeflinks.<any(xlsx, csv):extension>")
@requires(Permission.GIVING_LINKS)
def links_taken(extension: str) -> Response:
    """The list as a file, with its filter and order."""
    shape = SheetFormat(extension)
    asked = wanted(request.args, sortable=set(Order), default=Sort(Order.MADE, descending=True))
    found = _listed(asked, skipped=0, most=_MOST_TAKEN)
    with transaction():
        record("giving_links.exported", Subject("giving_links"), after={"rows": len(found), "shape": shape.value})
    return as_download(Sheet(_("Giving links"), _columns(), _cells(found)), shape)


@blueprint.get("/nieuw")
@requires(Permission.GIVING_LINKS)
def new_link() -> str:
    """A form for a new link; `?relatie=` says for whom."""
    return _form_page(LinkForm(who=request.args.get("relatie", "")))


@blueprint.post("/nieuw")
@requires(Permission.GIVING_LINKS)
def make() -> AnyResponse | tuple[str, int]:
    """Make a link."""
    form = LinkForm()
    if not form.accepted():
        return _form_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    asked = NewLink(int(form.programme.data), form.euro, form.contact_id, form.code.data or "")
    try:
        with transaction():
            code = make_link(asked)
    except CodeTaken:
        form.code.errors = [_("There is a link with this code already. Choose another one.")]
        return _form_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    notice(_("The giving link is made."))
    return see_other(url_for("giving_links.one_link", code=code))


@blueprint.get("/<code>")
@requires(Permission.GIVING_LINKS)
def one_link(code: str) -> str:
    """A link: its address, its QR code, and who came through it."""
    found = _found(code)
    asked = wanted(request.args, sortable=(), default=_NEWEST)
    return render_template(
        "giving/links/link.html",
        link=found,
        address=address_of(found),
        page=page_of(promises_through(code, skipped=asked.skipped, most=asked.size + 1), asked),
        contact=display_names([found.contact_id]).get(found.contact_id) if found.contact_id else None,
        programmes=programme_names(current_language()),
    )


@blueprint.post("/<code>/beeindigen")
@requires(Permission.GIVING_LINKS)
def end(code: str) -> AnyResponse:
    """End a link. Its address goes on working: an old poster still leads to the giving page."""
    found = _found(code)
    with transaction():
        end_link(found.code)
    notice(_("The giving link is ended. Who still uses it can give, and is counted."))
    return see_other(url_for("giving_links.one_link", code=found.code))


@blueprint.get("/<code>/qr.svg")
@requires(Permission.GIVING_LINKS)
def as_svg(code: str) -> Response:
    """The QR code as a drawing, for print at any size."""
    return _file(_drawn(_found(code), "svg"), "image/svg+xml", f"geeflink-{code}.svg")


@blueprint.get("/<code>/qr.png")
@requires(Permission.GIVING_LINKS)
def as_png(code: str) -> Response:
    """The QR code as an image, for a newsletter or a slide."""
    return _file(_drawn(_found(code), "png"), "image/png", f"geeflink-{code}.png")


@blueprint.get("/<code>/poster.pdf")
@requires(Permission.GIVING_LINKS)
def as_poster(code: str) -> Response:
    """A page to hang up or to lay in the pews, `?formaat=a5` or a4; in Dutch, as its readers are."""
    found = _found(code)
    size = request.args.get("formaat", "a4")
    if size not in _SIZES:
        abort(404)
    with force_locale("nl"):
        page = render_template(
            "giving/links/poster.html",
            size=size,
            link=found,
            programme=next(each for each in programmes("nl") if each.id == found.programme_id),
            for_whom=display_names([found.contact_id]).get(found.contact_id, "") if found.contact_id else "",
            address=address_of(found).partition("://")[2],
            code=Markup(_drawn(found, "svg").decode()),  # noqa: S704  drawn here
        )
    return _file(pdf.from_html(page), "application/pdf", f"geeflink-{code}-{size}.pdf")


def address_of(found: LinkRow) -> str:
    """The address that a donor types or scans: short, since what is shorter scans from further away."""
    return absolute_url("giving.via", language="nl", code=found.code)


def _found(code: str) -> LinkRow:
    return link(code) or abort(404)


def _listed(asked: Wanted, *, skipped: int, most: int) -> list[LinkRow]:
    """The links that the filter in the address lets through, in the order that it asks for."""
    order = Order(asked.sort.key), asked.sort.descending
    return all_links(skipped=skipped, most=most, state=_STATES.get(request.args.get("stand", "")), order=order)


def _form_page(form: LinkForm) -> str:
    return render_template("giving/links/new.html", form=form)


def _drawn(found: LinkRow, kind: str) -> bytes:
    image = io.BytesIO()
    drawing = segno.make(address_of(found), error="m", micro=False)
    # Dark on white, as scanners want it; without classes or styles, which the policy of our pages forbids.
    plain = {"svgclass": None, "lineclass": None, "xmldecl": False} if kind == "svg" else {}
    drawing.save(image, kind=kind, scale=_SCALE, border=_QUIET_ZONE, dark="#000", light="#fff", **plain)
    return image.getvalue()


def _file(body: bytes, mimetype: str, name: str) -> Response:
    response = Response(body, mimetype=mimetype)
    how = "attachment" if "bewaar" in request.args else "inline"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _columns() -> list[Column]:
    return [
        Column(_("Code"), width=16),
        Column(_("State")),
        Column(_("For whom"), width=32),
        Column(_("Programme"), width=26),
        Column(_("Amount"), Euro),
        Column(_("Promised"), int),
        Column(_("Received"), int),
        Column(_("Remaining"), Euro),
        Column(_("Made on"), date),
    ]


def _cells(found: Sequence[LinkRow]) -> Iterator[Sequence[Cell]]:
    names = display_names({each.contact_id for each in found if each.contact_id is not None})
    programmes = programme_names(current_language())
    states = {LinkState.ACTIVE: _("in use"), LinkState.ENDED: _("ended")}
    for each in found:
        yield (
            each.code,
            states[each.state],
            names.get(each.contact_id, "") if each.contact_id is not None else "",
            programmes[each.programme_id].name if each.programme_id in programmes else "",
            each.amount,
            each.came.promised,
            each.came.received,
            each.came.received_amount,
            date_of(each.created_at),
        )
