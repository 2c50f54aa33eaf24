"""Verbs of contacts, each within the transaction of its caller."""
