"""Verbs that change accounts, and the audit trail that every slice writes."""

from fundraising.accounts.rules import Actor, ActorKind, Subject
from fundraising.accounts.services.audit import acting_as, record, who_acts

__all__ = ["Actor", "ActorKind", "Subject", "acting_as", "record", "who_acts"]
