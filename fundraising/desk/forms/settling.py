"""Why nothing more is tried with what could not be booked."""

from __future__ import annotations

from wtforms import HiddenField, StringField
from wtforms.validators import Length

from fundraising.web.fields import Needed, Usable, clean_line
from fundraising.web.forms import StaffForm
from fundraising.web.locale import lazy_text as _

_LONGEST = 500


class SettleForm(StaffForm):
    """What is put away, and why."""

    payment = HiddenField(validators=[Length(min=1, max=64)])
    reason = StringField(
        _("What did you do about it?"),
        filters=[clean_line],
        validators=[Needed(_("Write down what was done about it.")), Usable(), Length(max=_LONGEST)],
    )
