"""Searching the audit trail."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from flask import render_template, request
from flask_babel import gettext

from fundraising.accounts.queries import names_of_users
from fundraising.accounts.queries.trail import TrailFilter, actions, subject_kinds, trail, whole_trail
from fundraising.accounts.rules import ActorKind, Permission, Subject
from fundraising.accounts.services import record
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.deeds import deed, record_kind
from fundraising.accounts.views.guard import requires, requires_proof
from fundraising.accounts.views.told import told_actor, told_field, told_value
from fundraising.clock import AMSTERDAM
from fundraising.db import transaction
from fundraising.web.lists import Sort, facet, page_of, wanted, whole_number
from fundraising.web.locale import lazy_text as _
from fundraising.web.menu import Group, MenuItem, in_menu
from fundraising.web.sheets import Column, Sheet, SheetFormat, as_download

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flask import Response

    from fundraising.accounts.queries.trail import TrailRow
    from fundraising.web.lists import Facet
    from fundraising.web.sheets import Cell

in_menu(
    blueprint,
    MenuItem(
        group=Group.HOUSE,
        place=30,
        label=_("Audit trail"),
        endpoint="accounts.audit_trail",
        permission=Permission.SEE_AUDIT,
    ),
)

_NOT_STAFF = {
    ActorKind.COMMAND: _("Command line"),
    ActorKind.JOB: _("Jobs"),
    ActorKind.VISITOR: _("Not signed in"),
}
# Where the page of a record stands, by its kind.
_PAGES = {"contact": "/desk/relaties/", "user": "/desk/gebruikers/"}


@blueprint.get("/logboek")
@requires(Permission.SEE_AUDIT)
def audit_trail() -> str:
    """Show who did what, by person, action, record and period."""
    people, words, kinds = names_of_users(), actions(), subject_kinds()
    facets = _facets(people, words, kinds)
    asked = wanted(request.args, sortable=(), default=Sort("", descending=True))
    rows = trail(_filter(facets), skipped=asked.skipped, most=asked.size + 1)
    return render_template(
        "accounts/trail.html",
        page=page_of(rows, asked),
        facets=facets,
        people=people,
        not_staff=_NOT_STAFF,
        pages=_PAGES,
        number=whole_number(request.args, "nummer"),
        since=_day("van"),
        until=_day("tot"),
    )


@blueprint.get("/logboek.<any(xlsx, csv):extension>")
@requires_proof(Permission.SEE_AUDIT)
def trail_taken(extension: str) -> Response:
    """What was found as a file, row by row. That it was taken is the newest line of the trail from then on."""
    shape = SheetFormat(extension)
    people = names_of_users()
    wanted_rows = _filter(_facets(people, actions(), subject_kinds()))
    with transaction():
        told = {"shape": shape.value, "filter": {name: value for name, value in request.args.items() if value}}
        record("audit.exported", Subject("audit"), after=told)
    rows = (_cells(row, people) for row in whole_trail(wanted_rows))
    return as_download(Sheet(gettext("Audit trail"), _columns(), rows), shape)


def _columns() -> list[Column]:
    heads = (_("When"), _("Who"), _("Address"), _("Action"), _("Record"), _("Number"), _("Before"), _("After"))
    kinds: dict[int, type] = {0: datetime, 5: int}
    return [Column(str(head), kinds.get(place, str)) for place, head in enumerate(heads)]


def _cells(row: TrailRow, people: dict[int, str]) -> Sequence[Cell]:
    who = people.get(row.actor_id, "") if row.actor_id else told_actor(row.actor)
    who = who or str(_NOT_STAFF.get(row.actor_kind, ""))
    before, after = (
        "; ".join(f"{told_field(name)}: {told_value(value, name)}" for name, value in told.items())
        for told in (row.before, row.after)
    )
    if row.erased:
        after = gettext("erased")
    return row.at, who, row.address, deed(row.action), record_kind(row.subject.kind), row.subject.id, before, after


def _facets(people: dict[int, str], words: Sequence[str], kinds: Sequence[str]) -> list[Facet]:
    who = [(str(number), name) for number, name in people.items()]
    who += [(kind.value, label) for kind, label in _NOT_STAFF.items()]
    offered: tuple[tuple[str, str, list[tuple[str, str]]], ...] = (
        ("wie", _("Who"), who),
        ("actie", _("Action"), _by_label((word, deed(word)) for word in words)),
        ("soort", _("Kind of record"), _by_label((kind, record_kind(kind)) for kind in kinds)),
    )
    return [facet(request.args, *each) for each in offered]


def _by_label(options: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(options, key=lambda option: option[1].casefold())


def _filter(facets: list[Facet]) -> TrailFilter:
    who, action, kind = (facet.chosen for facet in facets)
    since, until = _day("van"), _day("tot")
    return TrailFilter(
        # A person's number alone names no index; only people have one.
        actor_kind=ActorKind.USER if who.isdecimal() else ActorKind(who) if who else None,
        user_id=int(who) if who.isdecimal() else None,
        action=action,
        subject_kind=kind,
        subject_id=whole_number(request.args, "nummer"),
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
    )


def _day(name: str) -> date | None:
    """A day in the address; None for what is no day, or so late that none comes after it."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if day.year < date.max.year and day.year > 1 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, AMSTERDAM)
