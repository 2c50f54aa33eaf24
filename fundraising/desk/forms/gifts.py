"""What staff type at the desk about gifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fundraising.contacts.forms.fields import PickForm
from fundraising.gifts.rules import Reason
from fundraising.money import Euro, NotAnAmount
from fundraising.web.fields import AtMost, MayBeEmpty, Usable, clean_line, clean_text
from fundraising.web.forms import StaffForm
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from wtforms import Field

# What can be corrected, by its word in an address; each is one fact of a gift.
FACTS: Mapping[str, Reason] = {
    "programma": Reason.WRONG_PROGRAMME,
    "relatie": Reason.WRONG_CONTACT,
    "datum": Reason.WRONG_DATE,
    "bedrag": Reason.WRONG_AMOUNT,
    "betaalwijze": Reason.WRONG_METHOD,
}
_NOTE = [MayBeEmpty(), Usable(lines=True), AtMost(1000)]


def euros(field: Field) -> Euro:
    """The amount in a field. Raises ValidationError."""
    try:
        return Euro.parse(field.data or "")
    except NotAnAmount as wrong:
        raise ValidationError(_("This is not an amount, such as 25 or 12,50.")) from wrong


class CorrectionForm(PickForm):
    """One fact of a gift, what it should be, and why. `seen` is the newest entry that the page showed."""

    wat = HiddenField()
    seen = HiddenField()
    programme = SelectField(_("Programme"), validate_choice=False)
    nobody = BooleanField(_("Nobody knows whose gift it is"))
    received_on = DateField(_("Received on"))
    amount = StringField(_("What was received"), filters=[clean_line])
    method = SelectField(_("Paid by"), validate_choice=False)
    note = TextAreaField(_("Note"), filters=[clean_text], validators=_NOTE)

    @property
    def fact_field(self) -> Field:
        """The field of the fact that is corrected."""
        fields: dict[str, Field] = {
            "programma": self.programme,
            "relatie": self.who,
            "datum": self.received_on,
            "bedrag": self.amount,
            "betaalwijze": self.method,
        }
        return fields[str(self.wat.data)]

    def value(self) -> int | date | Euro | str | None:
        """What the fact should be; of a contact it is not known here."""
        if self.fact_field is self.programme:
            return int(self.programme.data)
        return euros(self.amount) if self.fact_field is self.amount else self.fact_field.data

    def validate_programme(self, field: Field) -> None:
        """One of the programmes."""
        if field is self.fact_field and field.data not in {choice[0] for choice in self.programme.choices or ()}:
            raise ValidationError(_("Please choose one of these."))

    def validate_received_on(self, field: Field) -> None:
        """A date, where that is what is corrected."""
        if field is self.fact_field and field.data is None:
            raise ValidationError(_("This is not a date."))

    def validate_amount(self, field: Field) -> None:
        """An amount, where that is what is corrected."""
        if field is self.fact_field:
            euros(field)

    def validate_method(self, field: Field) -> None:
        """One of the ways to pay, where that is what is corrected."""
        if field is self.fact_field and field.data not in {choice[0] for choice in self.method.choices or ()}:
            raise ValidationError(_("How was it paid?"))


class RefundForm(StaffForm):
    """How much to refund, and why. The key tells a second click from a second refund."""

    form_key = HiddenField()
    amount = StringField(_("Amount to refund"), filters=[clean_line])
    note = TextAreaField(_("Why?"), filters=[clean_text], validators=_NOTE)

    def validate_amount(self, field: Field) -> None:
        """An amount of more than nothing."""
        if euros(field) <= Euro(0):
            raise ValidationError(_("Fill in an amount of more than nothing."))
