"""What every form about a contact that stands has: what was seen, what to keep, and words for what cannot be."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from wtforms import BooleanField, HiddenField, SelectField

from fundraising.contacts.forms.fields import DayField, written_day
from fundraising.contacts.forms.words import REASONS
from fundraising.contacts.rules import UnknownContact
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.rules.terms import Term
from fundraising.web.forms import StaffForm
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from wtforms import Field

    from fundraising.contacts.queries.record import ContactRecord


_VERSION = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})")


def version_of(contact: ContactRecord) -> str:
    """What a page says of which contact it was made from, and of which version of it."""
    return f"{contact.contact_id}.{contact.version}"


def seen_of(typed: str | None, contact: ContactRecord) -> tuple[int, int]:
    """The contact and the version that a page was made from; a version that never was where it does not say so."""
    said = _VERSION.fullmatch(typed or "")
    if said is None or int(said[1]) not in contact.numbers:
        return contact.contact_id, 0
    return int(said[1]), int(said[2])


class EditForm(StaffForm):
    """One section of a contact, or one row of a section; a new row where `row_id` is None."""

    # What the page is called, and for a new row; and what was done.
    title: ClassVar[str]
    new_title: ClassVar[str] = ""
    saved: ClassVar[str] = _("Saved.")
    # Where a reason is told when not at the field that REASONS names.
    places: ClassVar[dict[Reason, str]] = {}

    version = HiddenField()

    def __init__(self, contact: ContactRecord, row_id: int | None = None) -> None:
        self.contact = contact
        self.row_id = row_id
        super().__init__(**self.shown(contact, row_id), version=version_of(contact))

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:
        """What stands now, by field. Raises UnknownContact for a row that is not there."""
        raise NotImplementedError

    def keep(self) -> None:
        """Save what was filled in, in the caller's transaction. Raises StaleRecord, Refusal, UnknownContact."""
        raise NotImplementedError

    @property
    def seen_id(self) -> int:
        """The id of the contact that whoever filled this in has seen; after a merge not the one that stands."""
        return seen_of(self.version.data, self.contact)[0]

    @property
    def seen(self) -> int:
        """The version that whoever filled this in has seen."""
        return seen_of(self.version.data, self.contact)[1]

    def now_seen(self, standing: ContactRecord) -> None:
        """Go on from what stands now: whoever saves once more has seen it."""
        self.contact = standing
        self.version.data = version_of(standing)
        self.version.raw_data = [self.version.data]

    def accepted(self) -> bool:
        """Whether the form was sent and nothing is wrong with it."""
        return super().accepted() and self.fits_together()

    def fits_together(self) -> bool:
        """What can only be said of several fields, or of other contacts."""
        return True

    def tell(self, reason: Reason) -> None:
        """Say at its field why something cannot be."""
        name, message = REASONS[reason]
        field = self._fields.get(self.places.get(reason, name))
        if field is None:
            self.form_errors.append(message)
        else:
            field.errors = [*field.errors, message]

    def compared(self, standing: ContactRecord) -> list[tuple[str, str, str]]:
        """For each field its label, what was typed, and what stands now."""
        try:
            now = self.shown(standing, self.row_id)
        except UnknownContact:
            now = {}
        return [
            (str(field.label.text), in_words(field, field.data), in_words(field, now.get(name)))
            for name, field in self._fields.items()
            if name in self.typed_fields
        ]

    def missing(self) -> None:
        """Say that somebody or something is not there."""
        if "who" in self._fields:
            self._fields["who"].errors = [_("There is no contact with this number.")]
        else:
            self.form_errors.append(_("This is no longer there: somebody has removed it meanwhile."))

    @property
    def groups(self) -> list[tuple[str, list[Field]]]:
        """The fields in the order in which they are shown, each group with its heading."""
        return [("", [self._fields[name] for name in self.typed_fields])]

    def fields_named(self, *names: str) -> list[Field]:
        """These fields, in this order."""
        return [self._fields[name] for name in names]

    @property
    def typed_fields(self) -> list[str]:
        """The fields that somebody fills in."""
        return [name for name, field in self._fields.items() if not isinstance(field, HiddenField)]


def in_words(field: Field, value: Any) -> str:  # noqa: ANN401  whatever a field holds
    """A value as somebody reads it beside another one."""
    if isinstance(field, BooleanField):
        return str(_("yes") if value else _("no"))
    if isinstance(field, SelectField) or hasattr(field, "iter_choices"):
        labels = {str(each.value): str(each.label) for each in getattr(field, "choices", None) or []}
        return labels.get(str(value or ""), "")
    return written_day(value) if isinstance(value, date) else str(value or "")


class TermForm(EditForm):
    """Something that holds between two days."""

    valid_from = DayField(_("From"), description=_("Such as 14-3-2026. Leave it empty where it is not known."))
    valid_until = DayField(_("Until and including"))

    def term(self) -> Term:
        """From and until. Raises Refusal."""
        return Term(self.valid_from.data, self.valid_until.data)

    def fits_together(self) -> bool:
        """Whether it begins before it ends; says so at the field where not."""
        try:
            self.term()
        except Refusal as wrong:
            self.tell(wrong.reason)
            return False
        return True
