"""Verbs of contacts, each within the transaction of its caller."""

from fundraising.contacts.services.recognition import find_or_create
from fundraising.contacts.services.search_index import reindex
from fundraising.contacts.services.ways import set_postal_address

__all__ = ["find_or_create", "reindex", "set_postal_address"]
