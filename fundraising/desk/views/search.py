"""The search box: contacts, gifts and promises in groups, at once or as one types.

What is typed are names, so it is posted: an address would stand in logs and in the browser's history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request, url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import current_user, requires
from fundraising.contacts.queries import display_names
from fundraising.contacts.queries.search import found_contacts
from fundraising.contacts.rules.words import TermKind
from fundraising.desk.views import words
from fundraising.desk.views.blueprint import blueprint
from fundraising.desk.views.finding import Hit, Source, groups_for, only_meant
from fundraising.gifts.queries import gift_by_reference
from fundraising.gifts.rules import BadReference, parse_reference, written_reference
from fundraising.giving.queries.of_gift import promise
from fundraising.programmes.queries import programme_names
from fundraising.web.answers import see_other
from fundraising.web.formats import euro, iban, short_date, short_moment
from fundraising.web.locale import current_language, lazy_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response

    from fundraising.contacts.queries.search import FoundContact

_FIELD = "q"
_ON_A_PAGE = 50
_WHILE_TYPING = 8


@blueprint.get("/zoeken")
@requires(Permission.SEE_CONTACTS)
def search_page() -> str:
    """What can be searched for; where one comes by a bookmark, or by going back."""
    return render_template("desk/search.html", searched="", groups=[], most=_ON_A_PAGE)


@blueprint.post("/zoeken")
@requires(Permission.SEE_CONTACTS)
def search() -> str | Response:
    """All that fits what was typed; straight to the one page whose number or reference it is."""
    text = request.form.get(_FIELD, "")
    groups = groups_for(current_user(), text, most=_ON_A_PAGE)
    if hit := only_meant(groups):
        return see_other(hit.path)
    return render_template("desk/search.html", searched=text[:200], groups=groups, most=_ON_A_PAGE)


@blueprint.post("/zoeken/tijdens-typen")
@requires(Permission.SEE_CONTACTS)
def search_while_typing() -> str:
    """The best of each group, as a piece of a page that the box shows under itself."""
    groups = groups_for(current_user(), request.form.get(_FIELD, ""), most=_WHILE_TYPING)
    return render_template("desk/search_suggestions.html", groups=groups)


def _contacts(text: str, most: int) -> Sequence[Hit]:
    return [
        Hit(
            title=found.name or _("Without a name"),
            details=tuple(filter(None, _details(found))),
            path=url_for("desk.contact", contact_id=found.contact_id),
            meant=found.asked_for,
        )
        for found in found_contacts(text, limit=most)
    ]


def _details(found: FoundContact) -> tuple[str, ...]:
    was = _("formerly %(name)s", name=found.merged_name) if found.merged_name else ""
    by = iban(found.by) if found.by_kind is TermKind.IBAN else found.by
    return words.word(found.organisation_kind or found.kind), found.town, was, by, f"#{found.contact_id}"


def _gifts(text: str, _most: int) -> Sequence[Hit]:
    reference = _reference(text)
    gift = gift_by_reference(reference) if reference else None
    if gift is None:
        return []
    giver = display_names([gift.contact_id]).get(gift.contact_id, "") if gift.contact_id else ""
    programme = programme_names(current_language())[gift.programme_id].name
    return [
        Hit(
            title=written_reference(gift.reference),
            details=tuple(filter(None, (euro(gift.standing), giver, programme, short_date(gift.received_on)))),
            path=url_for("desk.gift", reference=gift.reference),
            meant=True,
        )
    ]


def _promises(text: str, _most: int) -> Sequence[Hit]:
    """What was promised and did not come in; what did is a gift."""
    reference = _reference(text)
    promised = promise(reference) if reference and gift_by_reference(reference) is None else None
    if promised is None:
        return []
    who = promised.organisation_name or promised.donor_name
    details = (euro(promised.amount), who, short_moment(promised.created_at), _("not received"))
    return [Hit(title=written_reference(promised.reference), details=details)]


def _reference(text: str) -> str:
    try:
        return parse_reference(text)
    except BadReference:
        return ""


# A reference has a check symbol and 46 bits: what has it was meant.
SOURCES = (
    Source(
        name="gifts",
        place=10,
        title=lazy_text("Gifts"),
        permission=Permission.SEE_GIFTS,
        find=_gifts,
        conclusive=True,
    ),
    Source(
        name="promises",
        place=20,
        title=lazy_text("Promised gifts"),
        permission=Permission.SEE_GIFTS,
        find=_promises,
        conclusive=True,
    ),
    Source(
        name="contacts",
        place=30,
        title=lazy_text("Contacts"),
        permission=Permission.SEE_CONTACTS,
        find=_contacts,
    ),
)
