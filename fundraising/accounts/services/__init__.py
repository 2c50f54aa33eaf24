"""Verbs that change accounts, and the audit trail that every slice writes."""

from fundraising.accounts.services.audit import acting_as, record, who_acts
from fundraising.accounts.services.seals import erase_contents
from fundraising.accounts.services.users import OWNED, Owned

__all__ = [
    "OWNED",
    "Owned",
    "acting_as",
    "erase_contents",
    "record",
    "who_acts",
]
