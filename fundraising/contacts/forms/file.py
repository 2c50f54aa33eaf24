"""Forms about what a contact said, and what staff write down."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from wtforms import RadioField
from wtforms.validators import AnyOf

from fundraising.clock import today
from fundraising.contacts.forms.edits import EditForm
from fundraising.contacts.forms.fields import DayField, select, text
from fundraising.contacts.forms.words import CHANNELS, HOWS, PURPOSES, choices
from fundraising.contacts.queries.record import row_of
from fundraising.contacts.rules.details import How, Saying
from fundraising.contacts.rules.mailings import ASKED, Purpose
from fundraising.contacts.rules.organisations import Channel
from fundraising.contacts.rules.refusals import Reason
from fundraising.contacts.services.consents import write_down_saying
from fundraising.contacts.services.notes import add_note, change_note
from fundraising.web.fields import choice
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from fundraising.contacts.queries.record import ContactRecord, NoteEntry

_AGREES, _OBJECTS = "yes", "no"
_FURTHEST = timedelta(days=3653)


class ConsentForm(EditForm):
    """What somebody told us about a purpose and a channel. It is added to what was said before."""

    title = new_title = _("Consent")
    places: ClassVar = {Reason.IN_THE_FUTURE: "said_on", Reason.UNLIKELY_DATE: "said_on"}

    purpose = select(_("What for"), choices({purpose: PURPOSES[purpose] for purpose in ASKED}))
    channel = select(_("Through what"), choices(CHANNELS))
    agrees = RadioField(
        _("What was said"),
        choices=[choice(_AGREES, _("wants it")), choice(_OBJECTS, _("no longer wants it"))],
        validate_choice=False,
        validators=[AnyOf([_AGREES, _OBJECTS], _("Please choose what was said."))],
    )
    how = select(_("How we know"), choices(HOWS))
    said_on = DayField(_("On which day"))

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:  # noqa: ARG003
        """What is new is said today."""
        return {"said_on": today()}

    def fits_together(self) -> bool:
        """Whether there is a day."""
        if self.said_on.data is None:
            self.said_on.errors = [_("Please fill in the day.")]
        return self.said_on.data is not None

    def keep(self) -> None:
        """Write it down."""
        saying = Saying(
            purpose=Purpose(self.purpose.data),
            channel=Channel(self.channel.data),
            agrees=self.agrees.data == _AGREES,
            how=How(self.how.data),
            said_on=self.said_on.data,
        )
        write_down_saying(self.seen_id, saying)


class NoteForm(EditForm):
    """What staff write down."""

    title = _("Note")
    new_title = _("New note")

    note = text(_("Note"), 4000, needed=_("Please write something."))
    remind_on = DayField(
        _("Remind on"),
        description=_(
            "Such as 14-3-2026, or empty. From that day on it stands on Today, until somebody is done with it."
        ),
    )

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:
        """The note as it stands."""
        if row_id is None:
            return {}
        entry: NoteEntry = row_of(contact.notes, row_id)
        return {"note": entry.text, "remind_on": entry.remind_on}

    def fits_together(self) -> bool:
        """Whether it reminds on a day that comes; one that stood already may be over."""
        day = self.remind_on.data
        stood = self.row_id is not None and day == self.shown(self.contact, self.row_id)["remind_on"]
        if day is None or stood or today() <= day <= today() + _FURTHEST:
            return True
        self.remind_on.errors = [_("Please choose a day from today on, within ten years.")]
        return False

    def keep(self) -> None:
        """Add or change it."""
        note, day = self.note.data or "", self.remind_on.data
        if self.row_id is None:
            add_note(self.seen_id, note, remind_on=day)
        else:
            change_note(self.seen_id, self.row_id, note, version=self.seen, remind_on=day)
