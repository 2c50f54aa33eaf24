"""Forms about how to reach a contact, and from which accounts it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from wtforms import BooleanField, Field, Form, StringField
from wtforms.validators import ValidationError

from fundraising.contacts.forms.edits import EditForm, TermForm
from fundraising.contacts.forms.fields import countries, select
from fundraising.contacts.forms.words import ADDRESS_KINDS, choices
from fundraising.contacts.queries.record import row_of
from fundraising.contacts.rules import Address, match_address
from fundraising.contacts.rules.details import Account, AddressEntry
from fundraising.contacts.rules.organisations import AddressKind
from fundraising.contacts.rules.refusals import Reason
from fundraising.contacts.rules.registers import NotRegistered, dutch_postcode
from fundraising.contacts.services import ways
from fundraising.contacts.services.changes import current_version
from fundraising.iban import formatted
from fundraising.web.fields import a_phone, an_email, an_iban, line
from fundraising.web.forms import StaffForm
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from fundraising.contacts.queries.record import ContactRecord, EmailEntry, IbanEntry, PhoneEntry, PlaceEntry


class EmailForm(EditForm):
    """An e-mail address, whether mail goes there first, and whether it comes back."""

    title = _("E-mail address")
    new_title = _("New e-mail address")
    places: ClassVar = {Reason.KNOWN: "address"}

    address = line(_("E-mail address"), 254, an_email, needed=_("Please fill in the e-mail address."))
    primary = BooleanField(_("Mail goes here first"))
    undeliverable = BooleanField(_("Mail to this address comes back"))

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:
        """The address as it stands."""
        if row_id is None:
            return {}
        entry: EmailEntry = row_of(contact.emails, row_id)
        return {
            "address": entry.address,
            "primary": entry.is_primary,
            "undeliverable": entry.undeliverable_at is not None,
        }

    def keep(self) -> None:
        """Add or change it."""
        number, address = self.seen_id, self.address.data or ""
        row_id = self.row_id
        if row_id is None:
            row_id = ways.add_email(number, address)
        else:
            ways.change_email(number, row_id, address, version=self.seen)
        if self.primary.data:
            ways.prefer_email(number, row_id, version=current_version(number))
        if not self.undeliverable.data:
            ways.mark_deliverable(number, row_id)
        elif self._is_the_same_mailbox(address):
            ways.mark_undeliverable(number, row_id, "")

    def _is_the_same_mailbox(self, address: str) -> bool:
        """Whether the address was not put right: what came back says nothing of another one."""
        if self.row_id is None:
            return True
        return match_address(row_of(self.contact.emails, self.row_id).address) == match_address(address)


class PhoneForm(EditForm):
    """A telephone number."""

    title = _("Telephone number")
    new_title = _("New telephone number")
    places: ClassVar = {Reason.KNOWN: "number"}

    number = line(_("Telephone number"), 40, a_phone, needed=_("Please fill in the telephone number."))

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:
        """The number as it stands."""
        if row_id is None:
            return {}
        entry: PhoneEntry = row_of(contact.phones, row_id)
        return {"number": entry.number}

    def keep(self) -> None:
        """Add or change it."""
        number, typed = self.seen_id, self.number.data or ""
        if self.row_id is None:
            ways.add_phone(number, typed)
        else:
            ways.change_phone(number, self.row_id, typed, version=self.seen)


def a_house_number(_form: Form, field: Field) -> None:
    """A house number has a digit in it."""
    if not any(each.isdigit() for each in field.data or ""):
        raise ValidationError(_("A house number has a digit in it, such as 12 or 12 A."))


class PlaceFields(StaffForm):
    """An address. A Dutch postcode is checked, another country's is not."""

    street = line(_("Street"), 120, needed=_("Please fill in the street."))
    house_number = line(_("House number"), 20, a_house_number, needed=_("Please fill in the house number."))
    postcode = line(_("Postcode"), 12, needed=_("Please fill in the postcode."))
    town = line(_("Town"), 80, needed=_("Please fill in the town."))

    def place(self, country: str) -> Address:
        """What was filled in."""
        return Address(
            self.street.data or "",
            self.house_number.data or "",
            self.postcode.data or "",
            self.town.data or "",
            country,
        )


def tidy_dutch(field: StringField) -> bool:
    """Whether a field holds a Dutch postcode, which is then written `1234 AB`; says so at the field where not."""
    try:
        field.data = dutch_postcode(field.data or "")
    except NotRegistered:
        field.errors = [*field.errors, _("A Dutch postcode looks like 1234 AB.")]
        return False
    return True


class AddressForm(PlaceFields, TermForm):
    """An address, what it is for, and when it holds."""

    title = _("Address")
    new_title = _("New address")

    country = select(_("Country"), [])
    kind = select(_("For"), choices(ADDRESS_KINDS))

    def __init__(self, contact: ContactRecord, row_id: int | None = None) -> None:
        super().__init__(contact, row_id)
        self.country.choices = countries()

    @property
    def groups(self) -> list[tuple[str, list[Field]]]:
        """As an address is written, and then when it holds."""
        where = ("street", "house_number", "postcode", "town", "country")
        return [("", self.fields_named(*where, "kind", "valid_from", "valid_until"))]

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:
        """The address as it stands."""
        if row_id is None:
            return {"country": "NL"}
        entry: PlaceEntry = row_of(contact.places, row_id)
        return {
            "street": entry.address.street,
            "house_number": entry.address.house_number,
            "postcode": entry.address.postcode,
            "town": entry.address.town,
            "country": entry.address.country,
            "kind": entry.kind.value,
            "valid_from": entry.term.valid_from,
            "valid_until": entry.term.valid_until,
        }

    def fits_together(self) -> bool:
        """Whether the postcode is one of its country, and the days are in order."""
        return (self.country.data != "NL" or tidy_dutch(self.postcode)) and super().fits_together()

    def keep(self) -> None:
        """Add or change it."""
        entry = AddressEntry(self.place(self.country.data), AddressKind(self.kind.data), self.term())
        if self.row_id is None:
            ways.add_address(self.seen_id, entry)
        else:
            ways.change_address(self.seen_id, self.row_id, entry, version=self.seen)


class AccountForm(TermForm):
    """An account, whose it is, and when it holds. What is typed here proves nothing."""

    title = _("Account")
    new_title = _("New account")
    places: ClassVar = {Reason.KNOWN: "iban"}

    iban = line(_("IBAN"), 64, an_iban, needed=_("Please fill in the IBAN."))
    holder = line(_("Account name"), 140)

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:
        """The account as it stands."""
        if row_id is None:
            return {}
        entry: IbanEntry = row_of(contact.ibans, row_id)
        return {
            "iban": formatted(entry.iban),
            "holder": entry.holder,
            "valid_from": entry.term.valid_from,
            "valid_until": entry.term.valid_until,
        }

    @property
    def groups(self) -> list[tuple[str, list[Field]]]:
        """Which account, whose it is, and then when it holds."""
        return [("", self.fields_named("iban", "holder", "valid_from", "valid_until"))]

    def keep(self) -> None:
        """Add or change it."""
        account = Account(self.iban.data or "", self.holder.data or "", self.term())
        if self.row_id is None:
            ways.add_account(self.seen_id, account)
        else:
            ways.change_account(self.seen_id, self.row_id, account, version=self.seen)
