"""Printed matter: pages become PDF."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from werkzeug.exceptions import NotImplemented as NotHere

from fundraising.logs import get_logger, summary

if TYPE_CHECKING:
    from types import ModuleType


def from_html(html: str) -> bytes:
    """A tagged PDF of a page with its own styles. What it refers to elsewhere is left out.

    Raises NotHere (501) on a machine that lacks Pango; all else works there.
    """
    try:
        printing = _printing()
    except OSError as missing:
        get_logger().error("pdf.impossible", reason=summary(missing))
        raise NotHere from missing
    return bytes(printing.from_html(html))


def _printing() -> ModuleType:
    # Loading it takes half a second, and Pango: only who prints needs it, no command and no other page.
    return importlib.import_module("fundraising.pdf.printing")
