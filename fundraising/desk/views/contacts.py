"""The list of contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires
from fundraising.accounts.views.leafing import note_leafing
from fundraising.contacts.forms.words import CONTACT_KINDS, DENOMINATIONS, ORGANISATION_KINDS, SCHOOL_LEVELS
from fundraising.contacts.queries.listed import (
    MOST_COUNTED,
    ListFilter,
    Mailbox,
    Order,
    count_listed,
    listed_contacts,
)
from fundraising.contacts.rules import ContactKind, OrganisationKind
from fundraising.contacts.rules.organisations import Denomination, SchoolLevel
from fundraising.desk.views import words
from fundraising.desk.views.blueprint import blueprint
from fundraising.web.lists import Sort, chosen, facet, page_of, wanted
from fundraising.web.locale import LANGUAGES, NATIVE_NAMES, lazy_text
from fundraising.web.menu import Group, MenuItem, in_menu

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum
    from typing import TypeVar

    from fundraising.web.lists import Facet

    Kind = TypeVar("Kind", bound=StrEnum)

_LONGEST_TOWN = 80
# Filters as they stand in the address.
KIND, ORGANISATION, DENOMINATION, LEVEL = "soort", "organisatie", "kerkgenootschap", "onderwijs"
TOWN, LANGUAGE, MAILBOX, STATE = "plaats", "taal", "mail", "stand"
DECEASED, DO_NOT_CONTACT, ALIVE = "overleden", "niet-benaderen", "te-benaderen"
_MAILBOXES = {"wel": Mailbox.SOME, "geen": Mailbox.NONE, "onbestelbaar": Mailbox.UNDELIVERABLE}

in_menu(
    blueprint,
    MenuItem(
        group=Group.PEOPLE,
        place=10,
        label=lazy_text("Contacts"),
        endpoint="desk.contacts",
        permission=Permission.SEE_CONTACTS,
    ),
)


@blueprint.get("/relaties")
@requires(Permission.SEE_CONTACTS)
def contacts() -> str:
    """People and organisations, filtered by what is not personal: names are searched for, and never in an address."""
    args = request.args
    filters = filters_of(args)
    asked = wanted(args, sortable=set(Order), default=Sort(Order.NAME))
    rows = listed_contacts(
        filters,
        order=Order(asked.sort.key),
        descending=asked.sort.descending,
        skip=asked.skipped,
        limit=asked.size + 1,
    )
    total = count_listed(filters)
    page = page_of(rows, asked, total=total if total < MOST_COUNTED else None)
    note_leafing("contacts", page)
    return render_template("desk/contacts.html", page=page, asked=asked, facets=_facets(args), town=filters.town or "")


def filters_of(args: Mapping[str, str]) -> ListFilter:
    """The filter in an address; what is no choice of ours is not looked at."""
    state = chosen(args, STATE, (DECEASED, DO_NOT_CONTACT, ALIVE))
    mailbox = chosen(args, MAILBOX, _MAILBOXES)
    return ListFilter(
        kind=_one_of(ContactKind, args, KIND),
        organisation_kind=_one_of(OrganisationKind, args, ORGANISATION),
        denomination=_one_of(Denomination, args, DENOMINATION),
        level=_one_of(SchoolLevel, args, LEVEL),
        town=" ".join(args.get(TOWN, "").replace("\x00", "").split())[:_LONGEST_TOWN] or None,
        language=chosen(args, LANGUAGE, LANGUAGES) or None,
        mailbox=_MAILBOXES[mailbox] if mailbox else None,
        deceased={DECEASED: True, ALIVE: False}.get(state),
        do_not_contact={DO_NOT_CONTACT: True, ALIVE: False}.get(state),
    )


def _one_of(kind: type[Kind], args: Mapping[str, str], name: str) -> Kind | None:
    value = chosen(args, name, [member.value for member in kind])
    return kind(value) if value else None


def _facets(args: Mapping[str, str]) -> list[Facet]:
    offered = [
        (KIND, _("Kind"), words.options(CONTACT_KINDS)),
        (ORGANISATION, _("Organisation"), words.options(ORGANISATION_KINDS)),
        (DENOMINATION, _("Denomination"), words.options(DENOMINATIONS)),
        (LEVEL, _("Level of education"), words.options(SCHOOL_LEVELS)),
        (LANGUAGE, _("Language"), [(language, NATIVE_NAMES[language]) for language in LANGUAGES]),
        (
            MAILBOX,
            _("E-mail"),
            [("wel", _("has an address")), ("geen", _("has none")), ("onbestelbaar", _("mail comes back"))],
        ),
        (
            STATE,
            _("May be approached"),
            [(ALIVE, _("yes")), (DO_NOT_CONTACT, _("does not want to be")), (DECEASED, _("deceased"))],
        ),
    ]
    return [facet(args, *each) for each in offered]
