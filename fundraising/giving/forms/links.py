"""What staff fill in to make a giving link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app
from wtforms import SelectField, StringField
from wtforms.validators import ValidationError

from fundraising.contacts.forms.fields import PickForm
from fundraising.contacts.queries import current_id
from fundraising.giving.rules.links import BadCode, parse_code
from fundraising.money import Euro, NotAnAmount
from fundraising.programmes.queries import programme_names
from fundraising.web.fields import AtMost, MayBeEmpty, Usable, clean_line
from fundraising.web.locale import current_language
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from wtforms import Field


class LinkForm(PickForm):
    """A programme, and for whom the link is. Once accepted the values stand in `euro` and `contact_id`."""

    programme = SelectField(_("Programme"), validate_choice=False)
    amount = StringField(_("Amount to begin with"), filters=[clean_line], validators=[MayBeEmpty(), AtMost(20)])
    who = StringField(_("For which church, school or other contact?"), filters=[clean_line], validators=[AtMost(200)])
    code = StringField(_("Code"), filters=[clean_line], validators=[MayBeEmpty(), Usable(), AtMost(60)])

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        names = programme_names(current_language())
        self.programme.choices = [(str(number), each.name) for number, each in names.items()]
        self.euro: Euro | None = None
        self.contact_id: int | None = None

    def accepted(self) -> bool:
        """Whether all is well, and it is clear for whom it is, if for anybody."""
        if not super().accepted():
            return False
        picked = self.picked() if self.who.data else None
        self.contact_id = None if picked is None else current_id(picked)
        return not self.who.data or picked is not None

    def validate_programme(self, field: Field) -> None:
        """One of the programmes."""
        if field.data not in {choice[0] for choice in self.programme.choices or ()}:
            raise ValidationError(_("Please choose one of these."))

    def validate_amount(self, field: Field) -> None:
        """An amount that the giving page takes."""
        try:
            self.euro = Euro.parse(field.data)
        except NotAnAmount as wrong:
            raise ValidationError(_("This is not an amount, such as 25 or 12,50.")) from wrong
        if not current_app.config["MINIMUM_GIFT"] <= self.euro <= current_app.config["MAXIMUM_GIFT"]:
            raise ValidationError(_("The giving page does not take this amount."))

    def validate_code(self, field: Field) -> None:
        """Words of small letters and digits."""
        try:
            field.data = parse_code(field.data)
        except BadCode as wrong:
            raise ValidationError(_("A code has 3 to 40 letters without accents, digits and dashes.")) from wrong
