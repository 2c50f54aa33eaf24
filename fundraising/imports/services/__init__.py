"""Verbs of imports, each within the transaction of its caller."""

from fundraising.imports.services.kinds import Examined, Kind, Run, kind_named, register
from fundraising.imports.services.runs import accept, ask_to_undo, check_anew, choose_columns, discard, upload

__all__ = [
    "Examined",
    "Kind",
    "Run",
    "accept",
    "ask_to_undo",
    "check_anew",
    "choose_columns",
    "discard",
    "kind_named",
    "register",
    "upload",
]
