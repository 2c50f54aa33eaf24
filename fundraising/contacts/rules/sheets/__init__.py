"""Contacts in spreadsheets: what columns there are, how their cells are read, and what a row says."""

from fundraising.contacts.rules.sheets.columns import COLUMNS, OF_ORGANISATION, OF_PERSON
from fundraising.contacts.rules.sheets.rows import Choices, Facts, ParsedRow, parse_row

__all__ = ["COLUMNS", "OF_ORGANISATION", "OF_PERSON", "Choices", "Facts", "ParsedRow", "parse_row"]
