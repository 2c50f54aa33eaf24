"""Tables of contacts. Everything here can be erased; the ledger points to a contact's id and holds nothing personal."""

from fundraising.contacts.models.contact import ChurchDetails, Contact, SchoolDetails
from fundraising.contacts.models.duplicates import ContactMerge, DuplicateCandidate
from fundraising.contacts.models.file import Consent, ContactDocument, ContactNote
from fundraising.contacts.models.imports import ImportKey, ImportPiece
from fundraising.contacts.models.search import SearchDue, SearchKey, SearchPart, SearchTerm
from fundraising.contacts.models.ties import Affiliation, Household, HouseholdMember, OrganisationLink
from fundraising.contacts.models.ways import ContactEmail, ContactIban, ContactPhone, PostalAddress

__all__ = [
    "Affiliation",
    "ChurchDetails",
    "Consent",
    "Contact",
    "ContactDocument",
    "ContactEmail",
    "ContactIban",
    "ContactMerge",
    "ContactNote",
    "ContactPhone",
    "DuplicateCandidate",
    "Household",
    "HouseholdMember",
    "ImportKey",
    "ImportPiece",
    "OrganisationLink",
    "PostalAddress",
    "SchoolDetails",
    "SearchDue",
    "SearchKey",
    "SearchPart",
    "SearchTerm",
]
