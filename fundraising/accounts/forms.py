"""What staff type to sign in, and about each other."""

from __future__ import annotations

from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length

from fundraising.web.forms import StaffForm
from fundraising.web.locale import lazy_text as _

LONGEST_PASSWORD = 256


class SignInForm(StaffForm):
    """The address and the password of a member of staff."""

    email = EmailField(_("E-mail address"), [InputRequired(_("Fill in your e-mail address.")), Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(_("Fill in your password.")), Length(max=LONGEST_PASSWORD)])
    next = HiddenField()
