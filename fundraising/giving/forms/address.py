"""The postal address, asked only for a yearly statement by post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum.exceptions import ValidationError as InvalidNumber
from stdnum.nl import postcode as postcodes
from wtforms import Form, HiddenField
from wtforms.validators import ValidationError

from fundraising.contacts.rules import Address
from fundraising.web.fields import line
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from wtforms import Field


class AddressForm(Form):
    """A Dutch address. After `validate()`, `address()` gives it."""

    class Meta:
        """All messages are ours."""

        locales = False

    street = line(_("Street"), 120, needed=_("Please fill in the street."))
    house_number = line(_("House number"), 20, needed=_("Please fill in the house number."))
    postcode = line(_("Postcode"), 12, needed=_("Please fill in the postcode."))
    town = line(_("Town"), 80, needed=_("Please fill in the town."))
    token = HiddenField()

    def validate_house_number(self, field: Field) -> None:
        """A house number has a digit in it."""
        if not any(c.isdigit() for c in field.data or ""):
            raise ValidationError(_("A house number has a digit in it, such as 12 or 12 A."))

    def validate_postcode(self, field: Field) -> None:
        """A Dutch postcode, written `1234 AB`."""
        try:
            field.data = postcodes.validate(field.data or "")
        except InvalidNumber as wrong:
            raise ValidationError(_("A Dutch postcode looks like 1234 AB.")) from wrong

    def address(self) -> Address:
        """What was filled in."""
        return Address(
            self.street.data or "", self.house_number.data or "", self.postcode.data or "", self.town.data or ""
        )
