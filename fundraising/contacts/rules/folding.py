"""Text as it is compared: letters and digits only."""

from __future__ import annotations

import unicodedata

from fundraising.marks import without_heaps

# Letters that Unicode does not take apart into a letter and a mark.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})


def folded(text: str) -> str:
    """Text for comparison: letters and digits only, without case and accents."""
    # Twice: taking `℡` apart brings capitals forth, and making those small brings marks forth.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", without_heaps(text)).casefold())
    plain = apart.translate(_LETTERS)
    return "".join(each for each in plain if each.isalnum())


def folded_words(text: str) -> str:
    """Text for comparison, with its words apart."""
    return " ".join(map(folded, text.split()))


def has_vowel(letters: str) -> bool:
    """Whether letters can be spoken as a word; those without a vowel are initials."""
    return any(each in "aeiouy" for each in folded(letters))
