"""Forms about roles, households, and handing over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from wtforms import BooleanField

from fundraising.clock import today
from fundraising.contacts.forms.edits import EditForm, TermForm
from fundraising.contacts.forms.fields import DayField, PickForm, select
from fundraising.contacts.forms.identity import NameFields
from fundraising.contacts.forms.words import ROLES, choices
from fundraising.contacts.queries.record import record, row_of
from fundraising.contacts.rules import ContactKind, UnknownContact
from fundraising.contacts.rules.details import Account, Handover, Newcomer, RoleEntry, Ways
from fundraising.contacts.rules.households import JointSalutation, joint_salutation
from fundraising.contacts.rules.organisations import Role
from fundraising.contacts.rules.refusals import Reason
from fundraising.contacts.services.handing_over import hand_over
from fundraising.contacts.services.households import change_salutation, form_household, join_household
from fundraising.contacts.services.ties import begin_role, change_role
from fundraising.iban import formatted
from fundraising.web.fields import a_name, an_email, an_iban, choice, line
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from wtforms import Field

    from fundraising.contacts.queries.record import ContactRecord, Position


class RoleForm(PickForm, TermForm):
    """A role: on a person's page in which organisation, on an organisation's page who has it."""

    title = _("Role")
    new_title = _("New role")
    places: ClassVar = {Reason.KNOWN: "role"}

    role = select(_("Role"), choices(ROLES))
    is_primary = BooleanField(_("The first to turn to in this organisation"))

    other_id: int | None = None

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:
        """The role as it stands."""
        if row_id is None:
            return {}
        position: Position = row_of(contact.positions, row_id)
        return {
            "role": position.role.value,
            "valid_from": position.term.valid_from,
            "valid_until": position.term.valid_until,
            "is_primary": position.is_primary,
        }

    @property
    def groups(self) -> list[tuple[str, list[Field]]]:
        """Who is asked of a new role only."""
        who = ("who", "chosen") if self.row_id is None else ()
        return [("", self.fields_named(*who, "role", "valid_from", "valid_until", "is_primary"))]

    @property
    def position(self) -> Position | None:
        """The role that is changed; None for a new one."""
        return None if self.row_id is None else row_of(self.contact.positions, self.row_id)

    def fits_together(self) -> bool:
        """Whether the days are in order, and for a new role whether it is clear who is meant."""
        if not super().fits_together():
            return False
        if self.row_id is None:
            wanted = ContactKind.ORGANISATION if self.contact.is_person else ContactKind.PERSON
            self.other_id = self.picked(wanted)
        return self.row_id is not None or self.other_id is not None

    def keep(self) -> None:
        """Begin or change it."""
        entry = RoleEntry(Role(self.role.data), self.term(), bool(self.is_primary.data))
        number = self.seen_id
        if self.other_id is None:
            change_role(number, self.row_id or 0, entry, version=self.seen)
        elif self.contact.is_person:
            begin_role(number, self.other_id, entry)
        else:
            begin_role(self.other_id, number, entry)


class HouseholdForm(PickForm, EditForm):
    """With whom somebody lives, and how they are written to together: proposed first, and then as staff want it."""

    title = _("Household")

    addressee = line(_("On the envelope"), 200, description=_("Leave both empty, and you get a proposal."))
    greeting = line(_("How a letter opens"), 200)

    other_id: int | None = None

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:  # noqa: ARG003
        """How the household is written to."""
        household = contact.household
        return {"addressee": household.addressee, "greeting": household.greeting} if household else {}

    def fits_together(self) -> bool:
        """Whether it is clear who joins, and how they are written to from then on; proposes that once."""
        if self.who.data or self.contact.household is None:
            self.other_id = self.picked(ContactKind.PERSON, but=[self.contact.contact_id])
            if self.other_id is None:
                return False
            if self._is_to_be_proposed():
                return self._propose(self.other_id)
        for field in (self.addressee, self.greeting):
            if not field.data:
                self.say(field, _("Please fill in how they are written to."))
        return not (self.addressee.errors or self.greeting.errors)

    def _is_to_be_proposed(self) -> bool:
        standing = self.contact.household
        written = (self.addressee.data or "", self.greeting.data or "")
        return not all(written) or (standing is not None and written == (standing.addressee, standing.greeting))

    def _propose(self, other_id: int) -> bool:
        """Fill in how they may be written to, for staff to look at. Not yet what is saved."""
        joining = record(other_id)
        members = self.contact.household.members if self.contact.household else ()
        known = [record(each.contact_id) for each in members]
        names = [each.name for each in known if each.deceased_on is None] or [self.contact.name]
        proposed = joint_salutation([*names, joining.name], self.contact.preferences.language)
        for field, value in ((self.addressee, proposed.addressee), (self.greeting, proposed.greeting)):
            field.data, field.raw_data = value, [value]
        self.who.data, self.who.raw_data = str(other_id), [str(other_id)]
        self.who.description = joining.display_name
        self.form_errors.append(_("This is how they may be written to. Change it if you like, and save."))
        return False

    def keep(self) -> None:
        """Form the household, let somebody join it, or change how it is written to."""
        number = self.seen_id
        together = JointSalutation(self.addressee.data or "", self.greeting.data or "")
        if self.other_id is None:
            change_salutation(number, together, version=self.seen)
        elif self.contact.household is None:
            form_household([number, self.other_id], together, version=self.seen)
        else:
            join_household(number, self.other_id, together, version=self.seen)


class HandoverForm(PickForm, NameFields, EditForm):
    """Who takes over a role, from which day, and on which account. The row is that of the role."""

    title = _("Handover")
    saved = _("Handed over.")
    places: ClassVar = {
        Reason.ENDS_BEFORE_IT_BEGINS: "day",
        Reason.UNLIKELY_DATE: "day",
        Reason.NAMELESS: "surname",
    }

    day = DayField(_("From which day"))
    # Empty where the successor is known already.
    surname = line(_("Surname"), 120, a_name)
    email = line(_("E-mail address"), 254, an_email)
    iban = line(_("New IBAN"), 64, an_iban)
    holder = line(_("Account name"), 140)
    old_iban = select(_("Instead of"), [])

    successor: int | Newcomer | None = None

    def __init__(self, contact: ContactRecord, row_id: int | None = None) -> None:
        super().__init__(contact, row_id)
        standing = [each for each in contact.ibans if not each.term.ended_by(today())]
        self.old_iban.choices = [
            choice("", _("None: it comes beside the others")),
            *(choice(str(each.row_id), formatted(each.iban)) for each in standing),
        ]

    @classmethod
    def shown(cls, contact: ContactRecord, row_id: int | None) -> dict[str, Any]:
        """Today, and the account where there is but one. Raises UnknownContact for a role that is not there."""
        row_of(contact.positions, row_id)
        standing = [each for each in contact.ibans if not each.term.ended_by(today())]
        return {"day": today(), "old_iban": str(standing[0].row_id) if len(standing) == 1 else ""}

    @property
    def position(self) -> Position:
        """The role that is handed over."""
        return row_of(self.contact.positions, self.row_id)

    def fits_together(self) -> bool:
        """Whether there is a day, and one successor: known or new."""
        if self.day.data is None:
            self.say(self.day, _("Please fill in the day."))
            return False
        if self.surname.data:
            self.successor = Newcomer(name=self.name(), ways=Ways(email=self.email.data or ""))
        else:
            self.successor = self.picked(ContactKind.PERSON)
        if self.surname.data and self.who.data:
            self.say(self.who, _("Choose somebody who is known, or fill in a new person, but not both."))
            return False
        return self.successor is not None

    @property
    def groups(self) -> list[tuple[str, list[Field]]]:
        """When, who, and on which account."""
        return [
            ("", self.fields_named("day")),
            (str(_("Somebody we know")), self.fields_named("who", "chosen")),
            (
                str(_("Or somebody new")),
                self.fields_named("salutation", "given_name", "name_prefix", "surname", "email"),
            ),
            (str(_("Account, if it changes too")), self.fields_named("iban", "holder", "old_iban")),
        ]

    def keep(self) -> None:
        """Hand it over in one step."""
        if self.successor is None or self.row_id is None:
            raise UnknownContact(self.seen_id)
        handover = Handover(
            day=self.day.data,
            affiliation_id=self.row_id,
            successor=self.successor,
            old_iban_id=int(self.old_iban.data) if self.old_iban.data else None,
            new_account=Account(self.iban.data, self.holder.data or "") if self.iban.data else None,
        )
        hand_over(self.seen_id, handover, version=self.seen)
