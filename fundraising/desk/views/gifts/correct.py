"""Correcting a gift: choose what was wrong, see what will be booked, and book it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission, Subject
from fundraising.accounts.services import record
from fundraising.accounts.views import current_user, requires
from fundraising.clock import today
from fundraising.contacts.queries import current_id
from fundraising.db import transaction
from fundraising.desk.forms.gifts import FACTS, CorrectionForm
from fundraising.desk.views.blueprint import blueprint
from fundraising.desk.views.gifts.page import gift_or_404, words_of_gifts
from fundraising.desk.views.gifts.words import method_names
from fundraising.gifts.queries import closed_through, entries
from fundraising.gifts.rules import (
    CORRECTS,
    BadCorrection,
    Correction,
    DistantDate,
    EntryKind,
    FutureDate,
    LedgerError,
    MoreThanStands,
    NotPositive,
    Reason,
    StaleGift,
    root_of,
)
from fundraising.gifts.rules.corrections import undoing
from fundraising.gifts.services import correct_as_seen, planned_correction
from fundraising.giving.queries.refunds import refund_under_way
from fundraising.giving.rules import PROVIDER
from fundraising.giving.rules.refunds import RefundUnderWay
from fundraising.giving.services.refunds import keep_refunds_off
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from fundraising.web.answers import see_other
from fundraising.web.locale import current_language
from fundraising.web.notices import Tone, notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response

    from fundraising.gifts.queries import GiftSummary
    from fundraising.gifts.rules import Entry, EntryRow


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a correction will book. `closed_year` is the closed one that the gift was received in, if it is."""

    entries: Sequence[Entry]
    closed_year: int | None


@blueprint.get("/giften/<reference>/corrigeren")
@requires(Permission.CORRECT_GIFTS)
def correct_gift(reference: str) -> str:
    """What was wrong, `?wat=datum` and so on, and what it should be."""
    found = gift_or_404(reference)
    fact = request.args.get("wat", "")
    form = _form(fact if fact in FACTS else "programma")
    lines = entries(found.gift_id)
    form.seen.data = str(lines[-1].entry_id)
    _fill(form, found)
    return _page(found, lines, form)


