"""The personal data of contacts: what is kept of a person, why, and how it ends."""

from functools import partial

from fundraising.contacts.models import Consent, ContactNote
from fundraising.contacts.personal.erasing import (
    erase_addresses,
    erase_documents,
    erase_doubles,
    erase_imports,
    erase_rows,
    erase_ties,
    erase_ways,
    erase_who,
)
from fundraising.contacts.personal.reading import (
    is_erased,
    person_of,
    read_addresses,
    read_consents,
    read_documents,
    read_doubles,
    read_imports,
    read_notes,
    read_ties,
    read_ways,
    read_who,
)
from fundraising.personal import PersonalData
from fundraising.web.locale import lazy_text as _

__all__ = ["SOURCES", "is_erased", "person_of"]

_AGREED = _("Legitimate interest: keeping contact with donors and their organisations.")
_AS_LONG = _("As long as the contact gives, has a role or agreed to mailings, and three years after.")
_AT_ONCE = _("Erased at once, also while gifts are kept for the tax office.")

SOURCES = (
    PersonalData(
        name="who",
        tables=frozenset(
            {"contact", "church_details", "school_details", "search_term", "search_part", "search_key", "search_due"}
        ),
        title=_("Name and particulars"),
        purpose=_("To know who gives, and to address them properly."),
        ground=_("Legitimate interest; for gifts also the law on taxes."),
        retention=_("With gifts: until the end of the seventh year after the last one. Otherwise three years."),
        ending=_("The name stays until the gifts need not be kept; then a number stands in its place."),
        read=read_who,
        erase=erase_who,
    ),
    PersonalData(
        name="ways",
        tables=frozenset({"contact_email", "contact_phone", "contact_iban"}),
        title=_("E-mail addresses, telephone numbers and accounts"),
        purpose=_("To reach somebody, and to recognise a gift."),
        ground=_AGREED,
        retention=_AS_LONG,
        ending=_AT_ONCE,
        read=read_ways,
        erase=erase_ways,
    ),
    PersonalData(
        name="addresses",
        tables=frozenset({"postal_address"}),
        title=_("Postal addresses"),
        purpose=_("For post, and for the yearly statement of gifts."),
        ground=_("Legitimate interest; for gifts also the law on taxes."),
        retention=_("With gifts: until the end of the seventh year after the last one. Otherwise three years."),
        ending=_("The present address stays until the gifts need not be kept; older ones go at once."),
        read=read_addresses,
        erase=erase_addresses,
    ),
    PersonalData(
        name="ties",
        tables=frozenset({"affiliation", "organisation_link", "household", "household_member"}),
        title=_("Roles in organisations, and household"),
        purpose=_("To know whom to turn to in a church or school. It may tell of belief."),
        ground=_("Legitimate interest; roles in a church only as far as contact with that church needs them."),
        retention=_AS_LONG,
        ending=_("Erased at once. A household is dissolved, since its salutation names all who live there."),
        read=read_ties,
        erase=erase_ties,
    ),
    PersonalData(
        name="consents",
        tables=frozenset({"consent"}),
        title=_("Consents"),
        purpose=_("To send only what somebody agreed to, and to be able to show it."),
        ground=_("Consent, and the duty to show it."),
        retention=_AS_LONG,
        ending=_AT_ONCE,
        read=read_consents,
        erase=partial(erase_rows, Consent),
    ),
    PersonalData(
        name="notes",
        tables=frozenset({"contact_note"}),
        title=_("Notes"),
        purpose=_("So that colleagues know what was said."),
        ground=_AGREED,
        retention=_AS_LONG,
        ending=_AT_ONCE,
        read=read_notes,
        erase=partial(erase_rows, ContactNote),
    ),
    PersonalData(
        name="documents",
        tables=frozenset({"contact_document"}),
        title=_("Documents"),
        purpose=_("Letters and forms that belong to a contact."),
        ground=_AGREED,
        retention=_AS_LONG,
        ending=_("Erased at once, the files themselves included."),
        read=read_documents,
        erase=erase_documents,
    ),
    PersonalData(
        name="doubles",
        tables=frozenset({"contact_merge", "duplicate_candidate"}),
        title=_("Duplicates and merges"),
        purpose=_("To keep one file on every person."),
        ground=_AGREED,
        retention=_AS_LONG,
        ending=_("Erased at once. That two numbers are one contact stays; it can no longer be undone."),
        read=read_doubles,
        erase=erase_doubles,
    ),
    PersonalData(
        name="contact_imports",
        tables=frozenset({"contact_import_piece", "contact_import_key"}),
        title=_("What an import brought"),
        purpose=_("To be able to undo an import."),
        ground=_AGREED,
        retention=_("90 days after the import."),
        ending=_AT_ONCE,
        read=read_imports,
        erase=erase_imports,
    ),
)
