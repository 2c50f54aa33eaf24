"""Forms for a new person and a new organisation, with a look at who may be the same before anything is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtforms import HiddenField, SelectField

from fundraising.contacts.forms.fields import select
from fundraising.contacts.forms.identity import NameFields, OrganisationFields
from fundraising.contacts.forms.ways import tidy_dutch
from fundraising.contacts.forms.words import REASONS, ROLES, choices
from fundraising.contacts.queries.resemblance import Sketch, look_alikes
from fundraising.contacts.rules import Address, ContactKind
from fundraising.contacts.rules.details import Newcomer, RoleEntry, Ways
from fundraising.contacts.rules.organisations import Role
from fundraising.contacts.services.changes import current_version
from fundraising.contacts.services.keeping import create_organisation, create_person
from fundraising.contacts.services.ties import begin_role, link_organisation
from fundraising.web.fields import a_phone, an_email, an_iban, choice, line
from fundraising.web.forms import StaffForm
from fundraising.web.lists import number_in
from fundraising.web.locale import NATIVE_NAMES
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from fundraising.contacts.queries.resemblance import LookAlike
    from fundraising.contacts.rules import OrganisationKind
    from fundraising.contacts.rules.refusals import Reason


class WaysForm(StaffForm):
    """How to reach somebody new; everything may be left empty, an address all of it or nothing."""

    email = line(_("E-mail address"), 254, an_email)
    phone = line(_("Telephone number"), 40, a_phone)
    street = line(_("Street"), 120)
    house_number = line(_("House number"), 20)
    postcode = line(_("Postcode"), 12)
    town = line(_("Town"), 80)
    iban = line(_("IBAN"), 64, an_iban)
    language = SelectField(_("Language"), choices=[choice(code, name) for code, name in NATIVE_NAMES.items()])
    # The contact to which this one is tied at once: the organisation of a person, the church of a diaconie.
    tied_to = HiddenField()
    # Who was shown as perhaps the same; who saves again means that it is somebody else.
    shown_alike = HiddenField()

    alike: list[LookAlike]

    def accepted(self) -> bool:
        """Whether everything fits, and nobody is like this one who was not shown before."""
        self.alike = []
        if not super().accepted() or not self._address_fits():
            return False
        self.alike = look_alikes(self.sketch())
        shown = ",".join(str(each.contact_id) for each in self.alike)
        if self.alike and self.shown_alike.data != shown:
            self.shown_alike.data = shown
            self.shown_alike.raw_data = [shown]
            return False
        return True

    def sketch(self) -> Sketch:
        """What is compared with who stands."""
        raise NotImplementedError

    def sketched(self, kind: ContactKind, name: str | None, *numbers: str | None) -> Sketch:
        """The same of one of this name, and with these numbers in registers."""
        return Sketch(
            kind=kind,
            name=name or "",
            email=self.email.data or "",
            iban=self.iban.data or "",
            phone=self.phone.data or "",
            postcode=self.postcode.data or "",
            numbers=tuple(number or "" for number in numbers),
        )

    def ways(self) -> Ways:
        """What was filled in. An address abroad is added on the page of the contact."""
        place = (self.street.data, self.house_number.data, self.postcode.data, self.town.data)
        return Ways(
            email=self.email.data or "",
            phone=self.phone.data or "",
            address=Address(*(part or "" for part in place)) if all(place) else None,
            iban=self.iban.data or "",
        )

    def tie(self) -> int | None:
        """The contact to which this one is tied."""
        return number_in(self.tied_to.data or "")

    def tell(self, reason: Reason) -> None:
        """Say why something cannot be."""
        self.form_errors.append(REASONS[reason][1])

    def _address_fits(self) -> bool:
        fields = (self.street, self.house_number, self.postcode, self.town)
        if not any(field.data for field in fields):
            return True
        for field in fields:
            if not field.data:
                field.errors = [_("Fill in the whole address, or none of it.")]
        return all(field.data for field in fields) and tidy_dutch(self.postcode)


class NewPersonForm(NameFields, WaysForm):
    """A person whom we did not know, perhaps with a role in an organisation."""

    role = select(_("Role in the organisation"), choices(ROLES), unasked=Role.CONTACT.value)

    def sketch(self) -> Sketch:
        """Name, ways and account."""
        return self.sketched(ContactKind.PERSON, self.surname.data)

    def keep(self) -> int:
        """The new person's id. Raises Refusal, UnknownContact."""
        newcomer = Newcomer(name=self.name(), ways=self.ways(), language=self.language.data)
        number = create_person(newcomer)
        organisation = self.tie()
        if organisation is not None:
            begin_role(number, organisation, RoleEntry(Role(self.role.data)))
        return number


class NewOrganisationForm(OrganisationFields, WaysForm):
    """An organisation of one kind that we did not know."""

    def sketch(self) -> Sketch:
        """Name, ways, account and register's numbers."""
        name, numbers = self.organisation_name.data, (self.kvk.data, self.rsin.data, self.brin.data)
        return self.sketched(ContactKind.ORGANISATION, name, *numbers)

    def keep(self, kind: OrganisationKind) -> int:
        """The new organisation's id. Raises Refusal, UnknownContact."""
        number = create_organisation(self.facts_of(kind), self.ways(), language=self.language.data)
        parent = self.tie()
        if parent is not None:
            link_organisation(number, parent, version=current_version(number))
        return number
