"""Staff pages for contacts that may be one: the queue to judge, side by side, merging, and undoing it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission
from fundraising.accounts.views import requires
from fundraising.accounts.views.leafing import note_leafing
from fundraising.contacts.forms.fields import PickForm
from fundraising.contacts.queries import ContactRow, contact, current_id, display_names
from fundraising.contacts.queries.likeness import Order as CandidateOrder
from fundraising.contacts.queries.likeness import candidate_between, candidate_page, candidates_to_judge
from fundraising.contacts.queries.merges import Order as MergeOrder
from fundraising.contacts.queries.merges import linked, merge_page, mergeable
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.rules.likeness import POINTS, Likeness
from fundraising.contacts.rules.merging import GROUPS, MergeFault, MergeRefused, Side, choices, refuse_unlike
from fundraising.contacts.services.duplicates import UnknownCandidate, judge_again, judge_different
from fundraising.contacts.services.merging import merge, undo_merge
from fundraising.db import transaction
from fundraising.web.answers import see_other
from fundraising.web.desk import DESK
from fundraising.web.lists import Sort, page_of, wanted
from fundraising.web.locale import lazy_text
from fundraising.web.menu import Group, MenuItem, in_menu
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from fundraising.contacts.rules.merging import Mergeable


blueprint = Blueprint("duplicates", __name__, url_prefix=DESK)
in_menu(
    blueprint,
    MenuItem(
        group=Group.PEOPLE,
        place=30,
        label=lazy_text("Duplicates"),
        endpoint="duplicates.queue",
        permission=Permission.MERGE_CONTACTS.value,
    ),
)

REASONS = {
    Likeness.SAME_NAME: lazy_text("the same name"),
    Likeness.NEARLY_SAME_NAME: lazy_text("nearly the same name"),
    Likeness.SAME_EMAIL: lazy_text("the same e-mail address"),
    Likeness.SAME_IBAN: lazy_text("the same IBAN"),
    Likeness.SAME_PHONE: lazy_text("the same telephone number"),
    Likeness.SAME_ADDRESS: lazy_text("the same postcode and house number"),
    Likeness.SAME_TOWN: lazy_text("the same town"),
    Likeness.SAME_REGISTRATION: lazy_text("the same registration number"),
    Likeness.NAMES_CLASH: lazy_text("names that clash"),
}
FIELDS = {
    "name": lazy_text("Name"),
    "organisation_name": lazy_text("Name"),
    "language": lazy_text("Language"),
    "preferred_channel": lazy_text("Prefers to be reached by"),
    "kvk": lazy_text("KVK number"),
    "rsin": lazy_text("RSIN"),
    "denomination": lazy_text("Denomination"),
    "town": lazy_text("Town"),
    "members": lazy_text("Number of members"),
    "level": lazy_text("Level of education"),
    "brin": lazy_text("BRIN"),
    "deceased_on": lazy_text("Died on"),
}
_FAULTS = {
    MergeFault.SAME: lazy_text("This is one and the same contact already."),
    MergeFault.PERSON_AND_ORGANISATION: lazy_text("A person and an organisation are never one contact."),
    MergeFault.TWO_KINDS: lazy_text(
        "These are two kinds of organisation. A church and its diaconie, for one, are two legal bodies.",
    ),
    MergeFault.LINKED: lazy_text("One of these belongs to the other. Take that link away first if it is wrong."),
    MergeFault.MERGED_ALREADY: lazy_text("One of these was merged meanwhile."),
    MergeFault.CHANGED: lazy_text("Somebody changed one of these meanwhile. Please look at both once more."),
    MergeFault.UNDONE_ALREADY: lazy_text("This merge was undone already."),
    MergeFault.ERASED: lazy_text("One of these was erased since, so what it was is gone. They stay one contact."),
    MergeFault.MERGED_ON: lazy_text("Another contact was merged into this one since. Please undo that first."),
}


@blueprint.get("/dubbelen")
@requires(Permission.MERGE_CONTACTS)
def queue() -> str:
    """The pairs to judge, most alike first."""
    asked = wanted(request.args, sortable=set(CandidateOrder), default=Sort(CandidateOrder.SCORE, descending=True))
    rows = candidate_page(
        order=CandidateOrder(asked.sort.key),
        descending=asked.sort.descending,
        skip=asked.skipped,
        limit=asked.size + 1,
    )
    names = display_names({number for row in rows for number in (row.contact_id, row.other_id)})
    page = page_of(rows, asked, total=candidates_to_judge())
    note_leafing("contacts", page)
    return render_template(
        "contacts/duplicates.html", page=page, asked=asked, names=names, reasons=REASONS, points=POINTS
    )


@blueprint.get("/relaties/<int:survivor_id>/samenvoegen/<int:loser_id>")
@requires(Permission.MERGE_CONTACTS)
def compare(survivor_id: int, loser_id: int) -> Response | str:
    """Two contacts side by side, with what stands if they become one."""
    survivor, loser = _contact(survivor_id), _contact(loser_id)
    if (survivor.contact_id, loser.contact_id) != (survivor_id, loser_id):
        if survivor.contact_id == loser.contact_id:
            notice(_FAULTS[MergeFault.SAME])
            return see_other(_contact_page(survivor.contact_id))
        return see_other(_compare_page(survivor.contact_id, loser.contact_id))
    return _compare(survivor, loser)


@blueprint.post("/relaties/<int:survivor_id>/samenvoegen/<int:loser_id>")
@requires(Permission.MERGE_CONTACTS)
def make_one(survivor_id: int, loser_id: int) -> Response | tuple[str, int]:
    """Make the second part of the first."""
    try:
        with transaction():
            merge_id = merge(survivor_id, loser_id, chosen=_chosen(), versions=_versions())
    except UnknownContact:
        abort(404)
    except MergeRefused as refused:
        if refused.reason is MergeFault.MERGED_ALREADY:
            notice(_FAULTS[refused.reason], tone=Tone.WARN)
            return see_other(_compare_page(survivor_id, loser_id))
        return _compare(_contact(survivor_id), _contact(loser_id), fault=refused.reason), HTTPStatus.CONFLICT
    notice(_("The two are one contact now."), undo=url_for("duplicates.make_two", merge_id=merge_id))
    return see_other(_contact_page(survivor_id))


@blueprint.get("/samenvoegingen")
@requires(Permission.MERGE_CONTACTS)
def merges() -> str:
    """The merges that were made, newest first, each of which can be undone."""
    asked = wanted(request.args, sortable=set(MergeOrder), default=Sort(MergeOrder.WHEN, descending=True))
    rows = merge_page(
        order=MergeOrder(asked.sort.key),
        descending=asked.sort.descending,
        skip=asked.skipped,
        limit=asked.size + 1,
    )
    return render_template("contacts/merges.html", page=page_of(rows, asked), asked=asked)


@blueprint.post("/samenvoegingen/<int:merge_id>/ongedaan")
@requires(Permission.MERGE_CONTACTS)
def make_two(merge_id: int) -> Response:
    """Undo a merge."""
    try:
        with transaction():
            survivor_id = undo_merge(merge_id)
    except UnknownContact:
        abort(404)
    except MergeRefused as refused:
        notice(_FAULTS[refused.reason], tone=Tone.WARN)
        return see_other(url_for("duplicates.merges"))
    name = contact(survivor_id).display_name
    notice(_("They are two contacts again. What came in since the merge stays with %(name)s.", name=name))
    return see_other(_contact_page(survivor_id))


@blueprint.post("/dubbelen/<int:candidate_id>/verschillend")
@requires(Permission.MERGE_CONTACTS)
def different(candidate_id: int) -> Response:
    """Judge that two contacts are two."""
    _judge_or_404(judge_different, candidate_id)
    undo = url_for("duplicates.again", candidate_id=candidate_id)
    notice(_("These stay two contacts, and are not shown as a duplicate any more."), undo=undo)
    return see_other(url_for("duplicates.queue"))


@blueprint.post("/dubbelen/<int:candidate_id>/opnieuw")
@requires(Permission.MERGE_CONTACTS)
def again(candidate_id: int) -> Response:
    """Put a pair back among those to judge."""
    _judge_or_404(judge_again, candidate_id)
    return see_other(url_for("duplicates.queue"))


@blueprint.get("/relaties/<int:contact_id>/samenvoegen")
@requires(Permission.MERGE_CONTACTS)
def ask_other(contact_id: int) -> str:
    """Ask with which other contact to merge this one."""
    return _choosing(_contact(contact_id), PickForm())


@blueprint.post("/relaties/<int:contact_id>/samenvoegen")
@requires(Permission.MERGE_CONTACTS)
def choose_other(contact_id: int) -> Response | tuple[str, int]:
    """Look for the other one, and lead to both side by side."""
    this, form = _contact(contact_id), PickForm()
    other_id = form.picked(this.kind, but=[this.contact_id]) if form.accepted() else None
    if other_id is None:
        return _choosing(this, form), HTTPStatus.UNPROCESSABLE_ENTITY
    if current_id(other_id) == this.contact_id:
        form.say(form.who, str(_FAULTS[MergeFault.SAME]))
        return _choosing(this, form), HTTPStatus.UNPROCESSABLE_ENTITY
    return see_other(_compare_page(this.contact_id, other_id))


def _choosing(this: ContactRow, form: PickForm) -> str:
    return render_template("contacts/choose_other.html", contact=this, form=form)


def _compare(survivor: ContactRow, loser: ContactRow, *, fault: MergeFault | None = None) -> str:
    ours, theirs = mergeable(survivor.contact_id), mergeable(loser.contact_id)
    if fault is None:
        fault = _unlike(ours, theirs)
    pair = candidate_between(survivor.contact_id, loser.contact_id)
    return render_template(
        "contacts/compare.html",
        survivor=survivor,
        loser=loser,
        versions=(ours.version, theirs.version),
        choices=choices(ours, theirs) if ours.kind is theirs.kind else [],
        chosen=_chosen(),
        candidate=pair,
        fields=FIELDS,
        reasons=REASONS,
        fault=_FAULTS[fault] if fault else "",
        possible=fault in {None, MergeFault.CHANGED},
    )


def _unlike(survivor: Mergeable, loser: Mergeable) -> MergeFault | None:
    try:
        refuse_unlike(survivor, loser)
    except MergeRefused as refused:
        return refused.reason
    return MergeFault.LINKED if linked(survivor.contact_id, loser.contact_id) else None


def _chosen() -> dict[str, Side]:
    sides = {side.value: side for side in Side}
    return {group: sides[word] for group in GROUPS if (word := request.form.get(group, "")) in sides}


def _versions() -> tuple[int, int]:
    def version(name: str) -> int:
        return request.form.get(name, default=0, type=int)

    return version("survivor_version"), version("loser_version")


def _judge_or_404(judge: Callable[[int], None], candidate_id: int) -> None:
    try:
        with transaction():
            judge(candidate_id)
    except UnknownCandidate:
        abort(404)


def _contact(contact_id: int) -> ContactRow:
    try:
        return contact(contact_id)
    except UnknownContact:
        abort(404)


def _contact_page(contact_id: int) -> str:
    return url_for("desk.contact", contact_id=contact_id)


def _compare_page(survivor_id: int, loser_id: int) -> str:
    return url_for("duplicates.compare", survivor_id=survivor_id, loser_id=loser_id)
