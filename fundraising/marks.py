"""Marks upon letters, before Unicode's normal forms put them in order.

That takes the square of how many stand in a row: thirty thousand, which fit in one form, keep a processor busy for
seconds, and a million for an hour.
"""

from __future__ import annotations

import unicodedata

# No more in a row is Unicode's own bound for text that is read as it comes in (UAX 15, "Stream-Safe Text Format").
MOST_MARKS = 30
# Letters by their kind, which become marks where text is made compatible.
_HALF_WIDTH = "\uff9e\uff9f"


def without_heaps(text: str) -> str:
    """The text without marks that no letter bears: what stands upon a letter beyond MOST_MARKS is left out."""
    if text.isascii() or len(text) <= MOST_MARKS:
        return text
    kept, heap = [], 0
    for sign in text:
        heap = heap + 1 if unicodedata.category(sign)[0] == "M" or sign in _HALF_WIDTH else 0
        if heap <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)
