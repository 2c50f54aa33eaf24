"""What kinds, states and reasons are called in forms about contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.contacts.queries.resemblance import Shared
from fundraising.contacts.rules import ConsentState, ContactKind, IbanProvenance, OrganisationKind, Salutation
from fundraising.contacts.rules.details import How
from fundraising.contacts.rules.mailings import Purpose
from fundraising.contacts.rules.organisations import AddressKind, Channel, Denomination, Role, SchoolLevel
from fundraising.contacts.rules.refusals import Reason
from fundraising.web.fields import choice
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum
    from typing import Any

ORGANISATION_KINDS: Mapping[OrganisationKind, str] = {
    OrganisationKind.CHURCH: _("Church"),
    OrganisationKind.DIACONIE: _("Diaconie"),
    OrganisationKind.SCHOOL: _("School"),
    OrganisationKind.COMPANY: _("Company"),
    OrganisationKind.FUND: _("Fund"),
    OrganisationKind.OTHER: _("Other organisation"),
}
DENOMINATIONS: Mapping[Denomination, str] = {
    Denomination.PKN: "PKN",
    Denomination.RK: _("Roman Catholic"),
    Denomination.CGK: "CGK",
    Denomination.NGK: "NGK",
    Denomination.HHK: "HHK",
    Denomination.GG: "GG",
    Denomination.GGIN: "GGiN",
    Denomination.OGG: "OGG",
    Denomination.BAPTIST: _("Baptist"),
    Denomination.VEG: "VEG",
    Denomination.VPE: _("Evangelical or Pentecostal (VPE)"),
    Denomination.SALVATION_ARMY: _("Salvation Army"),
    Denomination.MIGRANT: _("Migrant church"),
    Denomination.ECUMENICAL: _("Ecumenical"),
    Denomination.OTHER: _("Other denomination"),
}
SCHOOL_LEVELS: Mapping[SchoolLevel, str] = {
    SchoolLevel.PO: _("Primary school (PO)"),
    SchoolLevel.SO: _("Special school (SO)"),
    SchoolLevel.VO: _("Secondary school (VO)"),
    SchoolLevel.MBO: _("Vocational education (MBO)"),
    SchoolLevel.HBO: _("University of applied sciences (HBO)"),
    SchoolLevel.WO: _("University (WO)"),
}
ROLES: Mapping[Role, str] = {
    Role.CONTACT: _("contact person"),
    Role.MINISTER: _("minister"),
    Role.PRIEST: _("priest"),
    Role.PASTOR: _("pastor"),
    Role.CLERK: _("clerk of the church council"),
    Role.ELDER: _("elder"),
    Role.DEACON: _("deacon"),
    Role.CHURCHWARDEN: _("churchwarden"),
    Role.MISSION: _("mission and diaconal committee (ZWO)"),
    Role.TREASURER: _("treasurer"),
    Role.SEXTON: _("sexton"),
    Role.CHAIR: _("chair"),
    Role.SECRETARY: _("secretary"),
    Role.DIRECTOR: _("director"),
    Role.TEACHER: _("teacher"),
    Role.MEMBER: _("member"),
    Role.OTHER: _("another role"),
}
SALUTATIONS: Mapping[Salutation, str] = {
    Salutation.MR: _("Mr"),
    Salutation.MRS: _("Ms"),
    Salutation.UNKNOWN: _("Not known"),
}
CONTACT_KINDS: Mapping[ContactKind, str] = {
    ContactKind.PERSON: _("Person"),
    ContactKind.ORGANISATION: _("Organisation"),
}
PROVENANCES: Mapping[IbanProvenance, str] = {
    IbanProvenance.TYPED: _("typed, not proven"),
    IbanProvenance.MOLLIE: _("seen by Mollie"),
    IbanProvenance.BANK: _("seen at the bank"),
}
CONSENT_STATES: Mapping[ConsentState, str] = {
    ConsentState.REQUESTED: _("asked, not confirmed"),
    ConsentState.GRANTED: _("agreed"),
    ConsentState.WITHDRAWN: _("withdrawn"),
}
SOURCES: Mapping[str, str] = {
    "online_gift": _("an online gift"),
    "import": _("an import"),
    "staff": _("a colleague"),
}
CHANNELS: Mapping[Channel, str] = {
    Channel.EMAIL: _("by e-mail"),
    Channel.POST: _("by post"),
    Channel.PHONE: _("by telephone"),
}
ADDRESS_KINDS: Mapping[AddressKind, str] = {
    AddressKind.POSTAL: _("postal address"),
    AddressKind.VISITING: _("visiting address"),
}
PURPOSES: Mapping[Purpose, str] = {
    Purpose.NEWSLETTER: _("Newsletter"),
    Purpose.IMPACT: _("What gifts have done"),
    Purpose.APPEAL: _("Asking for a gift"),
    Purpose.INVITATION: _("Invitations"),
    Purpose.THANKS: _("Thanks"),
    Purpose.STATEMENT: _("Yearly statement"),
}
HOWS: Mapping[How, str] = {
    How.PAPER: _("on paper"),
    How.EMAIL: _("by e-mail"),
    How.PHONE: _("by telephone"),
    How.CONVERSATION: _("in a conversation"),
}
SHARED: Mapping[Shared, str] = {
    Shared.EMAIL: _("the same e-mail address"),
    Shared.IBAN: _("the same IBAN"),
    Shared.PHONE: _("the same telephone number"),
    Shared.NUMBER: _("the same number in a register"),
    Shared.NAME_AND_POSTCODE: _("the same name and postcode"),
    Shared.NAME: _("the same name"),
}

# Why something cannot be, with the field at which that is told where the form has it.
REASONS: Mapping[Reason, tuple[str, str]] = {
    Reason.ENDS_BEFORE_IT_BEGINS: ("valid_until", _("This ends before it begins. Please check both dates.")),
    Reason.UNLIKELY_DATE: ("valid_from", _("A date here lies before 1900 or far ahead. Please check the year.")),
    Reason.IN_THE_FUTURE: ("day", _("This day is still to come.")),
    Reason.CIRCULAR: ("who", _("Then this organisation would belong to itself, directly or by way of others.")),
    Reason.NOT_A_CHURCH: ("who", _("A diaconie belongs to a church, and this is none.")),
    Reason.NOT_AN_ORGANISATION: ("who", _("This is not an organisation.")),
    Reason.NOT_A_PERSON: ("who", _("This is not a person.")),
    Reason.KNOWN: ("", _("This is known already and still holds.")),
    Reason.PROVEN: ("iban", _("The bank or Mollie has seen this account, so it stays. You can give it a last day.")),
    Reason.IN_A_HOUSEHOLD: ("who", _("One of them lives in a household already.")),
    Reason.TOO_FEW: ("who", _("A household has two people or more.")),
    Reason.SAID_BEFORE: ("agrees", _("This was said before and still holds.")),
    Reason.NAMELESS: ("surname", _("Please fill in a name.")),
}


def choices(words: Mapping[Any, str], *, none: str | None = None) -> list[Any]:
    """The choices of a field, in the order of the words; with `none`, first one for nothing at all."""
    offered = [choice(value.value, words[value]) for value in words]
    return offered if none is None else [choice("", none), *offered]


def word_for(value: StrEnum, words: Mapping[Any, str]) -> str:
    """What a value is called in the language of this request."""
    return str(words[value])
