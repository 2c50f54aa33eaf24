"""What staff type to sign in, and about each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtforms import (
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput

from fundraising.accounts.rules import Role
from fundraising.accounts.rules.passwords import PasswordFault, password_fault
from fundraising.mailer import Message, NotAMail
from fundraising.web.fields import Usable, choice, clean_line
from fundraising.web.forms import StaffForm
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtforms import Field

LONGEST_TYPED = 1024

ROLE_NAMES = {
    Role.RELATIONS: _("Relations"),
    Role.FINANCE: _("Finance"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.AUDITOR: _("Auditor (reads only)"),
}
_WHY_NOT = {
    PasswordFault.TOO_SHORT: _("Use at least ten characters. A few unrelated words are easy to remember."),
    PasswordFault.TOO_LONG: _("Use at most 128 characters."),
    PasswordFault.ABOUT_YOU: _("This leans on a word that others think of at once: a name, a month, our work."),
    PasswordFault.COMMON: _("This leans on a word that stands in every list of passwords."),
    PasswordFault.ROW: _("A row such as abcd or 1234 is guessed at once."),
    PasswordFault.REPEATED: _("The same again and again is guessed at once."),
    PasswordFault.KEYBOARD: _("Keys that lie side by side are guessed at once."),
    PasswordFault.DATE: _("A date or a year is guessed soon."),
    PasswordFault.GUESSABLE: _("This is too easy to guess. Add a word that has nothing to do with it."),
}


class SignInForm(StaffForm):
    """The address and the password of a member of staff."""

    email = EmailField(_("E-mail address"), [InputRequired(_("Fill in your e-mail address.")), Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(_("Fill in your password.")), Length(max=LONGEST_TYPED)])
    next = HiddenField()


class CodeForm(StaffForm):
    """A code of an authenticator app, or one on paper."""

    code = StringField(_("Code"), [InputRequired(_("Fill in the code.")), Length(max=40)])


class PasskeyForm(StaffForm):
    """What a passkey answered, filled in by a script."""

    credential = HiddenField(validators=[InputRequired(), Length(max=20_000)])


class NewPasskeyForm(PasskeyForm):
    """A passkey that was just made, and how its owner calls it."""

    name = StringField(_("Name of this passkey"), [Usable(), Length(max=64)], filters=[clean_line])


class ForgottenForm(StaffForm):
    """Where the link to a new password goes."""

    email = EmailField(_("E-mail address"), [InputRequired(_("Fill in your e-mail address.")), Length(max=254)])


class ConfirmForm(StaffForm):
    """Somebody's password once more, before something that matters."""

    password = PasswordField(_("Password"), [InputRequired(_("Fill in your password.")), Length(max=LONGEST_TYPED)])
    next = HiddenField()


class NewPasswordForm(StaffForm):
    """A new password, twice."""

    password = PasswordField(_("New password"), [InputRequired(_("Fill in a password."))])
    again = PasswordField(_("Repeat the password"), [InputRequired(_("Fill in the password once more."))])

    def about(self, *known: str) -> NewPasswordForm:
        """Tell what others know of the owner, so that it cannot be the password."""
        self._known: Iterable[str] = known
        return self

    def validate_password(self, field: Field) -> None:
        """Refuse what is guessed too easily, and say why."""
        fault = password_fault(field.data or "", self._known)
        if fault is not None:
            raise ValidationError(_WHY_NOT[fault])

    def validate_again(self, field: Field) -> None:
        """Both must be the same."""
        if field.data != self.password.data:
            raise ValidationError(_("The two passwords are not the same."))


class RolesForm(StaffForm):
    """Somebody's name, and what they are here for."""

    name = StringField(
        _("Name"), [InputRequired(_("Fill in a name.")), Usable(), Length(max=120)], filters=[clean_line]
    )
    roles = SelectMultipleField(
        _("Roles"),
        option_widget=CheckboxInput(),
        choices=[choice(role.value, name) for role, name in ROLE_NAMES.items()],
    )

    def chosen(self) -> frozenset[Role]:
        """The roles that were ticked."""
        return frozenset(Role(word) for word in self.roles.data or ())


class InvitationForm(RolesForm):
    """A colleague to be."""

    email = EmailField(
        _("E-mail address"), [InputRequired(_("Fill in an e-mail address.")), Length(max=254)], filters=[clean_line]
    )
    language = RadioField(_("Language"), choices=[choice("nl", "Nederlands"), choice("en", "English")], default="nl")

    def validate_email(self, field: Field) -> None:
        """An invitation must be able to go there."""
        try:
            Message("staff_invitation", (field.data or "").strip(), "x", "x")
        except NotAMail:
            raise ValidationError(_("No mail can be sent to this e-mail address.")) from None
