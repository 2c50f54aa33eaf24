"""Taking lists along: contacts and gifts as a spreadsheet or CSV, with the filters of the list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import phonenumbers
from flask import abort, render_template, request, url_for
from flask_babel import gettext as _

from fundraising.accounts.rules import Permission, Subject
from fundraising.accounts.services import record
from fundraising.accounts.views import requires_proof
from fundraising.accounts.views.told import name_values
from fundraising.contacts.forms.words import CHANNELS, PURPOSES
from fundraising.contacts.public import unsubscribe_url
from fundraising.contacts.queries.letterheads import count_exported, exported_contacts, letterheads
from fundraising.contacts.queries.reaching import receivers
from fundraising.contacts.rules.mailings import ASKED, Purpose
from fundraising.contacts.rules.organisations import Channel
from fundraising.db import still, transaction
from fundraising.desk.views.blueprint import blueprint
from fundraising.desk.views.contacts import filters_of
from fundraising.desk.views.gifts.listing import filter_of
from fundraising.desk.views.gifts.words import method_name, method_names
from fundraising.desk.views.shell import along
from fundraising.desk.views.words import word
from fundraising.gifts.queries.exported import exported_gifts
from fundraising.gifts.queries.listing import list_totals
from fundraising.money import Euro
from fundraising.programmes.queries import programme_names
from fundraising.web.lists import chosen
from fundraising.web.locale import DUTCH, LANGUAGES, current_language
from fundraising.web.sheets import Column, Sheet, SheetFormat, as_download

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from flask import Response

    from fundraising.contacts.models import Contact
    from fundraising.contacts.queries.letterheads import ExportedContact, Letterhead
    from fundraising.contacts.queries.listed import ListFilter
    from fundraising.gifts.queries.listing import ListedGift
    from fundraising.web.sheets import Cell

# A spreadsheet is written before its first byte leaves: this many rows take some seconds. CSV leaves row by row.
MOST_IN_A_SPREADSHEET = 50_000
LEAVE_OUT = "weglaten"
MAILING = "mailing"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Mailing:
    """What a list is for: something to be sent, through a channel."""

    purpose: Purpose
    channel: Channel

    @property
    def word(self) -> str:
        """As a form sends it and the trail keeps it."""
        return f"{self.purpose.value}:{self.channel.value}"

    @property
    def label(self) -> str:
        """What it is called."""
        return f"{PURPOSES[self.purpose]}, {CHANNELS[self.channel]}"


_MAILINGS = {mailing.word: mailing for mailing in (_Mailing(each, way) for each in ASKED for way in Channel)}


def _told_mailing(word: str) -> str:
    return _MAILINGS[word].label if word in _MAILINGS else word


name_values(MAILING, _told_mailing)


@dataclass(frozen=True, slots=True)
class _Export:
    """A list to be taken along. `rows` is called once the number of rows is written in the trail."""

    kind: str
    name: str
    count: int
    columns: Sequence[Column]
    rows: Callable[[], Iterable[Sequence[Cell]]]


@blueprint.get("/relaties/exporteren")
@requires_proof(Permission.EXPORT_CONTACTS)
def export_contacts() -> str:
    """Ask in what shape, and whom to leave out."""
    count = count_exported(filters_of(request.args))
    return _asked(_("Export contacts"), count, back=along("desk.contacts"), whom=True)


@blueprint.post("/relaties/exporteren")
@requires_proof(Permission.EXPORT_CONTACTS)
def take_contacts() -> Response | tuple[str, int]:
    """The contacts of the list as a file, all of them or who may be sent what it is for."""
    wanted = filters_of(request.args)
    if what_for := request.form.get(MAILING):
        # What nobody knows is refused: the whole list would hold those who want no mail.
        export = _mailing_list(wanted, _MAILINGS.get(what_for) or abort(400))
    else:
        if request.form.get(LEAVE_OUT):
            wanted = replace(wanted, deceased=False, do_not_contact=False)
        count, columns = count_exported(wanted), _contact_columns()
        export = _Export("contacts", _("Contacts"), count, columns, lambda: _contact_rows(wanted))
    return _taken(export) or (
        _asked(_("Export contacts"), export.count, back=url_for(".contacts"), whom=True),
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )


@blueprint.get("/giften/exporteren")
@requires_proof(Permission.EXPORT_GIFTS)
def export_gifts() -> str:
    """Ask in what shape."""
    return _asked(_("Export gifts"), _count_gifts(), back=along("desk.gifts"), whom=False)


@blueprint.post("/giften/exporteren")
@requires_proof(Permission.EXPORT_GIFTS)
def take_gifts() -> Response | tuple[str, int]:
    """The gifts of the list as a file."""
    wanted = filter_of(request.args)
    export = _Export("gifts", _("Gifts"), _count_gifts(), _gift_columns(), lambda: _gift_rows(exported_gifts(wanted)))
    return _taken(export) or (
        _asked(_("Export gifts"), export.count, back=url_for(".gifts"), whom=False),
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )


def _count_gifts() -> int:
    totals = list_totals(filter_of(request.args), at_any_cost=True)
    return totals.count if totals is not None else 0


def _filter() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if value}


def _asked(title: str, count: int, *, back: str, whom: bool) -> str:
    return render_template(
        "desk/export.html",
        title=title,
        count=count,
        back=back,
        whom=whom,
        mailings=[(mailing.word, mailing.label) for mailing in _MAILINGS.values()] if whom else [],
        filter=_filter(),
        too_many=count > MOST_IN_A_SPREADSHEET,
        most=MOST_IN_A_SPREADSHEET,
    )


def _taken(export: _Export) -> Response | None:
    """The file; None where it is too long for what was asked. That it was taken is written down before it leaves."""
    shape = SheetFormat(chosen(request.form, "vorm", list(SheetFormat)) or abort(400))
    if shape is SheetFormat.XLSX and export.count > MOST_IN_A_SPREADSHEET:
        return None
    with transaction():
        choices = {"filter": _filter()} | {name: request.form.get(name) for name in (LEAVE_OUT, MAILING)}
        told = {"rows": export.count, "shape": shape.value} | {name: each for name, each in choices.items() if each}
        record(f"{export.kind}.exported", Subject(export.kind), after=told)
    answer = as_download(Sheet(export.name, export.columns, _of_one_moment(export)), shape)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _of_one_moment(export: _Export) -> Iterator[Sequence[Cell]]:
    """The rows as the list was when the first was read: what changes meanwhile stands in it once, as it was."""
    still()
    yield from export.rows()


def _contact_columns() -> list[Column]:
    return [
        Column(_("Number"), int),
        Column(_("Kind")),
        Column(_("Name"), width=32),
        *_letter_columns(),
        Column(_("E-mail"), width=30),
        Column(_("Telephone"), width=16),
        Column(_("Language"), width=8),
        Column(_("KVK number"), width=10),
        Column(_("RSIN"), width=11),
        Column(_("Denomination"), width=16),
        Column(_("Members"), int),
        Column(_("Level of education")),
        Column(_("BRIN"), width=8),
        Column(_("Does not want to be approached"), width=10),
        Column(_("Died on"), date),
        Column(_("Since"), datetime),
    ]


def _letter_columns() -> list[Column]:
    return [
        Column(_("Addressee"), width=34),
        Column(_("Salutation"), width=34),
        Column(_("Address line 1"), width=28),
        Column(_("Address line 2"), width=28),
        Column(_("Address line 3"), width=14),
        Column(_("Household"), int),
    ]


def _letter_cells(letterhead: Letterhead | None) -> tuple[Cell, ...]:
    if letterhead is None:
        return (None,) * 6
    return (letterhead.addressee, letterhead.greeting, *letterhead.lines, letterhead.household_id)


def _contact_rows(wanted: ListFilter) -> Iterator[Sequence[Cell]]:
    # Said once: whoever writes thousands of rows need not look words up for each.
    yes = _("yes")
    for each in exported_contacts(wanted):
        yield _contact_cells(each, yes)


def _mailing_list(wanted: ListFilter, mailing: _Mailing) -> _Export:
    """Who may be sent this, and where a mail goes, the link with which each of them stops it."""
    whom = receivers(wanted, mailing.purpose, mailing.channel)
    columns = _contact_columns()
    if mailing.channel is Channel.EMAIL:
        columns.append(Column(_("Link to unsubscribe"), width=40))

    def rows() -> Iterator[Sequence[Cell]]:
        yes = _("yes")
        for each in exported_contacts(wanted):
            if each.row.id in whom:
                yield (*_contact_cells(each, yes), *_way_out(each.row, mailing))

    return _Export("contacts", _("Contacts"), len(whom), columns, rows)


def _way_out(contact: Contact, mailing: _Mailing) -> tuple[Cell, ...]:
    if mailing.channel is not Channel.EMAIL:
        return ()
    language = contact.language if contact.language in LANGUAGES else DUTCH
    return (unsubscribe_url(contact.id, mailing.purpose, mailing.channel, language=language),)


def _contact_cells(each: ExportedContact, yes: str) -> tuple[Cell, ...]:
    row, church, school = each.row, each.church, each.school
    return (
        row.id,
        word(row.organisation_kind or row.kind),
        each.letterhead.name,
        *_letter_cells(each.letterhead),
        each.email,
        _telephone(each.phone),
        row.language,
        row.kvk,
        row.rsin,
        word(church.denomination) if church is not None and church.denomination else "",
        church.members if church is not None else None,
        word(school.level) if school is not None and school.level else "",
        school.brin if school is not None else "",
        yes if row.do_not_contact else "",
        row.deceased_on,
        row.created_at,
    )


def _gift_columns() -> list[Column]:
    return [
        Column(_("Reference"), width=16),
        Column(_("Received on"), date),
        Column(_("Programme"), width=26),
        Column(_("Paid by"), width=16),
        Column(_("Received"), Euro),
        Column(_("Remaining"), Euro),
        Column(_("Refunded"), Euro),
        Column(_("Charged back"), Euro),
        Column(_("Thanked on"), datetime),
        Column(_("Booked on"), datetime),
        Column(_("Contact"), int),
        Column(_("Name"), width=32),
        *_letter_columns(),
    ]


def _gift_rows(gifts: Iterable[ListedGift]) -> Iterator[Sequence[Cell]]:
    programmes, methods = programme_names(current_language()), method_names()
    for some in _in_parts(gifts):
        heads = letterheads({gift.contact_id for gift in some if gift.contact_id is not None})
        for gift in some:
            head = heads.get(gift.contact_id) if gift.contact_id is not None else None
            programme = programmes.get(gift.programme_id)
            yield (
                gift.reference,
                gift.received_on,
                programme.name if programme is not None else "",
                method_name(gift.method, methods),
                gift.received,
                gift.standing,
                gift.refunded,
                gift.charged_back,
                gift.thanked_at,
                gift.recorded_at,
                gift.contact_id,
                head.name if head is not None else "",
                *_letter_cells(head),
            )


def _in_parts(gifts: Iterable[ListedGift]) -> Iterator[list[ListedGift]]:
    some: list[ListedGift] = []
    for gift in gifts:
        some.append(gift)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _telephone(number: str) -> str:
    """A number as it is dialled here, `06 12345678`; a foreign one with 00, since a plus would begin a formula."""
    if not number:
        return ""
    read = phonenumbers.parse(number, "NL")
    if read.country_code == phonenumbers.country_code_for_region("NL"):
        return str(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.NATIONAL))
    return "00" + str(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.INTERNATIONAL)).removeprefix("+")
