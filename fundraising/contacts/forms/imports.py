"""How a list of contacts that comes in is spoken of: its columns, and what can be wrong with them."""

from __future__ import annotations

from fundraising.contacts.rules import OrganisationKind
from fundraising.imports.forms import ChoiceField, Words
from fundraising.web.locale import lazy_text as _

_KINDS = {
    OrganisationKind.CHURCH: _("Churches"),
    OrganisationKind.DIACONIE: _("Deaconries (diaconie)"),
    OrganisationKind.SCHOOL: _("Schools"),
    OrganisationKind.COMPANY: _("Companies"),
    OrganisationKind.FUND: _("Funds"),
    OrganisationKind.OTHER: _("Other organisations"),
}
_COLUMNS = {
    "number": _("Our contact number"),
    "kind": _("Kind of organisation"),
    "name": _("Name of the organisation"),
    "denomination": _("Denomination"),
    "members": _("Number of members"),
    "level": _("Level of education"),
    "brin": _("BRIN"),
    "kvk": _("KVK number"),
    "rsin": _("RSIN"),
    "salutation": _("Person: salutation"),
    "given_name": _("Person: initials or first name"),
    "prefix": _("Person: prefix (van der)"),
    "surname": _("Person: surname"),
    "whole_name": _("Person: whole name"),
    "role": _("Person: role"),
    "person_email": _("Person: e-mail address"),
    "person_phone": _("Person: telephone number"),
    "address": _("Street and house number"),
    "street": _("Street"),
    "house_number": _("House number"),
    "addition": _("Addition to the house number"),
    "postcode": _("Postcode"),
    "town": _("Town"),
    "country": _("Country"),
    "email": _("E-mail address"),
    "phone": _("Telephone number"),
    "iban": _("IBAN"),
    "newsletter": _("Consent to the newsletter"),
    # What else can change of a contact, or stand in the way of undoing.
    "organisation_name": _("Name of the organisation"),
    "contact": _("contacts"),
    "church": _("facts of churches"),
    "school": _("facts of schools"),
    "affiliation": _("roles in organisations"),
    "consent": _("consents"),
    "duplicate": _("judged duplicates"),
    "gift_entry": _("gifts"),
    "donation": _("online gifts"),
    "contact_email": _("e-mail addresses"),
    "contact_phone": _("telephone numbers"),
    "contact_iban": _("IBANs"),
    "postal_address": _("addresses"),
    "contact_note": _("notes"),
    "contact_document": _("documents"),
    "contact_merge": _("merges"),
    "duplicate_candidate": _("judged duplicates"),
    "household_member": _("households"),
    "organisation_link": _("links between organisations"),
}
CONTACT_WORDS = Words(
    columns=_COLUMNS,
    reasons={
        "nameless": _("neither an organisation's name nor a surname"),
        "person_without_surname": _("something is told of a person, but not their surname"),
        "not_a_kvk": _("%(column)s: “%(value)s” has not the eight digits of a KVK number"),
        "not_an_rsin": _("%(column)s: “%(value)s” is not an RSIN; there may be a typing mistake in it"),
        "not_a_brin": _("%(column)s: “%(value)s” is not a BRIN, such as 12AB"),
        "not_a_country": _("%(column)s: “%(value)s” is not a country that we know; two letters always work"),
        "other_role": _("%(column)s: “%(value)s” is kept as another role"),
        "consent_known": _("%(column)s: said something about it before, which stays as it is"),
        "changed_since": _("%(column)s, changed since (how many, and of which contacts): %(value)s"),
        "built_upon": _("%(column)s, added since (how many, and of which contacts): %(value)s"),
        "closed": _("it is closed"),
    },
    problems={
        "needs_name": _("One column has to be the name of the organisation, or a person's surname or whole name."),
        "needs_consent_source": _("Say where consent to the newsletter was given, or leave that column out."),
        "needs_person": _("Consent is given by a person: choose the column with their surname or whole name too."),
    },
)
CONTACT_CHOICES = (
    ChoiceField(
        "kind",
        _("Kind of organisation"),
        _("For rows in which no column tells it."),
        lambda: [(kind.value, str(label)) for kind, label in _KINDS.items()],
    ),
    ChoiceField(
        "consent_source",
        _("Where consent was given"),
        _("For example: registration form of the relations day, 14 March 2026."),
    ),
)
