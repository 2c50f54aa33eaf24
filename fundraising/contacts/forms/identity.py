"""Forms about who a contact is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from wtforms import BooleanField, Field, Form, RadioField, SelectField
from wtforms.validators import ValidationError

from fundraising.contacts.forms.edits import EditForm
from fundraising.contacts.forms.fields import DayField, PickForm, select
from fundraising.contacts.forms.words import (
    CHANNELS,
    DENOMINATIONS,
    ORGANISATION_KINDS,
    SALUTATIONS,
    SCHOOL_LEVELS,
    choices,
)
from fundraising.contacts.rules import ContactKind, OrganisationKind, PersonName, Salutation
from fundraising.contacts.rules.details import ChurchFacts, OrganisationFacts, Preferences, SchoolFacts
from fundraising.contacts.rules.organisations import Channel, Denomination, SchoolLevel
from fundraising.contacts.rules.refusals import Reason
from fundraising.contacts.rules.registers import (
    NotRegistered,
    Register,
    brin_number,
    kvk_number,
    rsin_number,
)
from fundraising.contacts.services.keeping import (
    change_organisation,
    change_preferences,
    note_death,
    rename_person,
)
from fundraising.contacts.services.ties import link_organisation
from fundraising.web.fields import a_name, choice, line
from fundraising.web.forms import StaffForm
from fundraising.web.locale import NATIVE_NAMES
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundraising.contacts.queries.record import ContactRecord

# More members than any Dutch church has; it also keeps the number within its column.
_MOST_MEMBERS = 1_000_000
_NOT_REGISTERED = {
    Register.KVK: _("A KVK number has eight digits."),
    Register.RSIN: _("This is no RSIN: it has nine digits, and these do not pass the eleven-test."),
    Register.BRIN: _("A BRIN has two digits and two letters, such as 02LT, and perhaps two digits for a place."),
}


def registered(check: Callable[[str], str]) -> Callable[[Form, Field], None]:
    """A check that also writes a register's number in its one form."""

    def tidy(_form: Form, field: Field) -> None:
        try:
            field.data = check(field.data or "")
        except NotRegistered as wrong:
            raise ValidationError(_NOT_REGISTERED[wrong.register]) from wrong

    return tidy


def a_count(_form: Form, field: Field) -> None:
    """A whole number of people."""
    digits = (field.data or "").replace(".", "")
    if not (digits.isascii() and digits.isdecimal() and int(digits[:9]) <= _MOST_MEMBERS and len(digits) < 9):  # noqa: PLR2004
        raise ValidationError(_("Write a whole number, such as 850."))
    field.data = digits


class NameFields(StaffForm):
    """A person's name in its parts."""

    salutation = RadioField(_("Form of address"), choices=choices(SALUTATIONS), default=Salutation.UNKNOWN.value)
    given_name = line(_("Initials or first name"), 100, a_name)
    # Not `prefix`: that is what WTForms puts before the names of fields.
    name_prefix = line(_("Prefix"), 40, a_name)
    surname = line(_("Surname"), 120, a_name, needed=_("Please fill in the surname."))

    def name(self) -> PersonName:
        """What was filled in."""
        return PersonName(
            salutation=Salutation(self.salutation.data),
            given_name=self.given_name.data or "",
            prefix=self.name_prefix.data or "",
            surname=self.surname.data or "",
        )


class OrganisationFields(StaffForm):
    """What an organisation is; what its kind does not have is not asked."""

    organisation_name = line(_("Name"), 200, a_name, needed=_("Please fill in the name."))
    kvk = line(_("KVK number"), 20, registered(kvk_number))
    rsin = line(_("RSIN"), 20, registered(rsin_number))
    denomination = select(_("Denomination"), choices(DENOMINATIONS, none=_("Not known")), unasked="")
    church_town = line(_("Town"), 80, a_name)
    members = line(_("Number of members"), 12, a_count)
    level = select(_("Level"), choices(SCHOOL_LEVELS, none=_("Not known")), unasked="")
    brin = line(_("BRIN"), 10, registered(brin_number))

    def groups_of(self, kind: str) -> list[tuple[str, list[Field]]]:
        """What only this kind of organisation has, under its heading."""
        return [(title, [self[name] for name in names]) for each, (title, names) in _OF_KIND.items() if each == kind]

    def facts_of(self, kind: OrganisationKind) -> OrganisationFacts:
        """What was filled in, for a kind of organisation."""
        church = ChurchFacts(
            denomination=Denomination(self.denomination.data) if self.denomination.data else None,
            town=self.church_town.data or "",
            members=int(self.members.data) if self.members.data else None,
        )
        school = SchoolFacts(level=SchoolLevel(self.level.data) if self.level.data else None, brin=self.brin.data or "")
        return OrganisationFacts(
            kind=kind,
            name=self.organisation_name.data or "",
            kvk=self.kvk.data or "",
            rsin=self.rsin.data or "",
            church=church if kind is OrganisationKind.CHURCH else None,
            school=school if kind is OrganisationKind.SCHOOL else None,
        )


