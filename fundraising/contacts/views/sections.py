"""The sections of a contact: by which word each stands in an address, and which form changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundraising.contacts.forms.file import ConsentForm, NoteForm
from fundraising.contacts.forms.identity import (
    BelongsToForm,
    DeathForm,
    NameForm,
    OrganisationForm,
    PreferencesForm,
)
from fundraising.contacts.forms.ties import HandoverForm, HouseholdForm, RoleForm
from fundraising.contacts.forms.ways import AccountForm, AddressForm, EmailForm, PhoneForm

if TYPE_CHECKING:
    from fundraising.contacts.forms.edits import EditForm
    from fundraising.contacts.queries.record import ContactRecord


@dataclass(frozen=True, slots=True)
class Section:
    """A section, and which contacts have it."""

    form: type[EditForm]
    people: bool = True
    organisations: bool = True

    def belongs_to(self, contact: ContactRecord) -> bool:
        """Whether such a contact has it."""
        return self.people if contact.is_person else self.organisations


# What a contact has once.
SECTIONS = {
    "naam": Section(NameForm, organisations=False),
    "organisatie": Section(OrganisationForm, people=False),
    "hoort-bij": Section(BelongsToForm, people=False),
    "voorkeuren": Section(PreferencesForm),
    "overlijden": Section(DeathForm, organisations=False),
    "huishouden": Section(HouseholdForm, organisations=False),
}
NOTES = Section(NoteForm)
# What it may have several of.
PARTS = {
    "email": Section(EmailForm),
    "telefoon": Section(PhoneForm),
    "adressen": Section(AddressForm),
    "rekeningen": Section(AccountForm),
    "rollen": Section(RoleForm),
    "toestemming": Section(ConsentForm),
    "notities": NOTES,
}
# The page of a new note has a name of its own, for the key that leads there.
ADDABLE = tuple(word for word in PARTS if word != "notities")
# Rows that can be changed; what was said cannot, something else can be said after it.
CHANGEABLE = tuple(word for word in PARTS if word != "toestemming")
HANDOVER = Section(HandoverForm, people=False)
