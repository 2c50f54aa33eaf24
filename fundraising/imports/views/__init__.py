"""Pages on which spreadsheets come in; the same ones for every kind, each at addresses and for people of its own."""

from fundraising.imports.views.kinds import ImportPages
from fundraising.imports.views.routes import add_pages

__all__ = ["ImportPages", "add_pages"]
