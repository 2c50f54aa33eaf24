"""What programmes, options and figures may be: pure rules."""

from __future__ import annotations

from enum import StrEnum


class FigureKind(StrEnum):
    """A target is an aim, a realised figure a result; the one is never worded as the other."""

    TARGET = "target"
    REALISED = "realised"