_OF_KIND = {
    OrganisationKind.CHURCH: (_("About the church"), ("denomination", "church_town", "members")),
    OrganisationKind.SCHOOL: (_("About the school"), ("level", "brin")),
}


class NameForm(NameFields, EditForm):
    """A person's name and form of address."""

    title = _("Name and form of address")

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:  # noqa: ARG003
        """The name as it stands."""
        return contact.name.columns

    def keep(self) -> None:
        """Change the name."""
        rename_person(self.seen_id, self.name(), version=self.seen)


class OrganisationForm(OrganisationFields, EditForm):
    """What an organisation is."""

    title = _("About the organisation")

    kind = select(_("Kind"), choices(ORGANISATION_KINDS))

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:  # noqa: ARG003
        """What is known of it."""
        facts = contact.organisation
        if facts is None:
            return {}
        church, school = facts.church or ChurchFacts(), facts.school or SchoolFacts()
        return {
            "kind": facts.kind.value,
            "organisation_name": facts.name,
            "kvk": facts.kvk,
            "rsin": facts.rsin,
            "denomination": church.denomination.value if church.denomination else "",
            "church_town": church.town,
            "members": str(church.members) if church.members is not None else "",
            "level": school.level.value if school.level else "",
            "brin": school.brin,
        }

    @property
    def groups(self) -> list[tuple[str, list[Field]]]:
        """What every organisation has, and what only its kind has."""
        groups = [("", self.fields_named("kind", "organisation_name", "kvk", "rsin"))]
        return groups + self.groups_of(self.kind.data)

    def keep(self) -> None:
        """Change it."""
        facts = self.facts_of(OrganisationKind(self.kind.data))
        change_organisation(self.seen_id, facts, version=self.seen)


class PreferencesForm(EditForm):
    """How a contact wants to be reached."""

    title = _("How to approach")

    language = SelectField(_("Language"), choices=[choice(code, name) for code, name in NATIVE_NAMES.items()])
    preferred_channel = select(_("Preferably"), choices(CHANNELS, none=_("No preference")))
    do_not_contact = BooleanField(_("Do not approach: no mailings, no calls"))

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:  # noqa: ARG003
        """What is wanted now."""
        wanted = contact.preferences
        return {
            "language": wanted.language,
            "preferred_channel": wanted.preferred_channel.value if wanted.preferred_channel else "",
            "do_not_contact": wanted.do_not_contact,
        }

    def keep(self) -> None:
        """Change it."""
        channel = self.preferred_channel.data
        wanted = Preferences(
            language=self.language.data,
            preferred_channel=Channel(channel) if channel else None,
            do_not_contact=bool(self.do_not_contact.data),
        )
        change_preferences(self.seen_id, wanted, version=self.seen)


class DeathForm(EditForm):
    """When a person died; an empty day takes it back."""

    title = _("Deceased")
    places: ClassVar = {Reason.UNLIKELY_DATE: "day"}

    day = DayField(_("Died on"))

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:  # noqa: ARG003
        """The day, if any."""
        return {"day": contact.deceased_on}

    def keep(self) -> None:
        """Note it."""
        note_death(self.seen_id, self.day.data, version=self.seen)


class BelongsToForm(PickForm, EditForm):
    """To which organisation another one belongs; nothing filled in means to none."""

    title = _("Belongs to")

    parent: int | None = None

    def __init__(self, contact: ContactRecord, row_id: int | None = None) -> None:
        super().__init__(contact, row_id)
        if contact.belongs_to:
            self.who.description = contact.belongs_to.display_name

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:  # noqa: ARG003
        """The number of the one that it belongs to."""
        return {"who": str(contact.belongs_to.contact_id) if contact.belongs_to else ""}

    def fits_together(self) -> bool:
        """Whether it is clear which organisation is meant."""
        self.parent = None
        if not self.who.data:
            return True
        self.parent = self.picked(ContactKind.ORGANISATION, but=[self.contact.contact_id])
        return self.parent is not None

    def keep(self) -> None:
        """Link it, or take the link away."""
        link_organisation(self.seen_id, self.parent, version=self.seen)
