"""What people are told about imports, and what they choose; the words for single columns come from each kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fundraising.imports.formats.line import FORMULAS, MAC_ENCODING, MIXED_ENCODING, OTHER_SHEETS
from fundraising.imports.rules import ImportState, Outcome, SheetFault
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STATES = {
    ImportState.UPLOADED: _("Being read"),
    ImportState.READ: _("Waiting for columns"),
    ImportState.CHECKING: _("Being checked"),
    ImportState.CHECKED: _("Waiting for approval"),
    ImportState.ACCEPTING: _("Being brought in"),
    ImportState.ACCEPTED: _("Brought in"),
    ImportState.UNDOING: _("Being undone"),
    ImportState.TAKING_BACK: _("Being undone"),
    ImportState.UNDONE: _("Undone"),
    ImportState.REFUSED: _("Refused"),
    ImportState.DISCARDED: _("Thrown away"),
}
STATE_TONES = {
    ImportState.READ: "warn",
    ImportState.CHECKED: "warn",
    ImportState.ACCEPTED: "good",
    ImportState.REFUSED: "bad",
}
OUTCOMES = {
    Outcome.NEW: _("new"),
    Outcome.CHANGED: _("changed"),
    Outcome.DUPLICATE: _("known already"),
    Outcome.ERROR: _("error"),
}
OUTCOME_TONES = {Outcome.NEW: "good", Outcome.CHANGED: "warn", Outcome.DUPLICATE: "", Outcome.ERROR: "bad"}
FAULTS = {
    SheetFault.EMPTY: _("There is nothing in this file."),
    SheetFault.NO_ROWS: _("There are column headers in this file, but no rows below them."),
    SheetFault.NOT_A_SHEET: _("This is not a spreadsheet. We read Excel workbooks (.xlsx) and text files (.csv)."),
    SheetFault.OLD_EXCEL: _(
        "This is an Excel file of the old kind (.xls), or one with a password."
        " Open it in Excel and save it as an Excel workbook (.xlsx) without a password."
    ),
    SheetFault.OPEN_DOCUMENT: _("This is an OpenDocument file. Open it and save it as an Excel workbook (.xlsx)."),
    SheetFault.DAMAGED: _("This workbook is damaged. Open it in Excel, save it anew, and upload it again."),
    SheetFault.INFLATES: _("Unpacked, this file would be unreasonably large. It was not opened."),
    SheetFault.TOO_MANY_ROWS: _("This file has more than 200,000 rows. Please divide it."),
    SheetFault.TOO_MANY_COLUMNS: _("A row has more than 200 columns."),
    SheetFault.LONG_CELL: _("A cell holds more than 20,000 characters; perhaps a quotation mark is missing there."),
    SheetFault.BROKEN_LINE: _("A quotation mark stands where it should not, so that cells cannot be told apart."),
    SheetFault.UNKNOWN_SIGNS: _("There are characters in an encoding that we do not know. Save the file as UTF-8."),
}
NOTES = {
    FORMULAS: _("Cells with a formula: %(count)s. The value that was stored with each counts; nothing is calculated."),
    OTHER_SHEETS: _("Only the first sheet is read. Other sheets with something in them: %(count)s."),
    MAC_ENCODING: _(
        "Read as a file of an older Mac, which writes accents in a way of its own (lines: %(count)s). "
        "Please check letters with accents."
    ),
    MIXED_ENCODING: _("Lines in another encoding than the rest: %(count)s. Please check letters with accents."),
}
# Why a row is refused, or what there is to say of it, whatever its kind.
REASONS = {
    "no_value": _("%(column)s: the sheet has a formula here without a value, or an error"),
    "too_many_cells": _("the row has more cells than there are columns (%(value)s)"),
    "too_long": _("%(column)s: too long"),
    "unusable_signs": _("%(column)s: characters that cannot be used"),
    "not_a_name": _("%(column)s: “%(value)s” does not look like a name"),
    "not_a_choice": _("%(column)s: “%(value)s” is not one of the possibilities"),
    "not_an_email": _("%(column)s: “%(value)s” is not a complete e-mail address"),
    "not_a_phone": _("%(column)s: “%(value)s” is not a telephone number"),
    "not_an_iban": _("%(column)s: “%(value)s” is not a valid IBAN"),
    "not_a_number": _("%(column)s: “%(value)s” is not a whole number"),
    "contradicts": _("%(column)s: says otherwise than a row further up (%(value)s)"),
    "unknown_number": _("%(column)s: there is no contact %(value)s"),
    "number_of_another": _("%(column)s: %(value)s is the number of a contact with another name"),
}
MAPPING_PROBLEMS = {
    "unknown": _("There is no such column: %(meaning)s."),
    "twice": _("Two columns cannot both be “%(meaning)s”."),
}
PROBLEMS = {
    "out_of_date": _(
        "Something that these rows were checked against has changed meanwhile, so they are checked again."
        " Nothing was brought in yet; please look at the outcome once more."
    ),
    "built_upon": _("This import cannot be undone any more, because something was built upon it:"),
    "kept": _("Undone, save for what something was built upon while it was being undone. That stayed as it was:"),
}


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """Something to choose beside the columns; without `options` a text. Label and help are translated when shown."""

    name: str
    label: str
    help: str = ""
    options: Callable[[], list[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """How a kind of import speaks: columns by their meaning, and whatever reasons and problems it has of its own."""

    columns: Mapping[str, str]
    reasons: Mapping[str, str]
    problems: Mapping[str, str]
    # What stands in a column where it is one of some: its word, by the column and what is kept.
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # What a row in doubt is.
    doubt: str = _("possible duplicate")

    def value(self, meaning: str, kept: str) -> str:
        """What is kept in a column as people read it."""
        return str(self.values.get(meaning, {}).get(kept, kept))

    def column(self, meaning: str) -> str:
        """The name of a column."""
        return str(self.columns.get(meaning, meaning))

    def reason(self, code: str, column: str, value: str) -> str:
        """Why a row is refused, or what there is to say of it."""
        message = self.reasons.get(code) or REASONS.get(code) or code
        return str(message) % {"column": self.column(column), "value": value}

    def problem(self, code: str, meaning: str) -> str:
        """What is wrong with the columns that were chosen."""
        message = self.problems.get(code) or MAPPING_PROBLEMS[code]
        return str(message) % {"meaning": self.column(meaning)}