@blueprint.post("/giften/<reference>/corrigeren")
@requires(Permission.CORRECT_GIFTS)
def preview_correction(reference: str) -> str | tuple[str, int]:
    """Show what would be booked; nothing is yet."""
    found = gift_or_404(reference)
    form, lines = _sent_form(), entries(found.gift_id)
    correction = _correction(form, found) if form.validate() else None
    if correction is None:
        return _page(found, lines, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        planned = _planned(correction, lines)
    except (LedgerError, RefundUnderWay) as refused:
        _say(form, refused)
        return _page(found, lines, form), HTTPStatus.UNPROCESSABLE_ENTITY
    closed = closed_through()
    year = found.received_on.year
    plan = _Plan(planned, year if closed is not None and year <= closed else None)
    return _page(found, lines, form, plan=plan)


@blueprint.post("/giften/<reference>/corrigeren/boeken")
@requires(Permission.CORRECT_GIFTS)
def book_correction(reference: str) -> Response | tuple[str, int]:
    """Book it, unless the gift changed since it was shown."""
    found = gift_or_404(reference)
    form = _sent_form()
    if not form.validate():
        return _page(found, entries(found.gift_id), form), HTTPStatus.UNPROCESSABLE_ENTITY
    correction = _correction(form, found)
    if correction is None:
        return _page(found, entries(found.gift_id), form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        number = _book(found, correction, int(form.seen.data or 0))
    except StaleGift:
        lines = entries(found.gift_id)
        form.seen.data = str(lines[-1].entry_id)
        return _page(gift_or_404(reference), lines, form, stale=True), HTTPStatus.CONFLICT
    except (LedgerError, RefundUnderWay) as refused:
        _say(form, refused)
        return _page(found, entries(found.gift_id), form), HTTPStatus.UNPROCESSABLE_ENTITY
    undo = url_for("desk.undo_correction", reference=found.reference, correction_id=number)
    notice(_("The correction is booked."), undo=undo)
    return see_other(url_for("desk.gift", reference=found.reference))


@blueprint.post("/giften/<reference>/correcties/<int:correction_id>/terug")
@requires(Permission.CORRECT_GIFTS)
def undo_correction(reference: str, correction_id: int) -> Response:
    """Take a correction back by another one, as long as nothing followed upon it."""
    found = gift_or_404(reference)
    lines = entries(found.gift_id)
    try:
        again = undoing(correction_id, lines, _actor())
        _book(found, again, lines[-1].entry_id)
        notice(_("The correction is taken back, by another one."))
    except RefundUnderWay:
        notice(_("A refund of this gift is under way. Take the correction back once that is booked."), tone=Tone.BAD)
    except LedgerError:
        notice(_("This cannot be taken back: something was booked upon it. Correct the gift anew."), tone=Tone.BAD)
    return see_other(url_for("desk.gift", reference=found.reference))


def _planned(correction: Correction, lines: Sequence[EntryRow]) -> list[Entry]:
    if correction.amount is not None and refund_under_way(_paid_by(lines)):
        raise RefundUnderWay(str(correction.gift_id))
    return planned_correction(correction)


def _book(found: GiftSummary, correction: Correction, seen: int) -> int:
    fact = CORRECTS[correction.reason]
    with transaction():
        if correction.amount is not None:
            keep_refunds_off(_paid_by(entries(found.gift_id)))
        root = root_of(entries(found.gift_id))
        number = correct_as_seen(correction, seen)
        record(
            "gift.corrected",
            Subject("gift", found.gift_id),
            before={fact: _told(getattr(root, fact))},
            after={fact: _told(getattr(correction, fact)), "reason": correction.reason.value},
        )
    return number


def _paid_by(lines: Sequence[EntryRow]) -> str:
    """Mollie's id of the payment behind a gift; empty for one that came otherwise."""
    paid = (line.source for line in lines if line.kind is EntryKind.RECEIVED and line.source.system == PROVIDER)
    return next((source.ref for source in paid), "")


def _told(value: object) -> object:
    """A fact as the audit trail keeps it."""
    return value.value if isinstance(value, Euro) else value if isinstance(value, int | None) else str(value)


def _form(fact: str) -> CorrectionForm:
    form = CorrectionForm(wat=fact)
    form.programme.choices = [(str(number), each.name) for number, each in programme_names(current_language()).items()]
    form.method.choices = sorted(method_names().items(), key=lambda choice: choice[1].casefold())
    return form


def _sent_form() -> CorrectionForm:
    form = _form(request.form.get("wat", ""))
    if form.wat.data not in FACTS or not str(form.seen.data).isdecimal():
        abort(400)
    return form


def _fill(form: CorrectionForm, found: GiftSummary) -> None:
    form.programme.data = str(found.programme_id)
    form.received_on.data = found.received_on
    form.amount.data = found.received.written().lstrip("€\u00a0")
    form.method.data = found.method


def _correction(form: CorrectionForm, found: GiftSummary) -> Correction | None:
    """What the form asks for; None where a contact is still to be picked."""
    reason = FACTS[str(form.wat.data)]
    given: dict[str, Any] = {}
    if reason is Reason.WRONG_CONTACT:
        given["contact_id"] = _contact(form)
        if given["contact_id"] is None and not form.nobody.data:
            return None
        if found.contact_id is None:
            reason = Reason.CONTACT_FOUND
    else:
        given[CORRECTS[reason]] = form.value()
    return Correction(gift_id=found.gift_id, reason=reason, recorded_by=_actor(), note=form.note.data or "", **given)


def _contact(form: CorrectionForm) -> int | None:
    picked = None if form.nobody.data else form.picked()
    return None if picked is None else current_id(picked)


def _actor() -> str:
    """Who corrects, as the ledger keeps it for ever: a number, and no name."""
    return f"staff:{current_user().user_id}"


def _say(form: CorrectionForm, refused: LedgerError | RefundUnderWay) -> None:
    """Say beside the field what the ledger does not want."""
    words: dict[type[Exception], str] = {
        RefundUnderWay: _(
            "A refund of this gift is under way. Correct the amount once that is booked, or withdraw the refund first."
        ),
        BadCorrection: _("It is like that already. What should it be?"),
        NotPositive: _("An amount is more than nothing. Refund the gift if nothing of it should stand."),
        MoreThanStands: _("More than this went back already. What was received is at least that."),
        FutureDate: _("This day is still to come."),
        DistantDate: _("This day is too long ago. Please check the year."),
    }
    form.fact_field.errors = [words.get(type(refused), _("The ledger refuses this correction."))]


def _page(
    found: GiftSummary,
    lines: Sequence[EntryRow],
    form: CorrectionForm,
    *,
    plan: _Plan | None = None,
    stale: bool = False,
) -> str:
    shown = [*lines, *(plan.entries if plan else ())]
    return render_template(
        "desk/gifts/correct.html",
        gift=found,
        entries=lines,
        form=form,
        facts=list(FACTS),
        plan=plan,
        stale=stale,
        today=today(),
        refund_open=refund_under_way(_paid_by(lines)),
        **words_of_gifts(shown),
    )
