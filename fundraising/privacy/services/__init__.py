"""Verbs of privacy, each within the transaction of its caller."""

from fundraising.privacy.services.erasing import batches, erase, keep, propose

__all__ = ["batches", "erase", "keep", "propose"]
